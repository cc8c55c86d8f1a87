"""What a newcomer writes in haste: chatter is no answer, a name is, and danger that is new is heard whatever was answered before."""

import pytest

from bot.conversation import Phase
from bot.events import TextSaid
from knowledge.vocabulary import Fact, PatientStatus, UnitType
from tests.bot.dialogue.ways import CARD, DRAFT, PREVIEW, chat, text_of
from tests.bot.dialogue.world import World

WARD = "dom på avdelning 5 vill skicka hem en gubbe i morgon, han ligger inne nu, vi måste få veta vilka insatser han behöver"

FOLLOW_UP = "Blodtrycket på en brukare behöver följas upp, det kan vänta till nästa vecka"


def last(world: World, text: str) -> str:
    return text_of(world.meet(TextSaid(text)))


# ── danger ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words",
    [
        "plötsligt andas hon inte",
        "nu svarar han inte",
        "nu vaknar patienten inte",
        "nu föll hon ihop",
        "plötsligt får hon ingen luft",
        "nu känner jag ingen puls",
    ],
)
@pytest.mark.parametrize("said", [pytest.param(CARD, id="card"), pytest.param(PREVIEW, id="preview")])
def test_danger_that_is_new_is_heard_though_the_person_said_that_it_could_wait(
    said: tuple[str, ...], words: str
) -> None:
    world = chat(*said)
    assert "112" in last(world, words)
    assert world.conversation.matter is not None
    assert Fact.URGENCY not in world.conversation.matter.answers


@pytest.mark.parametrize("words", ["nu andas hon knapt", "plötsligt andas hon inte"])
def test_that_it_could_wait_said_in_the_text_does_not_answer_for_what_came_after(words: str) -> None:
    world = chat("Vårdcentralen behöver följa upp blodtrycket på en brukare, det kan vänta")
    assert world.conversation.phase is Phase.CARD
    assert "112" in last(world, words)


def test_chatter_does_not_take_the_question_of_urgency_away() -> None:
    world = chat(WARD)
    assert "Hur bråttom är det?" in last(world, "i morron men inte fara")
    assert "Hur bråttom är det?" in last(world, "eh vad händer om ja skickar ändå")
    assert "In- och utskrivningsprocessen" in last(world, "det kan vänta")


# ── words that change nothing ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", ["distriktssköterska", "jaha så ser den ut", "hon bor i Falkenberg"])
def test_words_that_change_nothing_leave_the_preview_as_it_was(words: str) -> None:
    world = chat(*PREVIEW)
    before = world.conversation.matter
    assert "står kvar precis som det var" in last(world, words)
    assert world.conversation.phase is Phase.PREVIEW
    assert world.conversation.matter == before


def test_a_correction_at_the_preview_still_leads_elsewhere() -> None:
    world = chat(*PREVIEW)
    assert "In- och utskrivningsprocessen" in last(world, "nej hon är inlagd på avdelning 3")


@pytest.mark.parametrize("words", ["distriktssköterska", "hoppsan hejsan"])
def test_a_word_or_two_that_say_nothing_are_not_put_in_the_message(words: str) -> None:
    world = chat(*CARD)
    last(world, words)
    assert world.conversation.matter is not None
    assert words not in world.conversation.matter.text + world.conversation.matter.notes


@pytest.mark.parametrize("words", ["ok skriv", "jepp skriv", "kör på"])
def test_go_on_in_daily_words_leads_from_the_card_to_the_unit(words: str) -> None:
    world = chat(*CARD)
    last(world, words)
    assert world.conversation.phase is Phase.RECIPIENT


def test_that_it_is_good_so_ends_the_draft_and_is_no_text_of_it() -> None:
    world = chat(*DRAFT, "bra så")
    assert world.conversation.phase is Phase.CONSENT
    assert world.conversation.matter is not None
    assert "bra så" not in "".join(section.text for section in world.conversation.matter.sections)


def test_what_is_assumed_is_not_turned_round_by_being_confirmed() -> None:
    world = chat(*CARD)
    last(world, "inte på sjukhus")
    assert world.conversation.phase is Phase.CARD
    assert world.conversation.matter is not None
    assert world.conversation.matter.answers.get(Fact.PATIENT_STATUS) != PatientStatus.ADMITTED


# ── her own words ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words",
    [
        "jo hon sa att de gick bra när ja va där i morse",
        "han sa att det är okej, jag frågade honom själv",
        "för henne är det ok",
        "inga problem sa hon",
    ],
)
def test_a_consent_in_daily_words_is_asked_back_and_is_no_new_matter(words: str) -> None:
    world = chat(*DRAFT, "ser bra ut")
    assert "personen har själv sagt ja" in last(world, words)
    assert world.conversation.matter is not None
    assert world.conversation.matter.consent is None


@pytest.mark.parametrize("words", ["det är inte okej för henne", "hon tror att det går bra", "nej det gick bra utan"])
def test_what_takes_the_yes_back_is_no_yes(words: str) -> None:
    world = chat(*DRAFT, "ser bra ut")
    assert "personen har själv sagt ja" not in last(world, words)


@pytest.mark.parametrize("words", ["va e lots", "vad är lots?", "vad kan du hjälpa mig med?"])
@pytest.mark.parametrize("said", [pytest.param((), id="nothing in hand"), pytest.param(CARD, id="card")])
def test_what_lots_is_is_told_wherever_it_is_asked(said: tuple[str, ...], words: str) -> None:
    world = chat(*said)
    phase = world.conversation.phase if said else Phase.MATTER
    shown = last(world, words)
    assert "Jag är Lots, ett hjälpmedel" in shown
    assert "SIP" not in shown
    assert world.conversation.phase in (phase, Phase.WELCOME)


def test_a_units_own_name_answers_for_whom_it_is_and_is_remembered() -> None:
    world = chat()
    assert "Vem ska ta emot det?" in last(world, FOLLOW_UP)
    last(world, "ekliden")
    assert world.conversation.matter is not None
    assert world.conversation.matter.answers[Fact.RECIPIENT_TYPE] == UnitType.PRIMARY_CARE
    assert "Till: Vårdcentralen Ekliden" in last(world, "skriv utkast")


def test_a_word_that_names_no_unit_is_no_answer_to_for_whom_it_is() -> None:
    world = chat(FOLLOW_UP)
    assert "Vem ska ta emot det?" in last(world, "blubbelubb")


def test_why_not_ring_is_why_not_the_phone() -> None:
    world = chat(*CARD)
    assert "Med ett annat svar hade det blivit Telefon" in last(world, "varför inte ringa")


def test_the_unit_that_was_found_stays_when_more_is_told_for_the_call() -> None:
    world = chat("systemet ligger nere")
    assert "Vårdcentralen Ekliden: " in last(world, "vc ekliden")
    last(world, "gäller ett provsvar")
    assert [unit.name for unit in world.conversation.matter.found] == ["Vårdcentralen Ekliden"]  # type: ignore[union-attr]


def test_have_they_answered_lists_what_was_sent() -> None:
    assert last(chat("hej"), "har dom svarat?") == last(chat("hej"), "mina meddelanden")
