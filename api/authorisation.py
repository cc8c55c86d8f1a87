"""Who may do what: roles, rights and the caller, deny by default, in one place. Reads no database."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.errors import Forbidden, NotYourUnit, PersonRequired
from knowledge.vocabulary import UnitType


class Role(StrEnum):
    STAFF = "staff"
    UNIT_ADMINISTRATOR = "unit_administrator"
    TRAINER = "trainer"
    ROUTINE_OWNER = "routine_owner"
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system_administrator"


class Right(StrEnum):
    """What a route needs. A right counts in the units where the caller's role gives it."""

    PROFILE = "profile"
    DIRECTORY = "directory"
    DECIDE = "decide"
    SEND = "send"
    """Hand over and follow one's unit's own messages, drafts too."""
    RECEIVE = "receive"
    """Read and handle what came to one's unit."""
    READ = "read"
    """Read a message that one's unit sent or received."""
    FOLLOW = "follow"
    """See what happened to messages."""
    ENROL = "enrol"
    """Bind a chat account to a person by her code, and ask whose an account is: a chat program's, and no person's."""
    OUTAGE = "outage"
    """Work through an outage at one's unit: calls, worklists, forms."""
    OUTAGE_ADMIN = "outage_admin"
    """Say for everyone that the message system is down, or up again, and hold drills."""
    AUDIT = "audit"
    """Check who did what in one's organisation."""
    SUBJECT_ACCESS = "subject_access"
    """Hand out everything one's organisation keeps about a person, to that person."""
    ADMINISTER_UNIT = "administer_unit"
    """Say who works at one's unit, when it is open and what it receives."""
    ADMINISTER_ORGANISATION = "administer_organisation"
    """The same for every unit of one's organisation, and its files of units and staff."""
    EXERCISE = "exercise"
    """Hold live exercises and write scenarios of one's own."""


_EVERYONE: Final = frozenset({Right.PROFILE, Right.DIRECTORY, Right.DECIDE})
_CARE: Final = _EVERYONE | {Right.SEND, Right.RECEIVE, Right.READ, Right.FOLLOW, Right.OUTAGE}

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.STAFF: _CARE,
    Role.UNIT_ADMINISTRATOR: _CARE | {Right.ADMINISTER_UNIT, Right.OUTAGE_ADMIN},
    Role.TRAINER: _EVERYONE | {Right.EXERCISE},
    Role.ROUTINE_OWNER: _EVERYONE,
    Role.AUDITOR: _EVERYONE | {Right.AUDIT},
    Role.SYSTEM_ADMINISTRATOR: _EVERYONE
    | {Right.SUBJECT_ACCESS, Right.ADMINISTER_UNIT, Right.ADMINISTER_ORGANISATION, Right.OUTAGE_ADMIN, Right.EXERCISE},
}


PROGRAM: Final = frozenset({Right.FOLLOW, Right.ENROL})
"""What a program with scope `on_behalf` may do in nobody's name."""

IN_PERSON: Final = frozenset({Right.AUDIT, Right.SUBJECT_ACCESS, Right.ADMINISTER_UNIT, Right.ADMINISTER_ORGANISATION})
"""What nobody does by a chat account alone, where there is an identity provider to sign in at."""

GRANTS: Final[dict[Role, frozenset[Role]]] = {
    Role.UNIT_ADMINISTRATOR: frozenset({Role.STAFF, Role.UNIT_ADMINISTRATOR}),
    Role.SYSTEM_ADMINISTRATOR: frozenset(Role),
}
"""Which roles a role may give and take, within its unit or its organisation, and never to oneself more than one has."""


@dataclass(frozen=True, slots=True)
class Place:
    """A unit where the caller works, and as what."""

    unit_id: str
    name: str
    type: UnitType
    region: str
    organisation: str
    role: Role

    def gives(self, right: Right) -> bool:
        return right in RIGHTS[self.role]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever calls. `places` begins with the unit she works at now; a program without a person has none."""

    actor: str
    """`staff:<id>` or `key:<id>`: who answers for what is done, and whose idempotency keys these are."""
    places: tuple[Place, ...]
    staff_id: str | None = None
    name: str | None = None
    via: str | None = None
    """The program's key, when it acts for a person."""
    language: str | None = None
    """What she has chosen to read Lots in."""
    method: str | None = None
    """How her sign-in in this browser began."""
    follower: bool = False
    """A program with scope `on_behalf` that named nobody: it may follow every event, which hold no content."""

    @property
    def here(self) -> Place:
        """The unit she works at now."""
        if not self.places:
            raise PersonRequired
        return self.places[0]

    def units(self, right: Right) -> frozenset[str]:
        return frozenset(place.unit_id for place in self.places if place.gives(right))

    def organisations(self, right: Right) -> frozenset[str]:
        """For rights that reach over a whole organisation."""
        return frozenset(place.organisation for place in self.places if place.gives(right))

    def first_place(self, right: Right) -> str | None:
        """The unit from which she uses such a right."""
        return next((place.unit_id for place in self.places if place.gives(right)), None)

    def may(self, right: Right) -> bool:
        return any(place.gives(right) for place in self.places)

    def require(self, right: Right) -> None:
        """The right where she works now: for a deed of that unit."""
        if not self._is_program_with(right) and not self.here.gives(right):
            raise Forbidden

    def require_somewhere(self, right: Right) -> None:
        """The right in one of her units: for a deed whose address, body or message tells at which, where it is asked for again."""
        if not self._is_program_with(right) and not self.may(right):
            raise Forbidden

    def _is_program_with(self, right: Right) -> bool:
        if self.follower and right not in PROGRAM:
            raise PersonRequired
        return self.follower

    def require_at(self, right: Right, unit_id: str) -> None:
        """The right in this very unit, or NotYourUnit, whether the unit exists or not."""
        if unit_id not in self.units(right):
            raise NotYourUnit

    def first_of(self, right: Right, unit_ids: frozenset[str]) -> str | None:
        """The unit she acts for: where she works now if that is one of them, else another of hers."""
        mine = self.units(right) & unit_ids
        return next((place.unit_id for place in self.places if place.unit_id in mine), None)
