"""Consent in the pack's scope, or what stands in its place. Records what the person says; the message API enforces it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.acts import Act
from bot.conversation import Action, Conversation, Phase
from bot.phases.desk import Desk, desk, read, with_answer, with_matter
from bot.phases.results import Again, Decide, Onward, Result
from bot.phases.screens import Option, beside, no, offer, reply, t, yes
from bot.phases.typed import is_empty_word, word_list
from bot.render import words
from bot.replies import Text
from bot.requests import ConsentRecord
from bot.tools import Tools, Turn
from knowledge.vocabulary import ConsentState, Fact, PatientStatus
from triage.choices import says
from triage.consent import answer, danger_beside, is_plain_yes, left_out, says_it_was_fine, says_only_consent
from triage.reading import Context

OBTAINED_BY: Final = "obtained_by"
DECIDED_BY: Final = "decided_by"
REASON: Final = "reason"
WAITING: Final = "waiting"
LONGEST_LINE: Final = 200
"""What the message API takes in one line of a consent record."""
ASSESSMENT: Final = "secrecy_assessment"
HEARD: Final[Mapping[str | None, ConsentState]] = {
    f"heard_{state}": state for state in (ConsentState.GIVEN, ConsentState.REFUSED, ConsentState.UNABLE)
}
"""Steps in which Lots asks back what it has heard."""


def enter(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    at_step = replace(conversation, phase=Phase.CONSENT)
    if here is not None and here.matter.consent_step is None and (_died(here) or _unable(here)):
        at_step = with_matter(at_step, consent_step=DECIDED_BY)
    return show(at_step, tools)


def _died(here: Desk) -> bool:
    return here.facts.value(Fact.PATIENT_STATUS) == PatientStatus.DECEASED


def _unable(here: Desk) -> bool:
    return here.facts.value(Fact.CONSENT) == ConsentState.UNABLE


def show(conversation: Conversation, tools: Tools) -> Turn:
    here = desk(conversation, tools)
    if here is None:
        return offer(conversation, [reply(t("chat.matter.ask"))])
    match here.matter.consent_step:
        case step if step in HEARD:
            return _confirm(conversation, HEARD[step])
        case "decided_by":
            lead = "chat.consent.died" if _died(here) else "chat.consent.unable"
            return offer(conversation, [reply(t(lead), t("chat.consent.who_decided"))], _back(here))
        case "reason":
            return offer(conversation, [reply(t("chat.consent.why_decided"))], _back(here))
        case "obtained_by":
            return offer(conversation, [reply(t("chat.consent.who_asked"))], _back(here))
        case "waiting":
            asked_now = Option(Act.CONSENT_AGAIN, t("chat.consent.asked_now"), words="chat.words.next")
            return offer(conversation, [reply(t("chat.consent.waits"))], [asked_now])
        case _:
            return offer(conversation, [reply(*_question(here))], _answers(here))


def _back(here: Desk) -> list[Option]:
    return [] if _died(here) else [Option(Act.CONSENT_AGAIN, t("chat.choice.back"), words="chat.words.back")]


def _question(here: Desk) -> tuple[Text, ...]:
    scope = "chat.consent.ask_process" if here.pack.consent.scope == "process" else "chat.consent.ask"
    names = t("chat.literal", text=", ".join(unit.name for unit in here.matter.units))
    return t(scope, recipients=names), t("chat.literal", text=here.pack.consent.text)


def _answers(here: Desk) -> list[Option]:
    options = []
    if here.pack.consent.scope == "process":
        options.append(yes(Act.CONSENT, "process", label=t("chat.consent.still")))
        options.append(Option(Act.CONSENT, t("chat.consent.oral"), "oral"))
    else:
        options.append(yes(Act.CONSENT, "oral", label=t("chat.consent.oral")))
    options += [
        Option(Act.CONSENT, t("chat.consent.written"), "written"),
        Option(Act.CONSENT, t("chat.consent.by_other"), "other"),
        no(Act.CONSENT, "refused", label=t("chat.consent.refused")),
        Option(Act.CONSENT, t("chat.consent.cannot"), "unable"),
        Option(Act.CONSENT, t("chat.consent.not_asked"), "not_asked", words="chat.words.not_asked"),
    ]
    return options


def on_choice(conversation: Conversation, action: Action, tools: Tools) -> Result:
    here = desk(conversation, tools)
    if here is None:
        return Again(conversation)
    if action.name is Act.CONSENT_AGAIN:
        return show(with_matter(conversation, consent_step=None, consent=None), tools)
    conversation = with_matter(conversation, consent_step=None)
    match action.value:
        case "refused":
            refused = with_answer(with_matter(conversation, consent=None), Fact.CONSENT, str(ConsentState.REFUSED))
            return Decide(refused, (t("chat.consent.no_means_no"),))
        case "unable":
            return show(with_matter(conversation, consent_step=DECIDED_BY), tools)
        case "not_asked":
            return show(with_matter(conversation, consent_step=WAITING), tools)
        case "other":
            return show(with_matter(conversation, consent_step=OBTAINED_BY), tools)
        case basis:
            return _given(conversation, here, basis, _me(here, tools), tools)


def _me(here: Desk, tools: Tools) -> str:
    return words(t("chat.consent.by_staff", unit=here.profile.unit_name), tools.knowledge.home)


def _given(conversation: Conversation, here: Desk, basis: str, who: str, tools: Tools) -> Onward:
    record = ConsentRecord(str(ConsentState.GIVEN), basis, who, tools.now)
    known = with_matter(conversation, consent=record, consent_step=None)
    return Onward(with_matter(known, answers={**here.matter.answers, Fact.CONSENT: str(ConsentState.GIVEN)}))


def on_text(conversation: Conversation, text: str, tools: Tools) -> Result:
    """Who asked, who decided, or why, in the person's own words."""
    here = desk(conversation, tools)
    if here is None:
        return Again(conversation)
    said = " ".join(text.split())[:LONGEST_LINE]
    match here.matter.consent_step:
        case "obtained_by":
            if _is_no_role(here, text, tools):
                return Again(conversation, (t("chat.consent.role_needed"),))
            return _given(conversation, here, "oral", said, tools)
        case "decided_by":
            if _is_no_role(here, text, tools):
                return Again(conversation, (t("chat.consent.role_needed"),))
            record = ConsentRecord(str(ConsentState.UNABLE), ASSESSMENT, decided_by=said, obtained_at=tools.now)
            return show(with_matter(conversation, consent=record, consent_step=REASON), tools)
        case "reason":
            if _is_a_button(text, tools):
                return Again(conversation, (t("chat.consent.reason_needed"),))
            return _assessed(conversation, here, said, tools)
        case _:
            return Again(conversation, (t("chat.input.pick_one"),))


def _is_a_button(text: str, tools: Tools) -> bool:
    """Words of some button: they answer no question that asks for words."""
    texts = tools.knowledge.texts
    labels = [
        texts.text(key)
        for key in sorted(texts.keys())
        if key.startswith("chat.choice.") and not texts.placeholders(key)
    ]
    return is_empty_word(text, texts) or says(text, labels)


def _is_no_role(here: Desk, text: str, tools: Tools) -> bool:
    """ "Jag", a button, or how the person is: nobody can see from it who decided."""
    said_who = not says(text, word_list("chat.words.no_role", tools.knowledge.texts)) and not _is_a_button(text, tools)
    return not said_who or read(text, here, tools).facts.value(Fact.CONSENT) is not None


# ── in one's own words ──────────────────────────────────────────────────────────────────────────────────────────────────


def heard(here: Desk, text: str, tools: Tools) -> ConsentState | None:
    """What the words say of consent; None where they say nothing of it, something else too, or danger besides."""
    reading = read(text, here, tools)
    if danger_beside(reading) or not says_only_consent(reading):
        return None
    left = left_out(tools.knowledge.texts)
    context = Context(here.pack, here.profile.unit_type, here.recipient)
    found = answer(tools.reader, text, context, left)
    if found is not None or here.conversation.phase is not Phase.CONSENT:
        return found
    return ConsentState.GIVEN if is_plain_yes(text, left) or says_it_was_fine(text, left) else None


def on_heard(conversation: Conversation, here: Desk, state: ConsentState, tools: Tools) -> Result:
    """What was said of consent is asked back before it is recorded, and is never text of the message."""
    if state is ConsentState.GIVEN and conversation.phase is not Phase.CONSENT:
        return beside(conversation, t("chat.consent.heard.noted" if recorded(here) else "chat.consent.heard.later"))
    step = next(step for step, meant in HEARD.items() if meant is state)
    return show(with_matter(replace(conversation, phase=Phase.CONSENT), consent_step=step), tools)


def _confirm(conversation: Conversation, state: ConsentState) -> Turn:
    basis = "oral" if state is ConsentState.GIVEN else str(state)
    options = [
        yes(Act.CONSENT, basis),
        no(Act.CONSENT_AGAIN, label=t("chat.consent.heard.not_so")),
    ]
    return offer(conversation, [reply(t(f"chat.consent.heard.{state}"))], options)


def kept(conversation: Conversation, text: str, tools: Tools) -> Conversation:
    """The reason of an assessment is kept also where its words raise the alarm, so that it need not be written again."""
    here = desk(conversation, tools)
    if here is None or conversation.phase is not Phase.CONSENT or here.matter.consent_step != REASON:
        return conversation
    return _assessed(conversation, here, " ".join(text.split())[:LONGEST_LINE], tools).conversation


def _assessed(conversation: Conversation, here: Desk, why: str, tools: Tools) -> Onward:
    begun = here.matter.consent or ConsentRecord(str(ConsentState.UNABLE), ASSESSMENT, obtained_at=tools.now)
    record = replace(begun, obtained_by=_me(here, tools), reason=why)
    known = with_matter(conversation, consent=record, consent_step=None)
    return Onward(with_matter(known, answers={**here.matter.answers, Fact.CONSENT: str(ConsentState.UNABLE)}))


def recorded(here: Desk) -> bool:
    """Whether nothing more is to be asked about consent."""
    consent = here.matter.consent
    if consent is None or here.matter.consent_step is not None:
        return False
    return consent.state == ConsentState.GIVEN or (consent.state == ConsentState.UNABLE and consent.reason is not None)
