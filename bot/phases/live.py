"""A live exercise in the chat: join by code, answer, follow what the trainer shows, leave. Nothing here is about a patient; nothing is ordered.

The seat, the votes and the points are the message API's: the conversation remembers only what was last on the screen.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Live, Phase
from bot.events import ExerciseMoved
from bot.findings import QueryFailed, RoomFound
from bot.phases import for_real, practice
from bot.phases.results import Again, Result
from bot.phases.screens import Option, headline, offer, reply, small, t, title
from bot.phases.typed import word_list
from bot.replies import Param, Text, Weight, literal
from bot.requests import Command, JoinRoom, SeeRoom, VoteInRoom
from bot.rooms import LiveBar, LiveReason, LiveRoom
from bot.tools import Tools, Turn
from knowledge.texts import Catalogue
from triage.choices import number_in, plain, says

QUERIES: Final = ("see_room", "join_room", "vote_in_room")
UNKNOWN: Final = "exercise_unknown"
_CODE: Final = re.compile(r"(.*?)\s*\b([0-9]{4,8})\b[.,:;!]*\s*(.*)", re.DOTALL)
_BARE: Final = re.compile(r"[\s\"'”»«.,!]*(.*?)[\s\"'”»«.,!]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Invitation:
    code: str
    nickname: str = ""


def invitation(text: str, texts: Catalogue) -> Invitation | None:
    """ "Gå med i övning 4821", "delta 4821 som Måsen": the word, the code, and perhaps a nickname. Anything else is none."""
    found = _CODE.fullmatch(text.strip())
    if found is None or not says(found[1], word_list("chat.live.words.join", texts)):
        return None
    first, _, rest = found[3].partition(" ")
    if not first:
        return Invitation(found[2])
    return Invitation(found[2], bare(rest)) if says(first, word_list("chat.live.words.as", texts)) else None


def bare(nickname: str) -> str:
    found = _BARE.fullmatch(nickname)
    return found[1] if found else ""


def enter(conversation: Conversation, invited: Invitation) -> Result:
    """Joins at once where she says by what name; else it is asked where the exercise stands. Who has a seat already comes back to it."""
    if conversation.matter is not None:
        return Again(conversation, (t("chat.profile.finish_first"),))
    commands: tuple[Command, ...] = ()
    if conversation.phase is Phase.PRACTICE and isinstance(left := practice.leave(conversation), Again):
        commands = left.commands
    live = Live(invited.code, invited.nickname)
    begun = replace(conversation, phase=Phase.LIVE, practice=None, live=live)
    first = JoinRoom(invited.code, invited.nickname) if invited.nickname else SeeRoom(invited.code)
    return Turn(begun, commands=commands, queries=(first,))


def leave(conversation: Conversation) -> Result:
    live = conversation.live
    left = replace(conversation, phase=Phase.MATTER, live=None)
    return Again(left, (t("chat.live.left", code=live.code) if live and _joined(live) else t("chat.live.not_joined"),))


def is_left(conversation: Conversation, text: str, texts: Catalogue) -> bool:
    """Whether she leaves by the word itself. The button, and the number that clients put at it, are asked about."""
    return conversation.phase is Phase.LIVE and says(text, word_list("chat.live.words.leave", texts))


def counts_numbers(conversation: Conversation) -> bool:
    """Whether a number that is typed is an answer to the vote and to nothing else: it never leaves."""
    return conversation.phase is Phase.LIVE and not (conversation.live and conversation.live.doubted)


def _joined(live: Live) -> bool:
    return live.room is not None and live.room.nickname is not None


# ── what she does ───────────────────────────────────────────────────────────────────────────────────────────────────────


def on_action(conversation: Conversation, action: Action) -> Result:
    live = conversation.live
    if conversation.phase is not Phase.LIVE or live is None:
        return Again(conversation, (t("chat.button.old"),))
    match action.value:
        case "leave":
            return _ask_to_leave(conversation, live)
        case "stay":
            return Again(replace(conversation, picked=None, live=replace(live, leaving=False)))
        case "gone":
            return leave(conversation)
        case for_real.REAL:
            return for_real.begin(conversation, live.said)
        case for_real.EXERCISE:
            meant = replace(live, doubted=False)
            return _answered(replace(conversation, picked=None, live=meant), meant, live.said)
        case "vote" if live.room is not None:
            return _vote(conversation, live.room, action.extra.split(".", 2)[-1])
        case _:
            return Turn(conversation, queries=(SeeRoom(live.code),))


def _ask_to_leave(conversation: Conversation, live: Live) -> Result:
    """A button next to the answers, or its number, may be a slip while the exercise goes on."""
    if not _joined(live) or (live.room is not None and live.room.phase == "ended"):
        return leave(conversation)
    return Again(replace(conversation, picked=None, live=replace(live, leaving=True)))


def on_text(conversation: Conversation, text: str, tools: Tools) -> Result:
    """For real, or an answer. What speaks of danger is asked about before it is taken as one."""
    if (real := for_real.leaves(conversation, conversation.live, text, tools)) is not None:
        return real
    live = conversation.live
    if live is None:
        return leave(conversation)
    sign = number_in(text) is not None or len(plain(text)) == 1
    if live.doubted or (not sign and for_real.is_danger(conversation, text, tools)):
        return for_real.doubt(conversation, live, text, tools)
    kept = replace(live, said=text, leaving=False)
    return _answered(replace(conversation, live=kept), kept, text)


def _answered(conversation: Conversation, live: Live, text: str) -> Result:
    """A nickname where that is asked for, the letter or number of a choice; anything else shows where the exercise stands."""
    if live.room is None:
        return Turn(conversation, queries=(SeeRoom(live.code),))
    if live.room.nickname is None:
        return Turn(conversation, queries=(JoinRoom(live.code, bare(text)),)) if bare(text) else Again(conversation)
    said, number = plain(text), number_in(text)
    letter = next((one.letter for at, one in enumerate(live.room.choices, start=1) if at == number), said)
    meant = next((one for one in live.room.choices if plain(one.letter) == plain(letter)), None)
    if meant is not None and live.room.round is not None:
        return _vote(conversation, live.room, meant.id)
    tried = str(number) if number is not None else said.upper() if len(said) == 1 and said.isalpha() else ""
    return Turn(_trying(conversation, live, tried), queries=(SeeRoom(live.code),))


def _vote(conversation: Conversation, room: LiveRoom, option: str) -> Result:
    live = conversation.live
    if live is None or room.place is None or room.round is None:
        return Again(conversation, (t("exercise.flash.closed"),))
    letter = next((one.letter for one in room.choices if one.id == option), "")
    asked = VoteInRoom(room.code, room.place, room.round, option)
    return Turn(_trying(conversation, live, letter), queries=(asked,))


def _trying(conversation: Conversation, live: Live, letter: str) -> Conversation:
    return replace(conversation, live=replace(live, tried=letter))


# ── what came back ──────────────────────────────────────────────────────────────────────────────────────────────────────


def found(conversation: Conversation, result: RoomFound) -> Result:
    """What she sees now. A button here may be tapped again: the same vote twice is one, and looking changes nothing."""
    live, room = conversation.live, result.room
    if conversation.phase is not Phase.LIVE or live is None or live.code != room.code:
        return Turn(conversation)
    came = live.room is None or live.room.nickname is None
    seen = replace(conversation, picked=None, live=Live(live.code, room=room, said=live.said))
    if room.nickname is None:
        if live.nickname and room.said is None:
            return Turn(seen, queries=(JoinRoom(live.code, live.nickname),))
        return Again(seen, (t(f"exercise.wrong.{room.said}"),)) if room.said else Again(seen)
    if came:
        return Again(seen, (headline(t("exercise.play.welcome", nickname=room.nickname)), _seen_by(room)))
    return Again(seen, _said(live, room))


def _said(live: Live, room: LiveRoom) -> tuple[Text, ...]:
    """What became of her answer: one that did not count is told of, and what she can do instead."""
    if room.said == "counted":
        return (t("chat.live.counted"),)
    if live.tried and live.room is not None and room.said in (None, "closed"):
        return _uncounted(live.tried, live.room, room)
    return (t(f"exercise.flash.{room.said}"),) if room.said in ("closed", "late", "unknown") else ()


def _uncounted(letter: str, before: LiveRoom, room: LiveRoom) -> tuple[Text, ...]:
    if room.round is None and letter.isdigit():
        return (t("chat.live.no_vote", number=letter),)
    if room.round is None:
        return (t("chat.live.not_counted", letter=letter),) if room.choices else ()
    if letter.isdigit() and not 0 < int(letter) <= len(room.choices):
        return (t("chat.live.no_such", number=letter, last=len(room.choices)),)
    if before.place is None:
        return (t("chat.live.answered_early", letter=letter),)
    if before.place != room.place:
        return (t("chat.live.new_question", letter=letter),)
    if room.round == 2:
        return (t("chat.live.say_again", letter=letter),)
    return (t("chat.live.answered_early", letter=letter) if before.round is None else t("exercise.flash.closed"),)


def moved(conversation: Conversation, event: ExerciseMoved) -> Turn:
    """A question has opened, or its answer is shown: it comes by itself. Not while it is asked whether someone is in danger."""
    live = conversation.live
    if conversation.phase is not Phase.LIVE or live is None or live.code != event.code or live.doubted:
        return Turn(conversation)
    return Turn(conversation, queries=(SeeRoom(live.code),))


def failed(conversation: Conversation, result: QueryFailed) -> Result:
    """A code that leads nowhere ends it; where no answer came, what was on the screen stands."""
    if conversation.phase is not Phase.LIVE or conversation.live is None:
        return Turn(conversation)
    if result.code == UNKNOWN:
        return Again(replace(conversation, phase=Phase.MATTER, live=None), (t("chat.live.no_such_code"),))
    return Again(replace(conversation, picked=None), (t("chat.live.unreachable"),))


# ── the screen ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def show(conversation: Conversation, tools: Tools) -> Turn:
    """Where the exercise stood when it was last asked for."""
    live = conversation.live
    if live is not None and live.doubted:
        return for_real.show(conversation, tools)
    if live is None or live.room is None:
        return offer(conversation, [reply(t("chat.live.waiting"))], [_refresh(), _leave()])
    if live.leaving:
        return offer(conversation, [reply(headline(t("chat.live.leave_ask")))], _sure())
    room = live.room
    if room.nickname is None:
        if room.phase == "ended":
            return offer(conversation, [reply(t("exercise.wrong.over"))], [_leave()])
        return offer(conversation, [reply(t("chat.live.nickname", title=room.title), _seen_by(room))], [_leave()])
    options = (
        [_choice(f"{room.place}.{room.round}", one.id, one.letter, one.words) for one in room.choices]
        if room.round is not None
        else []
    )
    return offer(conversation, [reply(*_lines(room))], [*options, _refresh(), _leave()])


def _seen_by(room: LiveRoom) -> Text:
    return small(t("chat.live.named" if room.named else "chat.live.anonymous"))


def _choice(asked: str, option_id: str, letter: str, words: str) -> Option:
    """`asked`: the question and the round, so that a button from another one is an old button."""
    return Option(Act.LIVE, t("chat.live.choice", letter=letter, words=words), "vote", f"{asked}.{option_id}")


def _refresh() -> Option:
    return Option(Act.LIVE, t("chat.live.show"), "show", words="chat.live.words.show", weight=Weight.QUIET)


def _leave() -> Option:
    return Option(Act.LIVE, t("chat.live.leave"), "leave", words="chat.live.words.leave", weight=Weight.QUIET)


def _sure() -> list[Option]:
    """To leave stands last: whoever types the same number once more has not left."""
    stay = Option(Act.LIVE, t("chat.live.stay"), "stay", words="chat.words.no", weight=Weight.PRIMARY)
    return [
        stay,
        _refresh(),
        Option(Act.LIVE, t("chat.live.gone"), "gone", words="chat.words.yes", weight=Weight.QUIET),
    ]


def _lines(room: LiveRoom) -> list[Text]:
    if room.phase == "lobby":
        return [t("chat.live.lobby")]
    if room.phase == "ended":
        return [t("exercise.play.ended"), *_result(room)]
    lines: list[Text] = []
    if room.place is not None and room.of is not None:
        lines.append(title(t("exercise.play.number", number=room.place + 1, of=room.of)))
    if room.case:
        lines.append(title(literal(room.case)))
    if room.role:
        lines.append(t("practice.you_are", role=room.role))
    lines += [literal(told) for told in room.story]
    if room.ask:
        lines.append(headline(literal(room.ask)))
    return [*lines, *_standing(room)]


def _standing(room: LiveRoom) -> list[Text]:
    if room.paused:
        return [t("exercise.play.paused")]
    if room.phase == "reveal":
        return _reveal(room)
    if room.spread:
        return [*_spread(room), *_mine(room), t("exercise.play.discuss")]
    if room.writing:
        return [t("exercise.play.written")]
    if room.seconds == 0:
        return [*_mine(room), t("exercise.play.time_out")]
    again = [t("exercise.play.again" if room.given or room.given_before else "exercise.play.again_first")]
    time = [small(t("chat.live.time", seconds=room.seconds))] if room.seconds else []
    return [*(again if room.phase == "again" else []), *_mine(room), *time]


def _mine(room: LiveRoom) -> list[Text]:
    """Her answer, or in the second vote the first one, which stands."""
    letters = {one.id: one.letter for one in room.choices}
    if room.given in letters:
        return [t("chat.live.mine", letter=letters[room.given])]
    return [t("chat.live.mine_before", letter=letters[room.given_before])] if room.given_before in letters else []


def _spread(room: LiveRoom) -> list[Text]:
    shift = any(bar.before is not None for bar in room.spread)
    return [title(t("exercise.spread.shift" if shift else "exercise.spread.title")), *map(_bar, room.spread)]


def _bar(bar: LiveBar) -> Text:
    now: dict[str, Param] = {"letter": bar.letter, "words": bar.words, "count": bar.count, "share": bar.share}
    if bar.before is None:
        return t("chat.live.bar", **now)
    return t("chat.live.shift", before=bar.before, before_share=bar.before_share or 0, **now)


def _reveal(room: LiveRoom) -> list[Text]:
    """What is right, whether she was, where it stands, why the others tempt, and what to take along."""
    lines = _spread(room) if room.spread else []
    if room.answer is not None:
        lines.append(headline(t("chat.live.answer", answer=room.answer)))
    if room.given is not None:
        lines.append(t("chat.live.right" if room.given == room.right_choice else "chat.live.wrong"))
    if room.own:
        lines.append(literal(room.own))
    lines += _reasons(room.reasons)
    if room.model:
        lines.append(headline(t("exercise.reveal.written")))
    for section in room.model:
        lines += [title(literal(section.heading)), literal(section.text)]
    if room.tempting:
        lines.append(title(t("exercise.reveal.tempting")))
    for one in room.tempting:
        lines.append(t("practice.tempting", choice=one.choice, tempting=one.tempting, wrong=one.wrong))
    if room.learn:
        lines.append(title(t("exercise.reveal.learn")))
    return [*lines, *_reasons(room.learn), *_points(room, "exercise.play.points")]


def _reasons(reasons: Iterable[LiveReason]) -> list[Text]:
    return [line for why in reasons for line in (literal(why.text), small(literal(why.source)))]


def _result(room: LiveRoom) -> list[Text]:
    told = t("exercise.play.result", right=room.right or 0, answered=room.answered or 0)
    return [*([told] if room.answered else []), *_points(room, "exercise.play.points_in_all")]


def _points(room: LiveRoom, key: str) -> list[Text]:
    return [t(key, points=room.points)] if room.points is not None else []
