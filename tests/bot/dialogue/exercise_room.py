"""A live exercise of one question, as the message API would tell of it. `go` is the trainer's."""

from dataclasses import dataclass, field, replace

from bot.findings import QueryFailed, QueryResult, RoomFound
from bot.requests import JoinRoom, SeeRoom, VoteInRoom
from bot.rooms import LiveBar, LiveChoice, LiveReason, LiveRoom, LiveSection, LiveTempting

CODE = "4821"
LOBBY = LiveRoom(CODE, "Vem svarar?", "lobby")
CHOICES = (LiveChoice("a", "A", "Ring vårdcentralen"), LiveChoice("b", "B", "Skriv ett meddelande"))
ASKED = replace(
    LOBBY,
    phase="vote",
    round=1,
    place=0,
    of=1,
    case="Vem svarar?",
    role="sjuksköterska i hemsjukvården",
    story=("Provsvaret dröjer.",),
    ask="Vilken väg?",
    choices=CHOICES,
)
SPREAD = (LiveBar("A", CHOICES[0].words, 1, 50), LiveBar("B", CHOICES[1].words, 1, 50))
SHIFT = (replace(SPREAD[0], before=2, before_share=100), replace(SPREAD[1], before=0, before_share=0))
TEMPTING = (LiveTempting(CHOICES[0].words, "Det går fort.", "Det brådskar inte."),)
REASONS = (LiveReason("Det kan vänta.", "Regel K2"),)
STEPS = {
    "lobby": LOBBY,
    "vote": ASKED,
    "spread": replace(ASKED, phase="spread", round=None, spread=SPREAD),
    "again": replace(ASKED, phase="again", round=2),
    "shift": replace(ASKED, phase="shift", round=None, spread=SHIFT),
    "out": replace(ASKED, round=None, seconds=0),
    "next": replace(ASKED, place=1, of=2),
    "reveal": replace(
        ASKED,
        phase="reveal",
        round=None,
        spread=SPREAD,
        answer=CHOICES[1].words,
        right_choice="b",
        own="Det går att vänta på svaret.",
        reasons=REASONS,
        tempting=TEMPTING,
        model=(LiveSection("Fråga", "Har svaret kommit?"),),
        learn=(LiveReason("Skriv det som kan vänta.", "Regel K8"),),
    ),
    "ended": replace(LOBBY, phase="ended"),
}


@dataclass
class ExerciseRoom:
    step: str = "vote"
    nickname: str | None = None
    given: str | None = None
    votes: list[VoteInRoom] = field(default_factory=list)

    def ask(self, query: SeeRoom | JoinRoom | VoteInRoom) -> QueryResult:
        if query.code != CODE:
            return QueryFailed(query.type, "exercise_unknown")
        said = None
        match query:
            case JoinRoom(nickname="Tärnan"):
                said = "taken"
            case JoinRoom(nickname=nickname):
                self.nickname = self.nickname or nickname
            case VoteInRoom(option=option):
                self.votes.append(query)
                said = "counted" if STEPS[self.step].round == query.round else "closed"
                self.given = option if said == "counted" else self.given
            case SeeRoom():
                pass
        return RoomFound(self._seen(said))

    def _seen(self, said: str | None) -> LiveRoom:
        room = STEPS[self.step]
        if self.nickname is None:
            return replace(LOBBY, phase=room.phase, said=said)
        if self.step == "ended" and self.given:
            room = replace(room, right=int(self.given == "b"), answered=1)
        if self.step in ("lobby", "ended", "next"):
            return replace(room, nickname=self.nickname, said=said)
        if self.step == "again" and not any(vote.round == 2 for vote in self.votes):
            return replace(room, nickname=self.nickname, given_before=self.given, said=said)
        return replace(room, nickname=self.nickname, given=self.given, said=said)
