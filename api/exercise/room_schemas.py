"""The shapes of a live exercise over HTTP. Holds no rules."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Line

Said = Literal["counted", "closed", "late", "unknown", "identity", "empty", "taken", "full", "over"]
Round = Annotated[int, Field(ge=1, le=2)]


class Joining(BaseModel):
    """Something made up: what looks like a real name or number is refused with `identity`."""

    model_config = ConfigDict(extra="forbid")

    nickname: Line


class Voting(BaseModel):
    """`place` and `round` as the caller saw them, so that a late answer never counts for another question."""

    model_config = ConfigDict(extra="forbid")

    place: Annotated[int, Field(ge=0, le=1000)]
    round: Round
    option: Annotated[str, Field(min_length=1, max_length=80)]


class Choice(BaseModel):
    id: str
    letter: str
    words: str


class Bar(BaseModel):
    letter: str
    words: str
    count: int
    share: int
    before: int | None = None
    """How many in the first vote, where there has been a second."""
    before_share: int | None = None


class Reason(BaseModel):
    text: str
    source: str


class Tempting(BaseModel):
    """An answer that tempts, why it does, and why it is wrong all the same."""

    choice: str
    tempting: str
    wrong: str


class Section(BaseModel):
    heading: str
    text: str


class Room(BaseModel):
    """The session as one participant may see it: others' votes from the spread on, the answer at the reveal."""

    code: str
    title: str
    phase: str
    paused: bool
    named: bool
    """Nicknames stand in the trainer's report: whoever joins is told."""
    round: int | None
    """The round that is open; None when nobody can vote."""
    seconds: int | None
    """What is left of the time to answer, where there is a clock; 0 when it is out."""
    nickname: str | None
    """None for who has not joined, who sees no question either."""
    said: Said | None = None
    place: int | None = None
    of: int | None = None
    case: str | None = None
    role: str | None = None
    """Who the participant is in the case."""
    writing: bool = False
    """The question is answered on paper or aloud: there is nothing to vote on."""
    story: list[str] = []
    ask: str | None = None
    choices: list[Choice] = []
    given: str | None = None
    given_before: str | None = None
    """In the second vote: her first answer, which stands until she gives another."""
    spread: list[Bar] = []
    answer: str | None = None
    right_choice: str | None = None
    own: str | None = None
    """The author's own words on why."""
    reasons: list[Reason] = []
    tempting: list[Tempting] = []
    model: list[Section] = []
    learn: list[Reason] = []
    points: int | None = None
    right: int | None = None
    answered: int | None = None
