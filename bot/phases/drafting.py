"""The draft under the channel's own headings: what is missing is asked for, what the routine forbids is stopped with its reason."""

from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Phase, Section
from bot.draft import Draft, carry_over, change, length, sort_in, whole_text, with_missing
from bot.phases.desk import (
    Desk,
    addressee,
    alarms,
    decode,
    desk,
    read,
    role_label,
    said,
    value_label,
    with_answer,
    with_matter,
)
from bot.phases.results import Again, Decide, Onward, Result
from bot.phases.screens import Option, no, offer, reply, t, title, yes
from bot.phases.typed import is_empty_word, word_list
from bot.render import words
from bot.replies import Text, Weight
from bot.salutation import Courtesies, without_salutation
from bot.tools import Tools, Turn
from knowledge.pack import Channel, ForbiddenContent, Heading
from knowledge.vocabulary import Fact, Provenance, Urgency, Value
from triage.content import NEW_PRESCRIPTION, READ_FROM_WORDS, dose_words, kept_out, speaks_of_hurry

SUBJECT: Final = "subject"
"""The heading that says in a line what the message is about."""
HURRY: Final = "hurry"
LIFE: Final = str(Urgency.LIFE_THREATENING)
TOO_LONG: Final = "too_long"


def enter(conversation: Conversation, tools: Tools) -> Turn:
    """Make the draft from what was said, once for each channel, and show it or ask for what is missing."""
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return show(conversation, tools)
    at_step = replace(conversation, phase=Phase.DRAFTING)
    channel = here.decided.channel
    if here.matter.drafted_for != channel.id:
        draft, proposed = _proposed(here, channel, made(here, channel, tools))
        at_step = with_matter(
            at_step,
            sections=draft.sections,
            drafted_for=channel.id,
            draft_ready=False,
            editing=None,
            proposed=proposed,
        )
    return show(at_step, tools)


def made(here: Desk, channel: Channel, tools: Tools) -> Draft:
    """The draft from what was said, without greeting and address."""
    texts, short = tools.knowledge.texts, abbreviations(tools)
    courtesies = Courtesies(
        word_list("chat.words.greetings", texts),
        word_list("chat.words.addressing", texts),
        word_list("chat.words.signatures", texts),
        (*word_list("chat.words.thanks", texts), *word_list("chat.words.urgency.can_wait", texts)),
    )
    said_of_it = without_salutation(here.matter.text, courtesies, addressee(here), short)
    return carry_over(channel, here.matter.sections, said_of_it, contact(here, tools), short)


def _proposed(here: Desk, channel: Channel, draft: Draft) -> tuple[Draft, str | None]:
    """The draft with a heading of the topic's own words, where there is something under the others and none was told."""
    heading = next((h for h in draft.missing if h.id == SUBJECT), None)
    told = [s for s in draft.sections if s.heading != _contact_heading(channel)]
    text = subject_from_topic(here)
    if heading is None or not told or not text:
        return draft, None
    return change(channel, draft.sections, heading.id, text), heading.id


def _contact_heading(channel: Channel) -> str:
    return next((heading.id for heading in channel.headings if heading.takes == "contact"), "")


def subject_from_topic(here: Desk) -> str:
    """ "Receptförnyelse Levaxin": the topic by its name, with the drug as the person wrote it. Empty where no topic was told."""
    topic, drug = here.facts.known.get(Fact.TOPIC), here.facts.known.get(Fact.CONTROLLED_DRUG)
    if topic is None or topic.provenance is Provenance.ASSUMED:
        return ""
    text = said(here.matter)
    names = dict.fromkeys(text[found.start : found.end] for found in drug.evidence) if drug else {}
    return " ".join((here.pack.topic_by_id[str(topic.value)].label, ", ".join(names))).strip()


def abbreviations(tools: Tools) -> tuple[str, ...]:
    return word_list("chat.words.abbreviations", tools.knowledge.texts)


def contact(here: Desk, tools: Tools) -> str:
    profile = here.profile
    key = "chat.draft.contact_phone" if profile.phone else "chat.draft.contact"
    role = role_label(profile.role)
    return words(
        t(key, name=profile.name or role, unit=profile.unit_name, phone=profile.phone or ""), tools.knowledge.home
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
        return _ask(conversation, here, editing, draft)
    proposed = next((h for h in channel.headings if h.id == here.matter.proposed), None)
    lead = t("chat.draft.lead_proposed", heading=proposed.label) if proposed else t("chat.draft.lead")
    lines = [lead, *section_lines(channel, draft.sections)]
    options = [Option(Act.DRAFT_READY, t("chat.choice.draft_ready"), words="chat.words.next")]
    options += [
        Option(Act.EDIT, t("chat.draft.edit", heading=heading.label), heading.id, weight=Weight.QUIET)
        for heading in channel.headings
    ]
    return offer(conversation, [reply(*lines)], options)


def _draft(channel: Channel, sections: tuple[Section, ...]) -> Draft:
    return with_missing(channel, {section.heading: section.text for section in sections})


def section_lines(channel: Channel, sections: tuple[Section, ...]) -> tuple[Text, ...]:
    """Each section's heading and its text, as they stand in the message."""
    labels = {heading.id: heading.label for heading in channel.headings}
    lines = ((labels.get(section.heading, section.heading), section.text) for section in sections)
    return tuple(
        line
        for heading, text in lines
        for line in (title(t("chat.literal", text=heading)), t("chat.literal", text=text))
    )


def _ask(conversation: Conversation, here: Desk, heading: Heading, draft: Draft) -> Turn:
    written = draft.text(heading.id)
    lines = [t("chat.draft.ask", heading=heading.label, hint=heading.hint)]
    if written:
        lines.append(t("chat.draft.now", text=written))
    options = []
    proposal = subject_from_topic(here) if heading.id == SUBJECT and not written else ""
    if proposal:
        lines.append(t("chat.draft.proposal", text=proposal))
        options.append(Option(Act.USE_PROPOSAL, t("chat.choice.use_proposal"), heading.id, words="chat.words.use"))
    if written or not heading.required:
        options.append(Option(Act.BACK, t("chat.choice.keep"), words="chat.words.back"))
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
    if matter.editing is None and is_empty_word(text, tools.knowledge.texts):
        return Again(conversation, (t("chat.input.pick_one"),))
    heading = matter.editing or next((h.id for h in channel.headings if h.takes == "matter"), None)
    if heading is None:
        return Again(conversation)
    draft = _draft(channel, matter.sections)
    new = text if matter.editing else "\n".join(part for part in (draft.text(heading), text) if part)
    changed = sort_in(channel, matter.sections, heading, new, abbreviations(tools))
    written = with_matter(conversation, sections=changed.sections, editing=None, draft_ready=False, proposed=None)
    reading = read(text, here, tools)
    if alarms(reading, text, matter):
        answers = {fact: value for fact, value in matter.answers.items() if fact is not Fact.URGENCY}
        asked = with_matter(written, answers=answers, guided=False)
        now = desk(asked, tools)
        if now is not None and _hurries(now, tools):
            return show_content(asked, tools)
        if speaks_of_hurry(reading):
            return Onward(asked)
    return Again(written, () if matter.editing else (t("chat.draft.added"),))


def use_proposal(conversation: Conversation, tools: Tools) -> Result:
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return Again(conversation)
    draft = change(here.decided.channel, here.matter.sections, SUBJECT, subject_from_topic(here))
    return Again(with_matter(conversation, sections=draft.sections, editing=None))


def keep(conversation: Conversation) -> Again:
    return Again(with_matter(conversation, editing=None))


def ready(conversation: Conversation) -> Onward:
    return Onward(with_matter(conversation, draft_ready=True, editing=None, proposed=None))


# ── what must not be in it ──────────────────────────────────────────────────────────────────────────────────────────────


def content_problem(here: Desk, tools: Tools) -> ForbiddenContent | str | None:
    """The first thing in the draft that the person must look at: hurry, something forbidden, or too much of it."""
    decided, matter = here.decided, here.matter
    if decided is None:
        return None
    if _hurries(here, tools):
        return HURRY
    text = whole_text(matter.sections)
    reading = read(text, here, tools)
    not_known: dict[Fact, Value] = dict.fromkeys(matter.unknown, True)
    facts: dict[Fact, Value] = {**not_known, **reading.facts.values(), **matter.answers}
    for content in kept_out(decided.channel, text, facts, dose_words(tools.knowledge.texts)):
        if content.action == "stop" or content.check not in matter.accepted:
            return content
    limit = decided.channel.max_characters
    return TOO_LONG if limit is not None and length(matter.sections) > limit else None


def _hurries(here: Desk, tools: Tools) -> bool:
    """Whether what is written speaks of danger or hurry, and nobody has said how urgent it is."""
    text = whole_text(here.matter.sections)
    return Fact.URGENCY not in here.matter.answers and alarms(read(text, here, tools), text, here.matter)


def show_content(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    at_step = replace(conversation, phase=Phase.CONTENT)
    if here is not None and _hurries(here, tools):
        options = [
            yes(Act.SET_FACT, str(Fact.URGENCY), str(Urgency.URGENT), t("chat.content.hurry_yes")),
            no(Act.SET_FACT, str(Fact.URGENCY), str(Urgency.CAN_WAIT), t("chat.content.hurry_no")),
            Option(
                Act.SET_FACT,
                value_label(here.pack, Fact.URGENCY, LIFE),
                str(Fact.URGENCY),
                LIFE,
                words=f"chat.words.urgency.{LIFE}",
            ),
        ]
        return offer(at_step, [reply(t("chat.ask.danger"), t("chat.content.hurry"))], options)
    problem = content_problem(here, tools) if here else None
    if here is None or here.decided is None or problem is None:
        return show(conversation, tools)
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
    elif (
        problem.check in READ_FROM_WORDS
    ):  # said to be so, the fact is set, and the card says where the matter goes instead
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
    fact = Fact.TOPIC if action.value == NEW_PRESCRIPTION else Fact(action.value)
    if fact is Fact.TOPIC:
        value: Value | None = action.value if action.extra == "true" else here.facts.value(Fact.TOPIC)
    else:
        value = decode(here.pack, fact, action.extra)
    return Again(conversation) if value is None else Decide(with_answer(conversation, fact, value))
