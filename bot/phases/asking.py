"""One question at a time, the reason on request, and what cannot all be true. Asks; the routine decides."""

from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Phase
from bot.findings import QueryFailed, UnitsFound
from bot.phases import questions, unknown
from bot.phases.desk import (
    FEW_WORDS,
    Desk,
    alarms,
    decode,
    desk,
    encode,
    fact_label,
    kind_word,
    names_a_matter,
    read,
    tells,
    unit_type_label,
    value_label,
    with_answer,
    with_matter,
)
from bot.phases.pages import FIRST_GROUP, MENU, choice_page
from bot.phases.results import Again, Decide, Result
from bot.phases.screens import Option, offer, reply, t
from bot.phases.typed import is_empty_word, ways, word_list
from bot.replies import Reply, Text, Tone
from bot.requests import FindUnits
from bot.tools import Tools, Turn
from knowledge.pack import Pack
from knowledge.vocabulary import DERIVED, Fact, PatientStatus, Provenance, UnitType, Urgency, Value
from triage.choices import pick, plain, resembles, says
from triage.decide import Ask, Conflict

LONGEST_NAME: Final = 120
SHOWN_UNITS: Final = 3
CHANGEABLE: Final = tuple(fact for fact in Fact if fact not in DERIVED and fact is not Fact.CONSENT)


def question(here: Desk) -> Ask | Conflict | None:
    """What is asked now: what the person wants to change, urgency first when led by buttons, else the routine's own question."""
    matter, pack = here.matter, here.pack
    if matter.asked is not None:
        values = tuple(v for v in pack.values(matter.asked) if v != matter.answers.get(matter.asked))
        return Ask(matter.asked, values, here.facts, frozenset())
    if matter.guided and Fact.URGENCY not in matter.answers:
        return Ask(Fact.URGENCY, pack.values(Fact.URGENCY), here.facts, frozenset())
    return here.decision if isinstance(here.decision, Ask | Conflict) else None


def enter(conversation: Conversation, tools: Tools) -> Turn:
    """Ask. Where the person does not know what nothing else can settle, first look up whom she can ask."""
    here = desk(conversation, tools)
    asked = question(here) if here else None
    stuck = here is not None and isinstance(asked, Ask) and unknown.is_stuck(here, asked)
    if here is None or not isinstance(asked, Ask) or not stuck or here.matter.searched is not None:
        return show(conversation, tools)
    return unknown.look_up(conversation, here, asked) or show(conversation, tools)


def units_found(conversation: Conversation, result: UnitsFound | QueryFailed, tools: Tools) -> Result:
    here = desk(conversation, tools)
    if here is not None and _asks_for_whom(here):
        return _named(conversation, result)
    return show(unknown.found(conversation, result), tools)


def _asks_for_whom(here: Desk) -> bool:
    asked = question(here)
    return isinstance(asked, Ask) and asked.fact is Fact.RECIPIENT_TYPE


def _named(conversation: Conversation, result: UnitsFound | QueryFailed) -> Result:
    """ "Ekliden", where whom it is for was asked: the unit's kind is the answer, and its name is kept for when the unit is."""
    own = conversation.profile.unit_id if conversation.profile else ""
    units = () if isinstance(result, QueryFailed) else result.units
    fitting = [unit for unit in units if unit.id != own and resembles(result.query, unit.name)]
    if conversation.matter is None or not fitting or len({unit.unit_type for unit in fitting}) > 1:
        return Again(conversation, (t("chat.input.pick_one"),))
    answered = with_answer(conversation, Fact.RECIPIENT_TYPE, str(fitting[0].unit_type))
    name = fitting[0].name if len(fitting) == 1 else result.query
    return Decide(with_matter(answered, notes=added(conversation.matter.notes, name)))


def show(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    asked = question(here) if here else None
    if here is None or asked is None:
        return offer(conversation, [reply(t("chat.matter.ask"))])
    if isinstance(asked, Conflict):
        return _show_conflict(conversation, asked, here.pack)
    why = Option(Act.WHY, t("chat.choice.why_asked"), words="chat.words.why")
    if unknown.is_stuck(here, asked):
        options = [_answer(here.pack, asked.fact, value) for value in asked.choices]
        return offer(conversation, [unknown.screen(here, asked, tools)], [*options, why, _leave()])
    options = list(_page(here, asked))
    if asked.fact in unknown.KNOWABLE:
        options.append(Option(Act.UNKNOWN, t("chat.choice.unknown"), str(asked.fact), words="chat.words.unknown"))
    options += [why, *questions.only_asked(here.matter)]
    return offer(conversation, [Reply(_lines(asked), tone=_tone(asked.fact))], options)


def _leave() -> Option:
    return Option(Act.CANCEL, t("chat.choice.cancel"))


def _lines(asked: Ask) -> tuple[Text, ...]:
    return (t(f"question.{asked.fact}"),)


def _tone(fact: Fact) -> Tone:
    return Tone.CARD if fact is Fact.URGENCY else Tone.PLAIN


def _page(here: Desk, asked: Ask) -> tuple[Option, ...]:
    """The answers that fit the screen, the likely ones first and few; never all of a long list."""
    page = choice_page(here, asked)
    groups = here.pack.topic_groups
    options = [_answer(here.pack, asked.fact, value) for value in page.values]
    options += [Option(Act.GROUP, t("chat.literal", text=groups[place].label), str(place)) for place in page.groups]
    if page.more:
        key = "chat.choice.other" if asked.fact is Fact.TOPIC else "chat.choice.more"
        options.append(Option(Act.MORE, t(key), words="chat.words.more"))
    return tuple(options)


def _answer(pack: Pack, fact: Fact, value: Value) -> Option:
    label = value_label(pack, fact, value)
    if fact is Fact.TOPIC:
        label = t("chat.literal", text=pack.topic_by_id[str(value)].plain)
    words = {True: "chat.words.yes", False: "chat.words.no"}.get(value, "") if isinstance(value, bool) else ""
    if fact is Fact.PATIENT_STATUS:
        words = {PatientStatus.ADMITTED: "chat.words.yes", PatientStatus.AT_HOME: "chat.words.no"}.get(
            PatientStatus(str(value)), ""
        )
    if fact is Fact.URGENCY:
        words = f"chat.words.urgency.{value}"
    if fact is Fact.RECIPIENT_TYPE:
        words = f"chat.words.unit.{value}"
    return Option(Act.ANSWER, label, str(fact), encode(value), words)


def _show_conflict(conversation: Conversation, conflict: Conflict, pack: Pack) -> Turn:
    lines = [t("chat.conflict.lead")]
    lines += [
        t("chat.conflict.fact", fact=fact_label(fact), value=value_label(pack, fact, conflict.facts[fact].value))
        for fact in conflict.between
        if fact in conflict.facts
    ]
    options = [
        Option(Act.CHANGE_FACT, t("chat.conflict.change", fact=fact_label(fact)), str(fact))
        for fact in conflict.between
    ]
    return offer(conversation, [reply(*lines, t("chat.conflict.ask"))], options)


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def on_choice(conversation: Conversation, action: Action, tools: Tools) -> Result:
    here = desk(conversation, tools)
    if here is None:
        return Again(conversation)
    if action.name is Act.MORE:
        return show(with_matter(conversation, page=MENU), tools)
    if action.name is Act.GROUP:
        return show(with_matter(conversation, page=FIRST_GROUP + int(action.value)), tools)
    fact = Fact(action.value)
    if action.name is Act.UNKNOWN:
        return Decide(unknown.not_known(conversation, fact), (t("chat.unknown.noted"),))
    if action.name is Act.CHANGE_FACT:
        return show(change(conversation, fact), tools)
    value = decode(here.pack, fact, action.extra)
    return Again(conversation) if value is None else Decide(with_answer(conversation, fact, value))


def change(conversation: Conversation, fact: Fact) -> Conversation:
    """Ask for this fact now, whatever was known of it."""
    return with_matter(replace(conversation, phase=Phase.ASKING), asked=fact, page=0)


def change_menu(conversation: Conversation, tools: Tools) -> Turn:
    """Everything that can be put right, with what it is taken to be."""
    here = desk(conversation, tools)
    if here is None:
        return offer(conversation, [reply(t("chat.change.nothing"))])
    known, pack = here.facts, here.pack
    options = [
        Option(
            Act.CHANGE_FACT,
            t("chat.change.fact", fact=fact_label(fact), value=value_label(pack, fact, known[fact].value)),
            str(fact),
        )
        for fact in (*CHANGEABLE, Fact.RECIPIENT_TYPE)
        if fact in known
    ]
    options.append(Option(Act.BACK, t("chat.choice.back"), words="chat.words.back"))
    return offer(conversation, [reply(t("chat.change.ask"))], options)


def on_text(conversation: Conversation, text: str, tools: Tools) -> Result:
    """Words instead of a choice: they may answer the question, tell more, or both."""
    if (answer := _answer_off_page(conversation, text, tools)) is not None:
        return Decide(answer)
    if (told := _recipient_said(conversation, text, tools)) is not None:
        told = until_said(conversation, told, tools)
        return Decide(told) if _has_moved(conversation, told, tools) else Again(told, (t("chat.ask.not_answered"),))
    if (aside := _says_nothing(conversation, text, tools)) is not None:
        here, region = desk(conversation, tools), conversation.profile.region if conversation.profile else None
        if here is not None and _asks_for_whom(here) and not is_empty_word(text, tools.knowledge.texts):
            return Turn(
                conversation, queries=(FindUnits(" ".join(text.split())[:LONGEST_NAME], region, None, SHOWN_UNITS),)
            )
        return Again(conversation, (aside,))
    told = tell(conversation, text, tools)
    if told is None:
        return Again(conversation, (t("chat.input.pick_one"),))
    told = until_said(conversation, told, tools)
    return Decide(told) if _has_moved(conversation, told, tools) else Again(told, (t("chat.ask.not_answered"),))


def until_said(before: Conversation, after: Conversation, tools: Tools) -> Conversation:
    """How urgent it is, once it was asked, is asked until the person says it: more words can raise the alarm, never take it back."""
    here = desk(before, tools)
    asked = question(here) if here else None
    if not isinstance(asked, Ask) or asked.fact is not Fact.URGENCY or _says(after, tools, *Urgency):
        return after
    return with_matter(after, asked=Fact.URGENCY)


def keep_asking(conversation: Conversation, tools: Tools) -> Conversation:
    """Words have raised the alarm: urgency is the next question, unless she has said danger or hurry. That it could wait was said before."""
    if _says(conversation, tools, Urgency.LIFE_THREATENING, Urgency.URGENT):
        return conversation
    return with_matter(conversation, asked=Fact.URGENCY)


def _says(conversation: Conversation, tools: Tools, *urgencies: Urgency) -> bool:
    """Whether one of these is her own word, in the text or as an answer."""
    here = desk(conversation, tools)
    known = here.facts.known.get(Fact.URGENCY) if here else None
    said = known is not None and known.provenance in (Provenance.STATED, Provenance.ANSWERED)
    return said and known is not None and known.value in urgencies


def _has_moved(before: Conversation, after: Conversation, tools: Tools) -> bool:
    """Whether something else is to be said now than the question that was asked."""
    here, then = desk(before, tools), desk(after, tools)
    asked, now = question(here) if here else None, question(then) if then else None
    return not (isinstance(asked, Ask) and isinstance(now, Ask) and asked.fact is now.fact)


def _recipient_said(conversation: Conversation, text: str, tools: Tools) -> Conversation | None:
    """ "Hemsjukvården": who is to have it, said where something else was asked."""
    here = desk(conversation, tools)
    if here is None:
        return None
    texts = tools.knowledge.texts
    named = (u for u in UnitType if says(text, ways(unit_type_label(here.pack, u), f"chat.words.unit.{u}", texts)))
    unit_type = next(named, None)
    if unit_type is None or here.matter.asked is not None:
        return None
    return with_answer(conversation, Fact.RECIPIENT_TYPE, str(unit_type))


def _says_nothing(conversation: Conversation, text: str, tools: Tools) -> Text | None:
    """A kind word back, or that a few words were no answer: they say nothing of the matter."""
    here = desk(conversation, tools)
    if here is None:
        return None
    reading = read(text, here, tools)
    asked = question(here)
    if (
        isinstance(asked, Ask)
        and asked.fact is Fact.URGENCY
        and says(text, word_list("chat.words.unknown", tools.knowledge.texts))
    ):
        return t("chat.unknown.urgency")
    if reading.kind == "question_about_lots" and reading.recipient is None and not alarms(reading, text, here.matter):
        return kind_word(reading.kind, text)
    if alarms(reading, text, here.matter) or names_a_matter(reading):
        return None
    if is_empty_word(text, tools.knowledge.texts):
        return t("chat.input.pick_one")
    if reading.kind in ("greeting", "thanks", "question_about_lots"):
        return kind_word(reading.kind, text)
    return t("chat.input.pick_one") if len(text.split()) <= FEW_WORDS else None


def _answer_off_page(conversation: Conversation, text: str, tools: Tools) -> Conversation | None:
    """An answer that is possible but does not stand on this page of them, by its own words."""
    here = desk(conversation, tools)
    asked = question(here) if here else None
    if here is None or not isinstance(asked, Ask) or asked.fact is Fact.URGENCY:
        return None
    options = [_answer(here.pack, asked.fact, value) for value in asked.choices]
    place = pick(text, [ways(option.label, option.words, tools.knowledge.texts) for option in options], numbers=False)
    return None if place is None else with_answer(conversation, asked.fact, asked.choices[place])


def tell(conversation: Conversation, text: str, tools: Tools) -> Conversation | None:
    """The matter with what the words say. What they state outright puts right what was known; None: they say nothing Lots can use.

    Words about danger or hurry open the question of urgency again: they raise the alarm whatever was answered before.
    """
    here = desk(conversation, tools)
    if here is None:
        return None
    matter, reading = here.matter, read(text, here, tools)
    if reading.kind == "unreadable":
        return None
    answers, corrected, read_out = dict(matter.answers), corrects(text, tools), set(matter.told)
    for fact, known in reading.facts.known.items():
        if fact in DERIVED:
            continue
        if known.provenance is Provenance.STATED or (corrected and _differs(here, fact, known.value)):
            answers[fact] = known.value
            read_out.add(fact)
    if alarms(reading, text, matter) and reading.facts.value(Fact.URGENCY) not in (
        Urgency.LIFE_THREATENING,
        Urgency.URGENT,
    ):
        answers.pop(Fact.URGENCY, None)
    if reading.recipient is not None:
        answers[Fact.RECIPIENT_TYPE] = str(reading.recipient)
        read_out.add(Fact.RECIPIENT_TYPE)
    if (
        answers.get(Fact.PATIENT_STATUS) not in (None, PatientStatus.DECEASED)
        and answers.get(Fact.TOPIC) == "death_notice"
    ):
        del answers[Fact.TOPIC]
    moved = reading.recipient is not None and not any(u.unit_type is reading.recipient for u in matter.units)
    looked_up = bool(matter.searched) and reading.recipient is None
    learned = tells(reading)
    told_of_it = len(text.split()) > FEW_WORDS and not corrected and not matter.sections
    belongs = not matter.text or not learned or told_of_it
    return with_matter(
        conversation,
        answers=answers,
        told=tuple(fact for fact in Fact if fact in read_out and fact in answers),
        asked=None,
        page=0,
        text=added(matter.text, text) if belongs else matter.text,
        notes=matter.notes if belongs else added(matter.notes, text),
        units=() if moved else matter.units,
        units_ready=matter.units_ready and not moved,
        searched=matter.searched if looked_up else None,
        found=matter.found if looked_up else (),
    )


def corrects(text: str, tools: Tools) -> bool:
    """Whether the words begin as a correction does: "nej", "det gäller" …"""
    said = f"{plain(text)} "
    return any(said.startswith(f"{plain(word)} ") for word in word_list("chat.words.correcting", tools.knowledge.texts))


def _differs(here: Desk, fact: Fact, value: Value) -> bool:
    """In a correction, what is only inferred puts right what was read out of the text before, never what was answered."""
    before = here.facts.known.get(fact)
    return before is not None and before.value != value and before.provenance is not Provenance.ANSWERED


def added(first: str, second: str) -> str:
    """What is said a second time, word for word, stands once."""
    if second in first.split("\n"):
        return first
    return f"{first}\n{second}" if first else second


def why_asked(here: Desk) -> Text:
    asked = question(here)
    return t(f"question_why.{asked.fact}") if isinstance(asked, Ask) else t("chat.conflict.why")
