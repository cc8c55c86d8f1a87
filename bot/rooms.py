"""A live exercise as one participant may see it: values alone. Decides nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveChoice:
    id: str
    letter: str
    words: str


@dataclass(frozen=True, slots=True)
class LiveBar:
    """How many chose an option, told when the trainer shows it."""

    letter: str
    words: str
    count: int
    share: int
    before: int | None = None
    """How many in the first vote, where there has been a second."""
    before_share: int | None = None


@dataclass(frozen=True, slots=True)
class LiveReason:
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class LiveTempting:
    choice: str
    tempting: str
    wrong: str


@dataclass(frozen=True, slots=True)
class LiveSection:
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """A live exercise as the person may see it now. No nickname: she has not joined. `round`: the vote that is open."""

    code: str
    title: str
    phase: str
    paused: bool = False
    named: bool = False
    """Nicknames stand in the trainer's report."""
    round: int | None = None
    seconds: int | None = None
    """What is left of the time to answer; 0 when it is out."""
    nickname: str | None = None
    said: str | None = None
    """What became of what she did: `counted`, or why not."""
    place: int | None = None
    of: int | None = None
    case: str | None = None
    role: str | None = None
    writing: bool = False
    story: tuple[str, ...] = ()
    ask: str | None = None
    choices: tuple[LiveChoice, ...] = ()
    given: str | None = None
    given_before: str | None = None
    """In the second vote: her first answer, which stands until she gives another."""
    spread: tuple[LiveBar, ...] = ()
    answer: str | None = None
    right_choice: str | None = None
    own: str | None = None
    reasons: tuple[LiveReason, ...] = ()
    tempting: tuple[LiveTempting, ...] = ()
    model: tuple[LiveSection, ...] = ()
    learn: tuple[LiveReason, ...] = ()
    points: int | None = None
    right: int | None = None
    answered: int | None = None

    @property
    def mark(self) -> str:
        """Another one when there is another question, or when it has gone on."""
        return f"{self.phase}:{self.place}"
