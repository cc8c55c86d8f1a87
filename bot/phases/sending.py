"""Preview, handover once, and the receipt that says where the message really lies. Orders a handover; carries none out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Conversation, Handed, Matter, Phase
from bot.events import ApiUnreachable, DraftCreated, HandedOver, HandOverFailed, Receipt
from bot.parting import sentences
from bot.phases.card import may_wait
from bot.phases.desk import Desk, channel_label, desk
from bot.phases.drafting import SUBJECT, made, section_lines
from bot.phases.results import Again, Onward, Result
from bot.phases.screens import Option, aside, joined, notice, offer, reply, t
from bot.phases.start import start_options
from bot.render import words
from bot.replies import Link, Moment, Reply, Text, Tone
from bot.requests import ConsentRecord, CreateDraft, ForgetQueued, HandOver, MessageBody, SectionText
from bot.tools import Tools, Turn
from knowledge.pack import Channel
from knowledge.vocabulary import ConsentState, Fact

KEPT_HANDED: Final = 20
LONGEST_SUBJECT: Final = 100
REMINDERS: Final = (1, 3, 7)
"""Days until a reminder of one's own, where the routine gives no time."""
EXPLAINED: Final = (
    "consent_required",
    "consent_refused",
    "consent_incomplete",
    "too_many_recipients",
    "text_missing",
    "text_too_long",
    "unit_unknown",
    "recipient_cannot_receive",
    "channel_not_in_pack",
    "pack_not_in_force",
    "person_id_invalid",
    "attachment_forbidden",
    "not_your_unit",
    "validation_error",
)
"""Codes of problems with a text of their own."""
ASK_CONSENT: Final = ("consent_required", "consent_refused", "consent_incomplete")
ASK_UNIT: Final = ("unit_unknown", "recipient_cannot_receive", "too_many_recipients")
ASK_TEXT: Final = ("text_missing", "text_too_long", "attachment_forbidden", "validation_error")


# ── preview ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def enter(conversation: Conversation, tools: Tools) -> Turn:
    return show(replace(conversation, phase=Phase.PREVIEW), tools)


def show(conversation: Conversation, tools: Tools) -> Turn:
    """Exactly what will be handed over, with the line about waiting first."""
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return offer(conversation, [reply(t("chat.matter.ask"))])
    channel = here.decided.channel
    lines = [may_wait(here, here.decided, tools), t("chat.preview.lead", channel=channel_label(channel))]
    if here.matter.units:
        lines.append(t("chat.preview.to", units=_names(here.matter)))
    lines.append(_about(here.matter, tools))
    if not _own_subject(here.matter):
        lines.append(_received(t("chat.preview.subject", subject=_subject(here)), tools))
    lines += [*section_lines(channel, here.matter.sections), *_consent(here.matter, tools)]
    options = [
        Option(Act.SEND, t("chat.choice.send"), words="chat.words.send"),
        Option(Act.CHANGE, t("chat.choice.change"), words="chat.words.change"),
        Option(Act.CANCEL, t("chat.choice.cancel")),
    ]
    return offer(conversation, [Reply(tuple(lines), tone=Tone.PREVIEW)], options)


def change_menu(conversation: Conversation, tools: Tools) -> Turn:
    """What in the message to change."""
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return offer(conversation, [reply(t("chat.change.nothing"))])
    options = [Option(Act.EDIT, t("chat.draft.edit", heading=h.label), h.id) for h in here.decided.channel.headings]
    if here.matter.units:
        options.append(Option(Act.UNIT_MORE, t("chat.change.recipient")))
    options += [
        Option(Act.CONSENT_AGAIN, t("chat.change.consent")),
        Option(Act.PERSON_AGAIN, t("chat.change.person")),
        Option(Act.CHANGE, t("chat.change.facts"), "facts"),
        Option(Act.BACK, t("chat.choice.back"), words="chat.words.back"),
    ]
    return offer(conversation, [reply(t("chat.change.ask"))], options)


def _names(matter: Matter) -> Text:
    return joined([t("chat.literal", text=unit.name) for unit in matter.units])


def _received(text: Text, tools: Tools) -> Text:
    """What the receiver is to read stands in the language of the house, whatever the sender reads Lots in."""
    return t("chat.literal", text=words(text, tools.knowledge.home))


def _about(matter: Matter, tools: Tools) -> Text:
    person = matter.person
    if person is None:
        return t("chat.preview.no_person")
    number = f"{person.id[:8]}-{person.id[8:]}"
    if person.name:
        return _received(t("chat.preview.person_named", name=person.name, number=number), tools)
    return _received(t("chat.preview.person", number=number), tools)


def _own_subject(matter: Matter) -> str:
    """The message's own line of what it is about: the first sentence under that heading, cut where it is long."""
    text = next((section.text for section in matter.sections if section.heading == SUBJECT), "")
    line = next(iter(sentences(text)), "")
    return line if len(line) <= LONGEST_SUBJECT else f"{line[:LONGEST_SUBJECT].rsplit(' ', 1)[0].rstrip(' ,;:')} …"


def _subject(here: Desk) -> str:
    if own := _own_subject(here.matter):
        return own
    topic = here.pack.topic_by_id.get(str(here.facts.value(Fact.TOPIC)))
    return topic.label if topic else here.decided.channel.label if here.decided else ""


def _consent(matter: Matter, tools: Tools) -> tuple[Text, ...]:
    consent = matter.consent
    if consent is None:
        return ()
    if consent.state == ConsentState.UNABLE:
        assessed = t("chat.preview.assessed", who=consent.decided_by or "", why=consent.reason or "")
        return (_received(assessed, tools),)
    return (_received(t(f"chat.preview.consent.{consent.basis}", who=consent.obtained_by or ""), tools),)


# ── handover ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def body(here: Desk, channel: Channel, consent: ConsentRecord) -> MessageBody:
    matter = here.matter
    labels = {heading.id: heading.label for heading in channel.headings}
    return MessageBody(
        channel=channel.id,
        pack=here.pack.id,
        sender_unit=here.profile.unit_id,
        recipient_units=tuple(unit.id for unit in matter.units),
        subject=_subject(here),
        sections=tuple(SectionText(labels.get(s.heading, s.heading), s.text) for s in matter.sections),
        consent=consent,
        person=matter.person,
        in_response_to=matter.in_response_to,
    )


def send(conversation: Conversation, tools: Tools) -> Result:
    """Order the handover, once: the matter moves out of hand and its id is the key."""
    here = desk(conversation, tools)
    if here is None or here.decided is None or here.matter.consent is None or here.matter.person is None:
        return Onward(conversation)
    order = HandOver(body(here, here.decided.channel, here.matter.consent), here.matter.id)
    sent = replace(conversation, phase=Phase.SENDING, matter=None, outgoing=(*conversation.outgoing, here.matter))
    return offer(sent, [reply(t("chat.sending.now"))], (), (order,))


def secure_page(conversation: Conversation, tools: Tools) -> Turn:
    """An untrusted client leaves number, consent and the last look to the secure page."""
    here = desk(conversation, tools)
    if here is None or here.decided is None:
        return offer(conversation, [reply(t("chat.matter.ask"))])
    channel = here.decided.channel
    draft = made(here, channel, tools)
    matter = replace(here.matter, sections=draft.sections, drafted_for=channel.id, person=None, consent=None)
    order = CreateDraft(
        body(replace(here, matter=matter), channel, ConsentRecord(str(ConsentState.NOT_ASKED))), matter.id
    )
    sent = replace(conversation, phase=Phase.SENDING, matter=None, outgoing=(*conversation.outgoing, matter))
    return offer(sent, [reply(t("chat.secure.making"))], (), (order,))


def _draft_under_way(conversation: Conversation) -> Matter | None:
    """The oldest matter on its way to the secure page: it has no consent yet, which one that is handed over always has."""
    return next((matter for matter in conversation.outgoing if matter.consent is None), None)


def draft_created(conversation: Conversation, event: DraftCreated) -> Turn:
    made = _draft_under_way(conversation)
    left = tuple(matter for matter in conversation.outgoing if matter is not made)
    opened = reply(t("chat.secure.open"), links=(Link(t("chat.secure.link"), event.url),))
    if conversation.matter is not None:
        turn = aside(replace(conversation, outgoing=left), opened)
    else:
        done = replace(conversation, outgoing=left, phase=Phase.DONE)
        turn = offer(done, [opened], start_options(done))
    return replace(turn, commands=(ForgetQueued(),))


def draft_refused(conversation: Conversation, tools: Tools) -> Result:
    """The secure page would not take it: the matter comes back, to be tried again with a key of its own."""
    made = _draft_under_way(conversation)
    if made is None:
        return aside(conversation, notice(t("chat.failed.unknown")))
    left = tuple(matter for matter in conversation.outgoing if matter is not made)
    again = replace(made, id=tools.fresh_id)
    if conversation.matter is not None:
        busy = replace(conversation, outgoing=left, failed=(*conversation.failed, again))
        return aside(busy, notice(t("chat.secure.failed"), t("chat.failed.later")))
    return Again(replace(conversation, outgoing=left, matter=again, phase=Phase.CARD), (t("chat.secure.failed"),))


def show_waiting(conversation: Conversation, _tools: Tools) -> Turn:
    """Nothing in hand: what is on its way is said, and what can be done next."""
    lines = [t("chat.sending.waiting", count=len(conversation.outgoing))] if conversation.outgoing else []
    return offer(conversation, [reply(*lines, t("chat.matter.next"))], start_options(conversation))


# ── what became of it ───────────────────────────────────────────────────────────────────────────────────────────────────


def handed_over(conversation: Conversation, event: HandedOver, tools: Tools) -> Turn:
    matter = next((m for m in conversation.outgoing if m.id == event.idempotency_key), None)
    if matter is None:
        if any(handed.message_id == event.receipt.message_id for handed in conversation.handed):
            return Turn(conversation)
        key = "chat.receipt.late_copy" if event.receipt.delivery == "copy_out" else "chat.receipt.late"
        return aside(conversation, notice(t(key, number=event.receipt.number)))
    here = desk(replace(conversation, matter=matter), tools)
    channel = here.pack.channel_by_id.get(matter.drafted_for or "") if here else None
    left = tuple(m for m in conversation.outgoing if m.id != matter.id)
    receipt = event.receipt
    label = channel.label if channel else ""
    kept = Handed(receipt.message_id, receipt.number, label, receipt.delivery, receipt.due_at)
    free = conversation.matter is None
    clean = replace(
        conversation,
        outgoing=left,
        handed=(*conversation.handed, kept)[-KEPT_HANDED:],
        phase=Phase.DONE if free else conversation.phase,
    )
    replies = [
        *_copies(receipt, matter, channel, tools),
        Reply(tuple(_receipt(receipt, matter, channel)), tone=Tone.RECEIPT),
    ]
    options = _after(receipt, channel)
    if free:
        turn = offer(clean, replies, [*options, *start_options(clean)])
    else:
        turn = aside(clean, replies[-1], [o for o in options if o.act is Act.SENT])
        turn = replace(turn, replies=(*replies[:-1], *turn.replies))
    return replace(turn, commands=(ForgetQueued(),))


def _receipt(receipt: Receipt, matter: Matter, channel: Channel | None) -> Sequence[Text]:
    """The number, where the message really lies, and when an answer is due."""
    system, names = channel.system if channel else "", _names(matter) if matter.units else t("chat.receipt.recipient")
    if receipt.delivery == "copy_out":
        return (t("chat.receipt.copy_out", system=system, number=receipt.number),)
    lines = [t(f"chat.receipt.{receipt.delivery}", number=receipt.number, units=names, system=system)]
    return (*lines, due_line(receipt))


def due_line(receipt: Receipt) -> Text:
    return t("chat.receipt.due", due=Moment(receipt.due_at)) if receipt.due_at else t("chat.receipt.no_due")


def _copies(receipt: Receipt, matter: Matter, channel: Channel | None, tools: Tools) -> list[Reply]:
    """The text per heading, to copy into the system that Lots has no door into."""
    if receipt.delivery != "copy_out" or channel is None:
        return []
    lead = reply(
        t(
            "chat.copy.lead",
            system=channel.system,
            channel=channel_label(channel),
            units=_names(matter) if matter.units else t("chat.receipt.recipient"),
        )
    )
    labels = {heading.id: heading.label for heading in channel.headings}
    pieces = [
        Reply((t("chat.copy.section", heading=labels.get(s.heading, s.heading), text=s.text),), tone=Tone.COPY)
        for s in matter.sections
    ]
    heading = _received(t("chat.copy.person_and_consent"), tools)
    basis = Reply((heading, _about(matter, tools), *_consent(matter, tools)), tone=Tone.COPY)
    return [lead, *pieces, basis]


def _after(receipt: Receipt, channel: Channel | None) -> list[Option]:
    if receipt.delivery == "copy_out":
        system = channel.system if channel else ""
        return [Option(Act.SENT, t("chat.copy.sent", system=system), receipt.message_id, words="chat.words.sent")]
    return reminder_options(receipt.message_id) if receipt.due_at is None else []


def reminder_options(message_id: str) -> list[Option]:
    return [Option(Act.REMIND, t(f"chat.remind.in_{days}"), message_id, str(days)) for days in REMINDERS]


def failed(conversation: Conversation, event: HandOverFailed, tools: Tools) -> Result:
    """Refused: the matter comes back, at the step where it can be put right, with a key of its own for the next try."""
    matter = next((m for m in conversation.outgoing if m.id == event.idempotency_key), None)
    why = _refusal(event)
    if matter is None:
        return aside(conversation, notice(why))
    left = tuple(m for m in conversation.outgoing if m.id != matter.id)
    again = _to_put_right(replace(matter, id=tools.fresh_id), event.code)
    if conversation.matter is not None:
        busy = replace(conversation, outgoing=left, failed=(*conversation.failed, again))
        return aside(busy, notice(why, t("chat.failed.later")))
    return Onward(replace(conversation, outgoing=left, matter=again), (why,))


def _to_put_right(matter: Matter, code: str) -> Matter:
    if code in ASK_CONSENT:
        return replace(matter, consent=None, consent_step=None)
    if code in ASK_UNIT:
        return replace(matter, units=(), units_ready=False, found=(), searched=None)
    if code in ASK_TEXT:
        return replace(matter, draft_ready=False)
    return replace(matter, person=None) if code == "person_id_invalid" else matter


def _refusal(event: HandOverFailed) -> Text:
    if event.code in EXPLAINED:
        return t(f"chat.failed.{event.code}")
    return t("chat.failed.other", detail=event.detail) if event.detail else t("chat.failed.unknown")


def resume(conversation: Conversation) -> Result:
    if not conversation.failed or conversation.matter is not None:
        return Again(conversation)
    return Onward(replace(conversation, matter=conversation.failed[0], failed=conversation.failed[1:]))


def unreachable(conversation: Conversation, event: ApiUnreachable) -> Turn:
    """Nothing is lost: the draft is kept and handed over once when the API is back."""
    matter = next((m for m in conversation.outgoing if m.id == event.idempotency_key), None)
    if matter is None:
        return Turn(conversation)
    phone = next((unit.phone for unit in matter.units if unit.phone), None)
    lines = [t("chat.kept.lead"), t("chat.kept.ring_number", phone=phone) if phone else t("chat.kept.ring")]
    if conversation.matter is not None:
        return aside(conversation, notice(*lines))
    kept = replace(conversation, phase=Phase.KEPT)
    return offer(kept, [notice(*lines)], start_options(kept))
