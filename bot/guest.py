"""The small conversation with someone who is not enrolled: questions about the routines, practice of which nothing is kept, and how to enrol.

Pure; no matter is taken on.
"""

from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Conversation, Phase
from bot.dialogue import step
from bot.events import ChoicePicked, CommandGiven, CommandName, Event, StateLost, TextSaid
from bot.findings import PracticeFound, Profile
from bot.phases import practice, questions
from bot.phases.desk import pack_of
from bot.phases.guard import guard
from bot.phases.screens import Option, offer, reply, t
from bot.phases.start import speaks_of_danger
from bot.phases.typed import picked, word_list
from bot.replies import Text
from bot.requests import EraseIncoming
from bot.tools import Tools, Turn
from knowledge.pack import Pack
from knowledge.vocabulary import UnitType
from triage.choices import resembles, says
from triage.queries import in_force
from triage.working_time import STOCKHOLM

NOBODY: Final = "guest"
LONGEST: Final = 2_000
KEEPS: Final = ("progress", "announce")
"""What practice offers only to someone it knows."""


def guest_step(conversation: Conversation, event: Event, tools: Tools) -> Turn:
    """Answers everything a person does; what happened to messages is not for her. No client is trusted with what a stranger writes."""
    tools = replace(tools, trusted=False)
    match event:
        case TextSaid() | ChoicePicked() if conversation.phase is Phase.PRACTICE:
            return _practised(conversation, event, tools)
        case CommandGiven(command=CommandName.PRACTICE):
            return _practise(conversation, tools)
        case TextSaid(text=text):
            return _said(conversation, text[:LONGEST], tools)
        case ChoicePicked(choice=choice):
            return _picked(conversation, choice, tools)
        case CommandGiven(command=CommandName.PROFILE | CommandName.RESTART):
            return _ask_region(replace(conversation, profile=None), tools)
        case CommandGiven():
            return _welcome(conversation, tools)
        case StateLost():
            return Turn(replace(conversation, phase=Phase.WELCOME))
        case _:
            return Turn(conversation)


def _welcome(conversation: Conversation, tools: Tools) -> Turn:
    hello = (t("telegram.guest.hello"), t("telegram.guest.enrol"))
    return _ask_region(conversation, tools, *hello) if conversation.profile is None else _ready(conversation, *hello)


def _ask_region(conversation: Conversation, tools: Tools, *lead: Text) -> Turn:
    packs = _packs(tools)
    options = [Option(Act.UNIT, t("chat.literal", text=pack.name), pack.region) for pack in packs]
    waiting = replace(conversation, phase=Phase.PROFILE, practice=None)
    return offer(waiting, [reply(*lead, t("telegram.guest.which_region"))], options)


def _packs(tools: Tools) -> tuple[Pack, ...]:
    return tuple(in_force(tools.knowledge.registry, tools.now.astimezone(STOCKHOLM).date()))


def _ready(conversation: Conversation, *lead: Text) -> Turn:
    options = [
        Option(Act.PRACTICE, t("practice.choice.open"), words="practice.words.open"),
        Option(Act.PROFILE, t("telegram.guest.other_region")),
        Option(Act.HELP, t("telegram.guest.how_to_enrol")),
    ]
    asked = replace(conversation, phase=Phase.MATTER, practice=None)
    return offer(asked, [reply(*lead, t("telegram.guest.ask"), t("chat.matter.untrusted"))], options)


def _picked(conversation: Conversation, choice: str, tools: Tools) -> Turn:
    offered = next((offered for offered in conversation.offered if offered.id == choice), None)
    if offered is None:
        return _welcome(conversation, tools)
    match offered.action.name:
        case Act.UNIT:
            return _chosen(conversation, offered.action.value, tools)
        case Act.PROFILE:
            return _ask_region(conversation, tools)
        case Act.PRACTICE:
            return _practise(conversation, tools)
        case _:
            return _ready(conversation, t("telegram.guest.enrol"))


def _chosen(conversation: Conversation, region: str, tools: Tools) -> Turn:
    pack = next((pack for pack in _packs(tools) if pack.region == region), None)
    if pack is None:
        return _ask_region(conversation, tools)
    guest = Profile(
        NOBODY, "staff", NOBODY, pack.name, UnitType.MUNICIPAL_HEALTH, region, pack.id, language=_spoken(tools)
    )
    return _ready(replace(conversation, profile=guest))


def _spoken(tools: Tools) -> str | None:
    """The language that we are speaking: her account's, for she has chosen none here."""
    known = tools.knowledge
    return next((language for language, texts in known.languages.items() if texts is known.texts), None)


def _said(conversation: Conversation, text: str, tools: Tools) -> Turn:
    """An identity goes before all else, and danger before any answer."""
    found = guard(text, tools)
    if found.caught:
        stopped = _welcome(conversation, tools) if conversation.profile is None else _ready(conversation)
        first = replace(stopped.replies[0], lines=(t("telegram.guest.caught"), *stopped.replies[0].lines))
        return replace(stopped, replies=(first, *stopped.replies[1:]), commands=(EraseIncoming(),))
    labels = {offered.id: offered for offered in conversation.offered}
    for offered in labels.values():
        words = offered.label.params.get("text")
        if isinstance(words, str) and resembles(found.text, words):
            return _picked(conversation, offered.id, tools)
    named = picked(conversation, found.text, tools.knowledge.texts, exact=True)
    if named is not None:
        return _picked(conversation, named.id, tools)
    pack = pack_of(conversation.profile, tools) if conversation.profile else None
    if pack is None:
        return _welcome(conversation, tools)
    if says(found.text, word_list("practice.words.stop", tools.knowledge.texts)):
        return _ready(conversation, t("practice.not_practising"))
    if speaks_of_danger(conversation, found.text, tools):
        return _ready(conversation, t("telegram.guest.danger"))
    answer = questions.answer(found.text, pack, conversation, tools)
    return _ready(conversation, *questions.lines(answer))


# ── practice ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _practise(conversation: Conversation, tools: Tools) -> Turn:
    """The practice that all have, from the beginning each time."""
    if conversation.profile is None:
        return _ask_region(conversation, tools)
    begun = practice.enter(replace(conversation, matter=None, practice=None))
    if not isinstance(begun, Turn):
        return _ready(conversation, t("practice.no_routine"))
    shown = _nothing_kept(practice.found(begun.conversation, PracticeFound((), ()), tools))
    lead = reply(t("telegram.guest.practice"))
    return replace(shown, replies=(lead, *shown.replies))


def _practised(conversation: Conversation, event: TextSaid | ChoicePicked, tools: Tools) -> Turn:
    """One step of it. Whatever would lead out of practice leads back to the questions."""
    known = replace(conversation, profile_day=tools.now.date())
    turn = step(known, event, tools)
    if turn.queries:
        stands = practice.found(turn.conversation, PracticeFound((), ()), tools)
        turn = replace(stands, replies=(*turn.replies, *stands.replies), commands=turn.commands)
    if turn.conversation.phase is not Phase.PRACTICE:
        return _ready(conversation, t("telegram.guest.practised"))
    return _nothing_kept(turn)


def _nothing_kept(turn: Turn) -> Turn:
    """Without what only someone known is offered, and without orders to keep anything."""
    hidden = {
        offered.id
        for offered in turn.conversation.offered
        if offered.action.name is Act.PRACTICE and offered.action.value in KEEPS
    }
    offered = tuple(one for one in turn.conversation.offered if one.id not in hidden)
    replies = tuple(
        replace(said, choices=tuple(choice for choice in said.choices if choice.id not in hidden))
        for said in turn.replies
    )
    erases = tuple(command for command in turn.commands if isinstance(command, EraseIncoming))
    return Turn(replace(turn.conversation, offered=offered), replies, erases)
