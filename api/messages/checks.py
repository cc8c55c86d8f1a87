"""What must hold before a message is handed over: the pack in force, the channel, the recipients, the consent, the person, the text. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from api.errors import (
    ChannelNotInPack,
    ConsentIncomplete,
    ConsentRefused,
    ConsentRequired,
    PackNotInForce,
    PackUnknown,
    PersonIdInvalid,
    RecipientCannotReceive,
    SenderCannotSend,
    TextMissing,
    TextTooLong,
    TooManyRecipients,
    UnitUnknown,
)
from api.messages.schemas import ConsentIn, MessageIn, PersonIn
from knowledge.directory import Unit
from knowledge.errors import UnknownPack
from knowledge.pack import Channel, Pack
from knowledge.registry import Registry
from knowledge.vocabulary import SENDING_KINDS, ConsentState, UnitType
from triage.allowed import Allowed
from triage.identity import PersonId, PersonIdProblem, check_person_id

CLOCK_SKEW: Final = timedelta(minutes=10)
"""How far ahead of ours a client's clock may be when it says when consent was obtained."""
SECRECY: Final = "secrecy_assessment"
LONGEST: Final = 50_000
"""Characters in all sections together where the channel sets no limit."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks found out on the way."""

    pack: Pack
    channel: Channel
    person: PersonId


@dataclass(frozen=True, slots=True)
class Sender:
    """The unit that sends, as far as the routine asks about it."""

    name: str
    type: UnitType
    region: str
    closed: bool


def check(
    order: MessageIn,
    registry: Registry,
    allowed: Allowed,
    sender: Sender,
    units: Mapping[str, Unit],
    now: datetime,
    today: date,
) -> Checked:
    """Raises the first ApiError that applies. `units` holds those of the recipients that exist."""
    if sender.closed:
        raise SenderCannotSend(variant="closed", unit=sender.name)
    pack = pack_in_force(registry, order.pack, sender.region, today)
    channel = sending_channel(pack, order.channel)
    recipients(order, channel, pack, units)
    state = consent(order.consent, pack, now)
    routine(channel, pack, allowed, sender.type, [units[unit_id] for unit_id in order.recipient_units], state)
    person = person_id(order.person)
    text(order, channel)
    return Checked(pack, channel, person)


def known_pack(registry: Registry, pack_id: str) -> Pack:
    try:
        return registry.pack(pack_id)
    except UnknownPack:
        raise PackUnknown(pack=pack_id) from None


def pack_in_force(registry: Registry, pack_id: str, region: str, today: date) -> Pack:
    pack = known_pack(registry, pack_id)
    if pack.region != region:
        raise PackNotInForce(variant="other_region", pack=pack_id)
    if registry.in_force(region, today) is not pack:
        raise PackNotInForce(pack=pack_id)
    return pack


def sending_channel(pack: Pack, channel_id: str) -> Channel:
    channel = pack.channel_by_id.get(channel_id)
    if channel is None:
        raise ChannelNotInPack(channel=channel_id, pack=pack.name)
    if channel.kind not in SENDING_KINDS:
        raise ChannelNotInPack(variant="not_sent", channel=channel.label)
    return channel


def recipients(order: MessageIn, channel: Channel, pack: Pack, units: Mapping[str, Unit]) -> None:
    if channel.recipients == "none":
        raise ChannelNotInPack(variant="not_sent", channel=channel.label)
    if len(order.recipient_units) > 1 and channel.recipients == "one":
        raise TooManyRecipients(channel=channel.label)
    if len(set(order.recipient_units)) < len(order.recipient_units):
        raise TooManyRecipients(variant="twice", channel=channel.label)
    for unit_id in order.recipient_units:
        if unit_id == order.sender_unit:
            raise RecipientCannotReceive(variant="itself", unit=unit_id)
        recipient(unit_id, channel, pack, units)


def recipient(unit_id: str, channel: Channel, pack: Pack, units: Mapping[str, Unit]) -> Unit:
    """The unit, if it can be sent to through the channel."""
    unit = units.get(unit_id)
    if unit is None:
        raise UnitUnknown(unit=unit_id)
    if unit.region != pack.region:
        raise RecipientCannotReceive(variant="other_region", unit=unit.name)
    if unit.closed:
        raise RecipientCannotReceive(variant="closed", unit=unit.name)
    if not unit.takes_part(pack.id):
        raise RecipientCannotReceive(variant="no_access", unit=unit.name)
    if unit.receives and channel.id not in unit.receives:
        raise RecipientCannotReceive(unit=unit.name, channel=channel.label)
    return unit


def routine(
    channel: Channel, pack: Pack, allowed: Allowed, sender: UnitType, units: Sequence[Unit], state: ConsentState
) -> None:
    """The decision table's own word: some matter must go this way between these kinds of unit.

    Of several recipients one must be a right one; the others may share the message, whichever way they stand to the sender.
    """
    if sender not in allowed.senders(pack, channel.id, state):
        raise SenderCannotSend(channel=channel.label, sender=pack.unit_labels[sender])
    right = [unit for unit in units if channel.id in allowed.channels(pack, sender, unit.type, state)]
    for unit in units:
        shares = right and allowed.together(pack, channel.id, sender, unit.type, state)
        if unit not in right and not shares:
            raise _not_by_routine(unit, channel, pack)


def passed_on(
    unit: Unit, channel: Channel, pack: Pack, allowed: Allowed, senders: Iterable[UnitType], state: ConsentState
) -> None:
    """A forwarded message comes to a unit that its sender, or the unit that forwards it, could have sent it to."""
    if not any(channel.id in allowed.channels(pack, sender, unit.type, state) for sender in senders):
        raise _not_by_routine(unit, channel, pack)


def taken_in(
    unit: Unit, channel: Channel, pack: Pack, allowed: Allowed, others: Iterable[UnitType], state: ConsentState
) -> None:
    """A message that lives on is shared by units of which someone could have begun it towards someone else."""
    if not any(allowed.together(pack, channel.id, other, unit.type, state) for other in others):
        raise _not_by_routine(unit, channel, pack)


def _not_by_routine(unit: Unit, channel: Channel, pack: Pack) -> RecipientCannotReceive:
    return RecipientCannotReceive(variant="routine", unit=unit.name, channel=channel.label, pack=pack.name)


def consent(given: ConsentIn | None, pack: Pack, now: datetime) -> ConsentState:
    """No consent record, no handover. The pack says whether one consent may cover the whole process."""
    if given is None or given.state is ConsentState.NOT_ASKED:
        raise ConsentRequired
    if given.state is ConsentState.REFUSED:
        raise ConsentRefused
    if given.state is ConsentState.UNABLE or given.basis == SECRECY:
        _named(given.decided_by, "decided_by")
        _named(given.reason, "reason")
        return given.state
    if given.basis is None:
        raise ConsentIncomplete(field="basis")
    if given.basis == "process" and pack.consent.scope != "process":
        raise ConsentRequired(variant="each_message")
    _named(given.obtained_by, "obtained_by")
    if given.obtained_at is None:
        raise ConsentIncomplete(field="obtained_at")
    if given.obtained_at > now + CLOCK_SKEW:
        raise ConsentIncomplete(variant="future", field="obtained_at")
    return given.state


def _named(value: str | None, field: str) -> None:
    if value is None or not value.strip():
        raise ConsentIncomplete(field=field)


def person_id(person: PersonIn) -> PersonId:
    found = check_person_id(person.id_type, person.id)
    if isinstance(found, PersonIdProblem):
        raise PersonIdInvalid(variant=str(found.code))
    return found


def text(order: MessageIn, channel: Channel) -> None:
    if not any(section.text.strip() for section in order.sections):
        raise TextMissing
    length = sum(len(section.text) for section in order.sections)
    limit = channel.max_characters or LONGEST
    if length > limit:
        raise TextTooLong(limit=limit, length=length)
