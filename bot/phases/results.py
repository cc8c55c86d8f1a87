"""What a phase answers with: a turn of its own, or a word to the router of where to go on. Holds values only."""

from dataclasses import dataclass

from bot.conversation import Conversation
from bot.replies import Text
from bot.requests import Command, PersonRef
from bot.tools import Turn


@dataclass(frozen=True, slots=True)
class Again:
    """Say something and show the same screen, with the same buttons."""

    conversation: Conversation
    lead: tuple[Text, ...] = ()
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Decide:
    """Something in the matter has changed: ask the routine anew and show what it says."""

    conversation: Conversation
    lead: tuple[Text, ...] = ()
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Onward:
    """A step of the message is taken: go to the first one that is not."""

    conversation: Conversation
    lead: tuple[Text, ...] = ()
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Begin:
    """The person has something new to tell: these words, if any. `as_matter`: she has said that they are no question."""

    conversation: Conversation
    text: str = ""
    guided: bool = False
    person: PersonRef | None = None
    as_matter: bool = False
    lead: tuple[Text, ...] = ()


Result = Turn | Again | Decide | Onward | Begin
