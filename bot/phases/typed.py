"""Typed words as commands and choices: every button also works as text. Unsure means neither."""

from dataclasses import dataclass
from typing import Final

from bot.acts import Act
from bot.conversation import Conversation, Offered, Phase
from bot.events import CommandName
from bot.render import words
from bot.replies import Text, Weight
from knowledge.texts import Catalogue
from triage.choices import pick, plain, says

WORDS: Final[tuple[tuple[str, CommandName | Act], ...]] = (
    ("chat.words.cancel", CommandName.CANCEL),
    ("chat.words.restart", CommandName.RESTART),
    ("chat.words.help", CommandName.HELP),
    ("chat.words.messages", CommandName.MESSAGES),
    ("chat.words.profile", CommandName.PROFILE),
    ("chat.words.start", CommandName.START),
    ("chat.words.why", Act.WHY),
    ("chat.words.change", Act.CHANGE),
    ("chat.words.resume", Act.RESUME),
    ("chat.words.guide", Act.GUIDE),
    ("chat.words.back", Act.BACK),
    ("practice.words.open", Act.PRACTICE),
    ("practice.words.my_progress", Act.PRACTICE),
    ("practice.words.stop", Act.STOP_PRACTICE),
)
FREE_TEXT: Final = ("obtained_by", "decided_by", "reason")
FEW_WORDS: Final = 4
"""More words than this after "öva på" tell something."""
LONGEST: Final = 120
"""Longer text than this is never a choice."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command by its word; `rest` is what came after "varför inte" or "öva på"."""

    command: CommandName | Act
    rest: str = ""


def command_in(text: str, texts: Catalogue) -> Typed | None:
    if len(text) > LONGEST:
        return None
    for key, command in WORDS:
        if says(text, word_list(key, texts)):
            return Typed(command)
    why_not = _after("chat.words.why_not", text, texts)
    if why_not is not None:
        return Typed(Act.WHY_NOT, why_not)
    practised = _after("practice.words.open_on", text, texts)
    if practised is not None and len(practised.split()) <= FEW_WORDS:
        return Typed(Act.PRACTICE, practised)
    return None


def _after(key: str, text: str, texts: Catalogue) -> str | None:
    """What comes after one of the words, where the text begins with it."""
    said = plain(text)
    starts = sorted(map(plain, word_list(key, texts)), key=len, reverse=True)
    start = next((one for one in starts if f"{said} ".startswith(f"{one} ")), None)
    return None if start is None else said[len(start) :].strip()


def asks_why(text: str, texts: Catalogue) -> bool:
    """ "Varför måste jag …": the reason of what is on the screen, in more words than the word itself."""
    said = f"{plain(text)} "
    return any(said.startswith(f"{plain(word)} ") for word in word_list("chat.words.why", texts))


STEP_WORDS: Final = (
    "chat.words.next",
    "chat.words.send",
    "chat.words.use",
    "chat.words.yes",
    "chat.words.no",
    "chat.words.unknown",
)


def is_empty_word(text: str, texts: Catalogue) -> bool:
    """Whether the words answer or go on, where there is nothing to answer or to go on to."""
    return any(says(text, word_list(key, texts)) for key in STEP_WORDS)


def picked(
    conversation: Conversation, text: str, texts: Catalogue, *, exact: bool = False, numbers: bool = True
) -> Offered | None:
    """The choice that the words mean; `exact`: only by its own words, as always where free text is asked for. `numbers` as in `pick`."""
    if len(text) > LONGEST or not conversation.offered:
        return None
    place = pick(
        text,
        [_said_so(offered, texts) for offered in conversation.offered],
        exact=exact or asks_for_text(conversation),
        numbers=numbers,
    )
    return None if place is None else conversation.offered[place]


def _said_so(offered: Offered, texts: Catalogue) -> tuple[str, ...]:
    """How a choice is said. What is assumed is confirmed by its own words and denied by a tap, so its words pick nothing."""
    return ("",) if offered.weight is Weight.ASSUMPTION else ways(offered.label, offered.words, texts)


def asks_for_text(conversation: Conversation) -> bool:
    """Whether whatever is typed is text of the message or of a consent record."""
    matter = conversation.matter
    if matter is None:
        return False
    writing = conversation.phase is Phase.DRAFTING and matter.editing is not None
    return writing or (conversation.phase is Phase.CONSENT and matter.consent_step in FREE_TEXT)


def ways(label: Text, key: str, texts: Catalogue) -> tuple[str, ...]:
    """What a choice can be called: its label, and the words under the key."""
    said = words(label, texts)
    return (said, *word_list(key, texts)) if key else (said,)


def word_list(key: str, texts: Catalogue) -> tuple[str, ...]:
    return tuple(word.strip() for word in texts.text(key).split(","))
