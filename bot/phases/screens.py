"""Screens: replies with their choices, numbered so that an old button is known as old. Decides nothing about the matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.acts import LASTING, Act
from bot.conversation import Action, Conversation, Offered
from bot.findings import UnitCard
from bot.replies import Choice, Link, Look, Param, Reply, Text, Tone, Weight
from bot.requests import Command
from bot.tools import Turn

WEIGHTS: Final[Mapping[Act, Weight]] = {
    **dict.fromkeys(
        (Act.NEXT, Act.RESUME, Act.DRAFT_READY, Act.UNIT_READY, Act.SEND, Act.SENT, Act.CALLED), Weight.PRIMARY
    ),
    **dict.fromkeys(
        (Act.WHY, Act.WHY_NOT, Act.MIND, Act.CHANGE, Act.BACK, Act.CANCEL, Act.HELP, Act.MESSAGES), Weight.QUIET
    ),
}
"""What choices weigh where their screen does not say otherwise."""
KEPT_BUTTONS: Final = 8
"""How many buttons of handed-over messages can still be typed as text."""


def t(key: str, /, **params: Param) -> Text:
    return Text(key, params)


def headline(text: Text) -> Text:
    return replace(text, look=Look.HEADLINE)


def title(text: Text) -> Text:
    return replace(text, look=Look.TITLE)


def small(text: Text) -> Text:
    return replace(text, look=Look.SMALL)


@dataclass(frozen=True, slots=True)
class Option:
    """A choice before it has an id. `words`: catalogue key of more words that pick it when typed."""

    act: Act
    label: Text
    value: str = ""
    extra: str = ""
    words: str = ""
    weight: Weight | None = None

    @property
    def weighs(self) -> Weight:
        return self.weight or WEIGHTS.get(self.act, Weight.NORMAL)


def yes(act: Act, value: str = "", extra: str = "", label: Text | None = None) -> Option:
    return Option(act, label or t("chat.choice.yes"), value, extra, "chat.words.yes")


def no(act: Act, value: str = "", extra: str = "", label: Text | None = None) -> Option:
    return Option(act, label or t("chat.choice.no"), value, extra, "chat.words.no")


def offer(
    conversation: Conversation,
    replies: Sequence[Reply],
    options: Sequence[Option] = (),
    commands: tuple[Command, ...] = (),
) -> Turn:
    """The screen: the choices stand under the last reply by their weight, and older ones give way to them."""
    turn = conversation.turn + 1
    ordered = sorted(options, key=lambda option: list(Weight).index(option.weighs))
    offered = tuple(_offered(turn, number, option) for number, option in enumerate(ordered, start=1))
    last = replace(replies[-1], choices=_choices(offered), assumed=assumed_line(offered))
    new = {o.id for o in offered}
    lasting = tuple(o for o in conversation.offered if o.action.name in LASTING and o.id not in new)[-KEPT_BUTTONS:]
    return Turn(replace(conversation, turn=turn, offered=(*offered, *lasting)), (*replies[:-1], last), commands)


def aside(conversation: Conversation, reply: Reply, options: Sequence[Option] = ()) -> Turn:
    """A notice about something else: what is on the screen stays, and only lasting buttons may be added."""
    offered = tuple(_offered(conversation.turn, 0, option) for option in options)
    known = {o.id for o in offered}
    kept = tuple(o for o in conversation.offered if o.id not in known)
    said = replace(reply, choices=_choices(offered))
    return Turn(replace(conversation, offered=(*kept, *offered)), (said,))


def beside(conversation: Conversation, *lines: Text) -> Turn:
    """Something said without leaving the screen: the same buttons stand under it too."""
    here = tuple(o for o in conversation.offered if o.action.name not in LASTING)
    return Turn(conversation, (Reply(lines, _choices(here), assumed=assumed_line(here)),))


def assumed_line(offered: Sequence[Offered | Option]) -> Text | None:
    """The line above the choices that are assumptions, where there are any."""
    weights = (choice.weighs if isinstance(choice, Option) else choice.weight for choice in offered)
    return t("chat.card.assumed") if Weight.ASSUMPTION in weights else None


def _choices(offered: Sequence[Offered]) -> tuple[Choice, ...]:
    return tuple(Choice(o.id, o.label, o.weight) for o in offered)


def _offered(turn: int, number: int, option: Option) -> Offered:
    code = LASTING.get(option.act)
    choice_id = f"m.{code}.{option.value}" if code else f"{turn}.{number}"
    return Offered(choice_id, Action(option.act, option.value, option.extra), option.label, option.words, option.weighs)


def lasting_action(choice_id: str) -> Action | None:
    """The action of a button that never grows old, from its id alone."""
    kind, _, rest = choice_id.partition(".")
    code, _, message_id = rest.partition(".")
    act = next((act for act, known in LASTING.items() if known == code), None)
    return Action(act, message_id) if kind == "m" and act is not None and message_id else None


def reply(*lines: Text, tone: Tone = Tone.PLAIN, links: tuple[Link, ...] = ()) -> Reply:
    return Reply(tuple(lines), tone=tone, links=links)


def notice(*lines: Text) -> Reply:
    return Reply(tuple(lines), tone=Tone.NOTICE)


def call_link(name: Text, phone: str) -> Link:
    """A number that a phone can ring."""
    digits = "".join(sign for sign in phone if sign.isdigit() or sign == "+")
    return Link(t("chat.phone.link", name=name, phone=phone), f"tel:{digits}")


def unit_name(unit: UnitCard) -> Text:
    return t("chat.literal", text=unit.name)


def joined(parts: Sequence[Text]) -> Text:
    """Several texts in one line, with commas between."""
    text = parts[0]
    for part in parts[1:]:
        text = t("chat.and_then", first=text, second=part)
    return text
