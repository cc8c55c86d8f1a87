"""The draft under the channel's own headings: what is missing is asked for, what the routine forbids is stopped with its reason."""

from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Phase, Section
from bot.draft import Draft, carry_over, findings, length, sort_in, whole_text, with_missing
from bot.phases.desk import Desk, alarms, decode, desk, read, role_label, with_answer, with_matter
from bot.phases.results import Again, Decide, Onward, Result
from bot.phases.screens import Option, no, offer, reply, t, yes
from bot.phases.typed import word_list
from bot.render import words
from bot.replies import Text
from bot.tools import Tools, Turn
from knowledge.pack import Channel, ForbiddenContent, Heading
from knowledge.vocabulary import Fact, Urgency, Value

HURRY: Final = "hurry"
TOO_LONG: Final = "too_long"
HANDED_ON: Final = ("controlled_drug", "attachment", "new_prescription")
"""Forbidden content that the routine has an answer for: the fact is set, and the card says where the matter goes instead."""


def enter(conversation: Conversation, tools: Tools) -> Turn:
    """Make the draft from what was said, once for each channel, and show it or ask for what is missing."""
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return show(conversation, tools)
    at_step = replace(conversation, phase=Phase.DRAFTING)
    channel = here.decided.channel
    if here.matter.drafted_for != channel.id:
        draft = carry_over(channel, here.matter.sections, here.matter.text, contact(here, tools), abbreviations(tools))
        at_step = with_matter(at_step, sections=draft.sections, drafted_for=channel.id, draft_ready=False, editing=None)
    return show(at_step, tools)


def abbreviations(tools: Tools) -> tuple[str, ...]:
    return word_list("chat.words.abbreviations", tools.knowledge.texts)


def contact(here: Desk, tools: Tools) -> str:
    profile = here.profile
    key = "chat.draft.contact_phone" if profile.phone else "chat.draft.contact"
    role = role_label(profile.role)
    return words(
        t(key, name=profile.name or role, unit=profile.unit_name, phone=profile.phone or ""), tools.knowledge.texts
    )


def show(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return offer(conversation, [reply(t("chat.matter.ask"))])
    channel = here.decided.channel
    draft = _draft(channel, here.matter.sections)
    editing = next((h for h in channel.headings if h.id == here.matter.editing), None)
    if editing is None and draft.missing:
        editing = draft.missing[0]
        conversation = with_matter(conversation, editing=editing.id)
    if editing is not None:
        return _ask(conversation, editing, draft)
    lines = [t("chat.draft.lead"), *section_lines(channel, draft.sections)]
    options = [Option(Act.DRAFT_READY, t("chat.choice.draft_ready"), words="chat.words.next")]
    options += [
        Option(Act.EDIT, t("chat.draft.edit", heading=heading.label), heading.id) for heading in channel.headings
    ]
    return offer(conversation, [reply(*lines)], options)


def _draft(channel: Channel, sections: tuple[Section, ...]) -> Draft:
    return with_missing(channel, {section.heading: section.text for section in sections})


def section_lines(channel: Channel, sections: tuple[Section, ...]) -> tuple[Text, ...]:
    labels = {heading.id: heading.label for heading in channel.headings}
    return tuple(t("chat.draft.section", heading=labels.get(s.heading, s.heading), text=s.text) for s in sections)


def _ask(conversation: Conversation, heading: Heading, draft: Draft) -> Turn:
    written = draft.text(heading.id)
    lines = [t("chat.draft.ask", heading=heading.label, hint=heading.hint)]
    if written:
        lines.append(t("chat.draft.now", text=written))
    options = (
        [Option(Act.BACK, t("chat.choice.keep"), words="chat.words.back")] if written or not heading.required else []
    )
    return offer(conversation, [reply(*lines)], options)


def edit(conversation: Conversation, heading: str, tools: Tools) -> Turn:
    at_step = with_matter(replace(conversation, phase=Phase.DRAFTING), editing=heading, draft_ready=False)
    return show(at_step, tools)


def edit_menu(conversation: Conversation, tools: Tools) -> Turn:
    """Which heading to write anew."""
    return show(with_matter(replace(conversation, phase=Phase.DRAFTING), editing=None, draft_ready=False), tools)


def on_text(conversation: Conversation, text: str, tools: Tools) -> Result:
    """The text goes under the heading asked for; where none was, it belongs to the matter's own."""
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return Again(conversation)
    channel, matter = here.decided.channel, here.matter
    heading = matter.editing or next((h.id for h in channel.headings if h.takes == "matter"), None)
    if heading is None:
        return Again(conversation)
    draft = _draft(channel, matter.sections)
    new = text if matter.editing else "\n".join(part for part in (draft.text(heading), text) if part)
    changed = sort_in(channel, matter.sections, heading, new, abbreviations(tools))
    written = with_matter(conversation, sections=changed.sections, editing=None, draft_ready=False)
    if alarms(read(text, here, tools), text, matter):
        answers = {fact: value for fact, value in matter.answers.items() if fact is not Fact.URGENCY}
        return Onward(with_matter(written, answers=answers, draft_ready=True))
    return Again(written, () if matter.editing else (t("chat.draft.added"),))


def keep(conversation: Conversation) -> Again:
    return Again(with_matter(conversation, editing=None))


def ready(conversation: Conversation) -> Onward:
    return Onward(with_matter(conversation, draft_ready=True, editing=None))


# ── what must not be in it ──────────────────────────────────────────────────────────────────────────────────────────────


def content_problem(here: Desk, tools: Tools) -> ForbiddenContent | str | None:
    """The first thing in the draft that the person must look at: hurry, something forbidden, or too much of it."""
    decided, matter = here.decided, here.matter
    if decided is None:
        return None
    text = whole_text(matter.sections)
    reading = read(text, here, tools)
    if alarms(reading, text, matter) and Fact.URGENCY not in matter.answers:
        return HURRY
    not_known: dict[Fact, Value] = dict.fromkeys(matter.unknown, True)
    facts: dict[Fact, Value] = {**not_known, **reading.facts.values(), **matter.answers}
    doses = word_list("chat.words.dose_units", tools.knowledge.texts)
    for content in findings(decided.channel, matter.sections, facts, doses):
        if content.action == "stop" or content.check not in matter.accepted:
            return content
    limit = decided.channel.max_characters
    return TOO_LONG if limit is not None and length(matter.sections) > limit else None


def show_content(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    problem = content_problem(here, tools) if here else None
    if here is None or here.decided is None or problem is None:
        return show(conversation, tools)
    at_step = replace(conversation, phase=Phase.CONTENT)
    if problem == HURRY:
        options = [
            yes(Act.SET_FACT, str(Fact.URGENCY), str(Urgency.URGENT), t("chat.content.hurry_yes")),
            no(Act.SET_FACT, str(Fact.URGENCY), str(Urgency.CAN_WAIT), t("chat.content.hurry_no")),
        ]
        return offer(at_step, [reply(t("chat.ask.danger"), t("chat.content.hurry"))], options)
    rewrite = [Option(Act.EDIT, t("chat.draft.edit", heading=h.label), h.id) for h in here.decided.channel.headings]
    if isinstance(problem, str):
        lines = [
            t(
                "chat.content.too_long",
                length=length(here.matter.sections),
                limit=here.decided.channel.max_characters or 0,
            )
        ]
        return offer(at_step, [reply(*lines)], rewrite)
    return _show_forbidden(at_step, problem, rewrite)


def _show_forbidden(conversation: Conversation, problem: ForbiddenContent, rewrite: list[Option]) -> Turn:
    options = []
    if problem.action == "warn":
        options.append(Option(Act.ACCEPT, t("chat.content.accept"), problem.check))
    elif problem.check in HANDED_ON:
        options += [
            yes(Act.ACCEPT, problem.check, "true", t("chat.content.it_is")),
            no(Act.ACCEPT, problem.check, "false", t("chat.content.it_is_not")),
        ]
    lead = t("chat.content.stop" if problem.action == "stop" else "chat.content.warn")
    return offer(conversation, [reply(lead, t("chat.literal", text=problem.text))], [*options, *rewrite])


def accept(conversation: Conversation, action: Action, tools: Tools) -> Result:
    """A warning let pass, or a forbidden thing said to be so, or not."""
    here = desk(conversation, tools)
    if here is None:
        return Again(conversation)
    if not action.extra:
        return Onward(with_matter(conversation, accepted=(*here.matter.accepted, action.value)))
    fact = Fact.TOPIC if action.value == "new_prescription" else Fact(action.value)
    if fact is Fact.TOPIC:
        value: Value | None = action.value if action.extra == "true" else here.facts.value(Fact.TOPIC)
    else:
        value = decode(here.pack, fact, action.extra)
    return Again(conversation) if value is None else Decide(with_answer(conversation, fact, value))
