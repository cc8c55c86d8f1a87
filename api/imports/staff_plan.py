"""What a staff file would do: people who come, change and go, and their roles at units. Pure; changes nothing.

One line for each unit where a person works. What a file gave, a later file of the same organisations takes away when it is not in it;
what a unit's administrator gave stays.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from api.authorisation import Role
from api.imports.sheet import Line, Problem, Sheet
from common.web.dates import Text
from knowledge.plain_values import yes

COLUMNS: Final = ("hsa_id", "id", "name", "unit", "role", "watches")
REQUIRED: Final = ("hsa_id", "name", "unit", "role")
EXTERNAL_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,79}")
HSA_LIKE: Final = re.compile(r"SE\d{10}-.*", re.IGNORECASE)
LONGEST_NAME: Final = 120
FEW: Final = 5
SHARE: Final = 0.2

Key = tuple[str, str]
"""Person and unit, by their ids in Lots."""


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    hsa_id: str | None
    name: str
    active: bool
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A person's role in a unit. `imported`: a file gave it."""

    staff_id: str
    unit_id: str
    role: Role
    watches: bool
    imported: bool

    @property
    def key(self) -> Key:
        return self.staff_id, self.unit_id


@dataclass(frozen=True, slots=True)
class Workplace:
    id: str
    hsa_id: str | None
    organisation: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Known:
    people: Mapping[str, Person]
    posts: Mapping[Key, Post]
    units: Mapping[str, Workplace]


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose file it is: nobody's own role is changed by her own file. `organisations` None: whoever runs Lots."""

    staff_id: str | None
    organisations: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class StaffPlan:
    people_new: tuple[Person, ...]
    people_changed: tuple[Person, ...]
    posts_new: tuple[Post, ...]
    posts_changed: tuple[Post, ...]
    posts_ended: tuple[Post, ...]
    people_gone: tuple[Person, ...]
    same: int
    problems: tuple[Problem, ...]
    passed: tuple[Problem, ...]
    """Lines about people who are blocked: nothing is done by them, and the rest of the file holds."""
    many_gone: bool

    @property
    def empty(self) -> bool:
        people = self.people_new or self.people_changed or self.people_gone
        return not (people or self.posts_new or self.posts_changed or self.posts_ended)


@dataclass(frozen=True, slots=True)
class _Read:
    line: Line
    person: Person
    post: Post


def roles_of(text: Text) -> dict[str, Role]:
    """Each role by its own name and by the catalogue's."""
    return {word: role for role in Role for word in (str(role), text(f"page.role.{role}").casefold())}


def plan(sheet: Sheet, known: Known, roles: Mapping[str, Role], sender: Sender, new_id: Callable[[], str]) -> StaffPlan:
    problems = list(sheet.problems)
    every = _Reader(known, roles, sender, new_id).read(sheet.lines, problems)
    read = [one for one in every if not one.person.blocked]
    passed = {one.post.key: one.line.problem("hsa_id", "blocked") for one in every if one.person.blocked}
    people = {one.person.id: one.person for one in read}
    posts = {one.post.key: one.post for one in read}
    organisations = {known.units[one.post.unit_id].organisation for one in every}
    files = [p for p in known.posts.values() if p.imported and known.units[p.unit_id].organisation in organisations]
    ended = tuple(post for post in files if post.key not in posts.keys() | passed.keys())
    changed = tuple(post for key, post in posts.items() if known.posts.get(key, post) != post)
    gone = _gone(known, ended, posts)
    problems += _own_role(sender, known, (*changed, *ended), read)
    problems += _orphaned(known, posts, ended, organisations)
    return StaffPlan(
        people_new=tuple(person for person in people.values() if person.id not in known.people),
        people_changed=tuple(p for p in people.values() if known.people.get(p.id, p) != p),
        posts_new=tuple(post for key, post in posts.items() if key not in known.posts),
        posts_changed=changed,
        posts_ended=ended,
        people_gone=gone,
        same=sum(known.posts.get(key) == post for key, post in posts.items()),
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))),
        passed=tuple(passed.values()),
        many_gone=len(ended) > max(FEW, SHARE * len(files)),
    )


class _Reader:
    """Lines → people and posts, with everything that is wrong."""

    def __init__(self, known: Known, roles: Mapping[str, Role], sender: Sender, new_id: Callable[[], str]) -> None:
        self._known = known
        self._roles = roles
        self._sender = sender
        self._new_id = new_id
        self._units = {unit.hsa_id: unit for unit in known.units.values() if unit.hsa_id} | dict(known.units)
        self._people = {person.hsa_id: person for person in known.people.values() if person.hsa_id}
        self._met: dict[str, tuple[int, str, Person]] = {}
        self._taken: set[str] = set()
        self._posts: dict[Key, int] = {}

    def read(self, lines: Iterable[Line], problems: list[Problem]) -> tuple[_Read, ...]:
        found: list[_Read] = []
        for line in lines:
            one = self._line(line)
            if isinstance(one, _Read):
                found.append(one)
            else:
                problems.extend(one)
        return tuple(found)

    def _line(self, line: Line) -> _Read | list[Problem]:
        missing = [line.problem(column, "needed") for column in REQUIRED if not line.get(column)]
        if missing:
            return missing
        person, unit, role, watches = self._person(line), self._unit(line), self._role(line), self._watches(line)
        wrong = [part for part in (person, unit, role, watches) if isinstance(part, Problem)]
        if wrong:
            return wrong
        assert isinstance(person, Person) and isinstance(unit, Workplace) and isinstance(role, Role)  # noqa: S101, PT018 - told above
        before = self._known.posts.get((person.id, unit.id))
        watch = watches if isinstance(watches, bool) else before.watches if before else True
        post = Post(person.id, unit.id, role, watch, imported=True)
        if post.key in self._posts:
            return [line.problem("unit", "twice", other=str(self._posts[post.key]))]
        self._posts[post.key] = line.number
        return _Read(line, person, post)

    def _person(self, line: Line) -> Person | Problem:
        hsa_id, name = line.get("hsa_id"), " ".join(line.get("name").split())
        if HSA_LIKE.fullmatch(hsa_id):
            hsa_id = hsa_id.upper()
        if not EXTERNAL_ID.fullmatch(hsa_id):
            return line.problem("hsa_id", "invalid")
        if len(name) > LONGEST_NAME:
            return line.problem("name", "invalid")
        if hsa_id in self._met:
            number, written, person = self._met[hsa_id]
            return person if written == name else line.problem("name", "other_name", other=str(number))
        before = self._before(line, hsa_id)
        if isinstance(before, Problem):
            return before
        if before is not None and before.id in self._taken:
            return line.problem("id", "id_taken", id=before.id)
        known_as = name if before is None or self._ours(before) else before.name
        if before is not None and before.blocked:
            person = before
        else:
            person = Person(self._new_id() if before is None else before.id, hsa_id, known_as, active=True)
        self._met[hsa_id] = line.number, name, person
        self._taken.add(person.id)
        return person

    def _before(self, line: Line, hsa_id: str) -> Person | Problem | None:
        found, wanted = self._people.get(hsa_id), line.get("id")
        if found is not None or not wanted:
            return found if not wanted or (found and found.id == wanted) else line.problem("id", "id_taken", id=wanted)
        person = self._known.people.get(wanted)
        if person is None or not self._ours(person):
            return line.problem("id", "id_unknown")
        return person if person.hsa_id is None else line.problem("id", "id_taken", id=wanted)

    def _ours(self, person: Person) -> bool:
        """Whether the sender may change the person herself: she works nowhere else."""
        allowed = self._sender.organisations
        posts = (post for post in self._known.posts.values() if post.staff_id == person.id)
        return allowed is None or all(self._known.units[post.unit_id].organisation in allowed for post in posts)

    def _unit(self, line: Line) -> Workplace | Problem:
        word = line.get("unit")
        unit = self._units.get(word) or self._units.get(word.upper())
        if unit is None:
            return line.problem("unit", "unit_unknown")
        if self._sender.organisations is not None and unit.organisation not in self._sender.organisations:
            return line.problem("unit", "not_yours")
        return line.problem("unit", "unit_closed") if unit.closed else unit

    def _role(self, line: Line) -> Role | Problem:
        role = self._roles.get(line.get("role").casefold())
        return role or line.problem("role", "not_role", value=line.get("role")[:60])

    def _watches(self, line: Line) -> bool | Problem | None:
        if not line.get("watches"):
            return None
        found = yes(line.get("watches"))
        return line.problem("watches", "not_watches") if found is None else found


def _gone(known: Known, ended: Iterable[Post], posts: Mapping[Key, Post]) -> tuple[Person, ...]:
    """Those who have nowhere left to work."""
    ending = {post.key for post in ended}
    left = {post.staff_id for post in known.posts.values() if post.key not in ending}
    left |= {post.staff_id for post in posts.values()}
    leaving = dict.fromkeys(post.staff_id for post in ended if post.staff_id not in left)
    return tuple(known.people[staff_id] for staff_id in leaving if known.people[staff_id].active)


def _own_role(sender: Sender, known: Known, touched: Iterable[Post], read: Iterable[_Read]) -> Iterable[Problem]:
    lines = {one.post.key: one.line.number for one in read}
    for post in touched:
        before = known.posts.get(post.key)
        kept = post.key in lines and before is not None and before.role is post.role
        if post.staff_id == sender.staff_id and not kept:
            yield Problem(lines.get(post.key, 1), "role", "own_role")


def _orphaned(
    known: Known, posts: Mapping[Key, Post], ended: Iterable[Post], organisations: Iterable[str]
) -> Iterable[Problem]:
    """An organisation that has a system administrator keeps one."""
    ending = {post.key for post in ended}
    after = {key: post for key, post in known.posts.items() if key not in ending} | dict(posts)
    had, has = _run_by(known, known.posts), _run_by(known, after, back={post.staff_id for post in posts.values()})
    for organisation in sorted(set(organisations) & had - has):
        yield Problem(1, "role", "last_administrator", (("organisation", organisation),))


def _run_by(known: Known, posts: Mapping[Key, Post], back: Iterable[str] = ()) -> frozenset[str]:
    """The organisations where somebody active is system administrator; `back`: those whom the file makes active."""
    active = {person.id for person in known.people.values() if person.active} | set(back)
    return frozenset(
        known.units[post.unit_id].organisation
        for post in posts.values()
        if post.role is Role.SYSTEM_ADMINISTRATOR and post.staff_id in active
    )
