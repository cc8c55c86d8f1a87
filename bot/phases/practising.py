"""One scenario in hand: the story and its question, the answer by tap or in free words, what was right and why, the draft to write."""

from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Practice, Section
from bot.phases.results import Again, Result
from bot.phases.screens import Option, beside, headline, offer, reply, small, t, title
from bot.phases.typed import word_list
from bot.practice.changes import changed_question
from bot.practice.queue import Mode
from bot.practice.writing import model_sections, remarks, sorted_in
from bot.replies import Reply, Text, Tone, Weight
from bot.requests import PracticeAnswer
from bot.tools import Tools, Turn
from knowledge.pack import Channel, Pack
from knowledge.scenario import Distractor, Kind, Scenario
from knowledge.vocabulary import Basis
from triage.choices import plain, says
from triage.decide import Decided
from triage.scenarios import Question, Why, explanation, label, question, read_freely, recipient_at, source_of

NAMING: Final = 10
"""Words; a longer text than this is the message itself, not the name of a channel."""


def posed(practice: Practice, pack: Pack, tools: Tools) -> Question | None:
    """The question in hand; None where the scenario is no longer there."""
    if practice.mode == Mode.CHANGED:
        return changed_question(pack, practice.scenario, practice.step, tools.knowledge)
    scenario = tools.knowledge.scenarios.by_id.get(practice.scenario)
    if scenario is None or scenario.pack != pack.id or practice.step >= len(scenario.steps):
        return None
    return question(pack, scenario, practice.step, practice.go)


def show(conversation: Conversation, practice: Practice, pack: Pack, tools: Tools) -> Turn | None:
    asked = posed(practice, pack, tools)
    if asked is None:
        return None
    here = replace(conversation, practice=practice)
    if practice.told:
        return offer(here, [reply(t("practice.go_on"))], _after())
    if asked.step.question is Kind.WRITE:
        return _writing(here, practice, asked, pack, tools)
    options = [_answer(option.id, label(option.choice, pack, tools.knowledge.texts), option.choice.channel, tools) for option in asked.options]  # fmt: skip
    return offer(here, [_story(practice, asked, pack), reply(_question(asked))], [*options, *_asides(practice, asked)])


def _answer(option_id: str, words: str, channel: str | None, tools: Tools) -> Option:
    spoken = f"practice.words.channel.{channel}"
    known = spoken if spoken in tools.knowledge.texts else ""
    return Option(Act.PRACTICE, t("chat.literal", text=words), "answer", option_id, known)


def _asides(practice: Practice, asked: Question) -> list[Option]:
    hint = Option(Act.PRACTICE, t("practice.choice.hint"), "hint", words="practice.words.hint", weight=Weight.QUIET)
    shown = [hint] if asked.step.hint and not practice.helped else []
    return [*shown, _to_menu()]


def _to_menu() -> Option:
    return Option(Act.PRACTICE, t("practice.choice.menu"), "menu", words="chat.words.back", weight=Weight.QUIET)


def _story(practice: Practice, asked: Question, pack: Pack) -> Reply:
    """The first step says who one is; each says what happens."""
    scenario = asked.scenario
    whole = practice.mode != Mode.CHANGED
    level = t(f"practice.level.{scenario.level}")
    lines: list[Text] = []
    if practice.step == 0 or not whole:
        lines.append(headline(t("chat.literal", text=scenario.title)))
        lines.append(small(t("practice.head", level=level, routine=pack.name, version=pack.version)))
        lines.append(t("practice.you_are", role=scenario.role))
    if whole and len(scenario.steps) > 1:
        lines.append(small(t("practice.part", part=practice.step + 1, of=len(scenario.steps))))
    told = (asked.step,) if whole else scenario.steps[: asked.number + 1]
    lines += [t("chat.literal", text=step.story) for step in told]
    return reply(*lines, tone=Tone.CARD)


def _question(asked: Question) -> Text:
    own = asked.step.ask
    return title(t("chat.literal", text=own) if own else t(f"practice.question.{asked.step.question}"))


def on_action(conversation: Conversation, practice: Practice, action: Action, pack: Pack, tools: Tools) -> Result:
    asked = posed(practice, pack, tools)
    if asked is None:
        return Again(replace(conversation, practice=replace(practice, scenario="")))
    match action.value:
        case "answer":
            option = asked.option(action.extra)
            if option is None or practice.told:
                return Again(conversation)
            return _tell(conversation, practice, asked, option.id, pack, tools)
        case "hint":
            hinted = replace(conversation, practice=replace(practice, helped=True))
            return Again(hinted, (t("practice.hint", text=asked.step.hint or ""),))
        case "model":
            return _show_model(conversation, practice, asked)
        case "enough":
            return _enough(conversation, practice, asked, pack, tools)
        case _:
            return Again(conversation)


def explain(conversation: Conversation, practice: Practice, pack: Pack, tools: Tools, other: str = "") -> Turn | Again:
    """ "Varför": the reason once it is told, before that the hint. `other`: the way that "varför inte …" names."""
    asked = posed(practice, pack, tools)
    if asked is None:
        return Again(conversation)
    if not practice.told:
        return beside(conversation, t("practice.answer_first"))
    named = _named_channel(asked, other, pack, tools) if other else None
    option = asked.option(named) if named is not None else None
    choice = option.choice if option is not None else None
    tempting = _tempting(choice, pack, tools) if isinstance(choice, Distractor) else ()
    return beside(conversation, *tempting, *_reasons(asked, pack, tools))


# ── what was right, and why ─────────────────────────────────────────────────────────────────────────────────────────────


def _tell(
    conversation: Conversation, practice: Practice, asked: Question, chosen: str, pack: Pack, tools: Tools
) -> Turn:
    """At once: right or not, why the other tempts and is wrong, the routine's reason and where it stands."""
    option = asked.option(chosen)
    right = option is not None and option.right
    lines = [headline(t("practice.right" if right else "practice.wrong"))]
    if option is not None and isinstance(option.choice, Distractor):
        lines += _tempting(option.choice, pack, tools)
    return _told(conversation, practice, asked, (right, chosen), lines, pack, tools)


def _tempting(choice: Distractor, pack: Pack, tools: Tools) -> tuple[Text, ...]:
    said = label(choice, pack, tools.knowledge.texts)
    return (t("practice.tempting", choice=said, tempting=choice.tempting, wrong=choice.wrong),)


def _told(
    conversation: Conversation,
    practice: Practice,
    asked: Question,
    how: tuple[bool, str],
    lines: list[Text],
    pack: Pack,
    tools: Tools,
) -> Turn:
    right, chosen = how
    key = asked.key
    answer = PracticeAnswer(
        practice.step, str(asked.step.question), key.channel or "", key.rule or "", chosen, right, practice.helped
    )
    told = replace(practice, told=True, answers=(*practice.answers, answer))
    lines += [] if right or asked.right is None else [t("practice.answer", answer=label(asked.right.choice, pack, tools.knowledge.texts))]  # fmt: skip
    lines += _reasons(asked, pack, tools)
    return offer(replace(conversation, practice=told), [reply(*lines, tone=Tone.CARD)], _after())


def _after() -> list[Option]:
    onward = Option(
        Act.PRACTICE, t("practice.choice.onward"), "onward", words="practice.words.onward", weight=Weight.PRIMARY
    )
    return [onward, _to_menu()]


def _reasons(asked: Question, pack: Pack, tools: Tools) -> list[Text]:
    own = asked.step.answer.why if asked.step.answer else None
    lines = [t("chat.literal", text=own)] if own else []
    for why in explanation(pack, asked, tools.knowledge.texts):
        lines += [t("practice.because", text=why.text), small(source_line(why))]
    return lines


def source_line(why: Why) -> Text:
    """Where it stands, or that it stands in no routine."""
    rule = t("practice.source.rule", rule=why.rule) if why.rule else t("practice.source.no_rule")
    if why.document is None:
        return t("practice.source.baseline", rule=rule)
    key = "practice.source.section" if why.section else "practice.source.document"
    read = "practice.source.ours" if why.basis == Basis.INTERPRETATION else "practice.source.theirs"
    document = t(read, document=why.document)
    return t(key, rule=rule, document=document, section=why.section or "", version=why.version or "")


def learned(scenario: Scenario, pack: Pack, practice: Practice) -> tuple[Text, ...]:
    """At the end: how many were right, what to take along and where it stands, and that it comes again."""
    right = sum(answer.right for answer in practice.answers)
    lines = [headline(t("practice.done", right=right, asked=len(practice.answers)))]
    for point in scenario.learn:
        why = source_of(pack, point)
        lines += [t("practice.learned", text=why.text), small(source_line(why))]
    all_right = right == len(practice.answers)
    lines.append(t("practice.again_later" if all_right else "practice.again_soon"))
    return tuple(lines)


# ── in one's own words ──────────────────────────────────────────────────────────────────────────────────────────────────


def on_text(conversation: Conversation, practice: Practice, text: str, pack: Pack, tools: Tools) -> Result:
    asked = posed(practice, pack, tools)
    if asked is None:
        return Again(replace(conversation, practice=replace(practice, scenario="")))
    if practice.told:
        return Again(conversation)
    if says(text, word_list("practice.words.hint", tools.knowledge.texts)):
        hint = t("practice.hint", text=asked.step.hint) if asked.step.hint else t("practice.no_hint")
        return Again(replace(conversation, practice=replace(practice, helped=True)), (hint,))
    if asked.step.question is Kind.WRITE:
        return _written(conversation, practice, asked, text, tools)
    if asked.step.question is not Kind.CHANNEL:
        return Again(conversation, (t("practice.pick"),))
    if says(text, word_list("practice.words.progress", tools.knowledge.texts)):
        return Again(conversation, (t("practice.unread"),))
    if _is_unsure(text, tools):
        return beside(conversation, t("practice.unsure"))
    named = _named_channel(asked, text, pack, tools)
    if named is not None:
        return _tell(conversation, practice, asked, named, pack, tools)
    found = read_freely(tools.reader, pack, asked.scenario, practice.step, text)
    if not isinstance(found, Decided):
        return Again(conversation, (t("practice.unread"),))
    return _as_read(conversation, practice, asked, found, pack, tools)


def _is_unsure(text: str, tools: Tools) -> bool:
    """ "Jag vet inte riktigt": no answer, and nothing to be read as one."""
    said = f"{plain(text)} "
    unsure = word_list("practice.words.unsure", tools.knowledge.texts)
    return len(said.split()) <= NAMING and any(said.startswith(f"{plain(word)} ") for word in unsure)


def _named_channel(asked: Question, text: str, pack: Pack, tools: Tools) -> str | None:
    """The option whose channel a short text names; None where it names none, several, or one that is not offered."""
    said = f" {plain(text)} "
    if len(said.split()) > NAMING:
        return None
    texts = tools.knowledge.texts
    named = set()
    for channel in pack.channel_by_id:
        key = f"practice.words.channel.{channel}"
        spoken = word_list(key, texts) if key in texts else ()
        if any(f" {plain(word)} " in said for word in spoken):
            named.add(channel)
    options = [option.id for option in asked.options if named == {option.choice.channel}]
    return options[0] if options else None


def _as_read(
    conversation: Conversation, practice: Practice, asked: Question, found: Decided, pack: Pack, tools: Tools
) -> Turn:
    """The channel that these words would have led to at work."""
    option = next((one for one in asked.options if one.choice.channel == found.channel.id), None)
    if option is not None:
        turn = _tell(conversation, practice, asked, option.id, pack, tools)
        first = replace(
            turn.replies[0], lines=(t("practice.read_as", channel=found.channel.label), *turn.replies[0].lines)
        )
        return replace(turn, replies=(first, *turn.replies[1:]))
    lines = [
        headline(t("practice.wrong")),
        t("practice.read_as_because", channel=found.channel.label, reason=found.row.reason),
    ]
    return _told(conversation, practice, asked, (False, found.channel.id), lines, pack, tools)


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _channel(asked: Question) -> Channel | None:
    decision = asked.key.decision
    return decision.channel if isinstance(decision, Decided) else None


def _writing(conversation: Conversation, practice: Practice, asked: Question, pack: Pack, tools: Tools) -> Turn:
    """The draft so far with what is not yet right in it, and what to write next."""
    channel = _channel(asked)
    if channel is None or not practice.sections:
        headings = ", ".join(heading.label for heading in channel.headings) if channel else ""
        told = [_story(practice, asked, pack), reply(_question(asked), t("practice.write.how", headings=headings))]
        return offer(conversation, told, _asides(practice, asked))
    labels = {heading.id: heading.label for heading in channel.headings}
    lines = [
        line
        for section in practice.sections
        for line in (title(t("chat.literal", text=labels[section.heading])), t("chat.literal", text=section.text))
    ]
    left = _remarks(practice, asked, channel, pack, tools)
    replies = [reply(*lines, tone=Tone.PREVIEW)]
    if left:
        replies.append(reply(t("practice.write.left"), *left))
    else:
        replies.append(reply(t("practice.write.good")))
    model = Option(Act.PRACTICE, t("practice.choice.model"), "model", words="practice.words.model", weight=Weight.QUIET)
    enough = Option(
        Act.PRACTICE, t("practice.choice.enough"), "enough", words="practice.words.onward",
        weight=Weight.NORMAL if left else Weight.PRIMARY,
    )  # fmt: skip
    return offer(conversation, replies, [enough, model, _to_menu()])


def _remarks(practice: Practice, asked: Question, channel: Channel, pack: Pack, tools: Tools) -> tuple[Text, ...]:
    who = (asked.scenario.unit_type, recipient_at(asked.scenario, asked.number))
    return remarks(pack, channel, asked.step, practice.sections, who, tools.knowledge, tools.reader)


def _written(conversation: Conversation, practice: Practice, asked: Question, text: str, tools: Tools) -> Result:
    channel = _channel(asked)
    if channel is None:
        return Again(conversation)
    again = bool(practice.sections)
    contact = asked.scenario.role.capitalize()
    draft = sorted_in(channel, practice.sections, text, practice.editing, contact, tools.knowledge)
    missing = draft.missing[0].id if draft.missing else None
    written = replace(practice, sections=draft.sections, editing=missing, helped=practice.helped or again)
    return Again(replace(conversation, practice=written))


def _show_model(conversation: Conversation, practice: Practice, asked: Question) -> Result:
    channel = _channel(asked)
    if channel is None:
        return Again(conversation)
    labels = {heading.id: heading.label for heading in channel.headings}
    sections: tuple[Section, ...] = model_sections(channel, asked.step)
    lines = [
        line
        for section in sections
        for line in (title(t("chat.literal", text=labels[section.heading])), t("chat.literal", text=section.text))
    ]
    seen = replace(conversation, practice=replace(practice, helped=True))
    return beside(seen, t("practice.write.model"), *lines)


def _enough(conversation: Conversation, practice: Practice, asked: Question, pack: Pack, tools: Tools) -> Result:
    """The person is done with it: right when nothing was left to put right."""
    channel = _channel(asked)
    if channel is None or not practice.sections or practice.told:
        return Again(conversation)
    right = not _remarks(practice, asked, channel, pack, tools)
    lines = [headline(t("practice.write.passed" if right else "practice.write.not_passed"))]
    return _told(conversation, practice, asked, (right, ""), lines, pack, tools)
