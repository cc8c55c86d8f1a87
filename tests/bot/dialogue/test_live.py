"""A live exercise in the chat: in by code, answer by button, number or letter, follow, leave, come back. Nothing is ordered."""

import pytest

from bot.conversation import Phase
from bot.events import ChoicePicked, TextSaid
from bot.requests import EraseIncoming
from tests.bot.dialogue.exercise_room import CODE
from tests.bot.dialogue.world import World, knowledge, profile
from tests.support.api import PERSON_ID

UNIT, PACK = "halland-hemsjukvard-halmstad", "halland-2024"


def say(world: World, text: str) -> str:
    return "\n".join(shown.text for shown in world.meet(TextSaid(text)))


@pytest.fixture(params=[True, False], ids=["trusted", "untrusted"])
def world(request: pytest.FixtureRequest) -> World:
    return World(profile(UNIT, PACK), trusted=request.param)


def test_she_joins_answers_changes_her_mind_and_is_told_what_is_right(world: World) -> None:
    assert "Vad vill du heta" in say(world, f"gå med i övning {CODE}")
    asked = say(world, "Måsen")
    assert "Välkommen, Måsen!" in asked
    assert "inte i rapporten" in asked
    for words in ("Vem svarar?", "Du är sjuksköterska i hemsjukvården.", "Provsvaret dröjer."):
        assert words in asked
    assert "Ditt svar är räknat" in say(world, "1")
    assert "Ditt svar: B" in say(world, "b")
    assert [vote.option for vote in world.exercise.votes] == ["a", "b"]
    world.exercise.step = "spread"
    assert "B. Skriv ett meddelande: 1 (50 %)" in say(world, "visa")
    world.exercise.step = "reveal"
    told = say(world, "vad som helst")
    for words in (
        "Rätt svar: Skriv ett meddelande",
        "Du svarade rätt!",
        "Det går att vänta på svaret.",
        "Det kan vänta.",
        "Regel K2",
        "Varför de andra lockar",
        "”Ring vårdcentralen” lockar. Det går fort. Men: Det brådskar inte.",
        "Ett förslag",
        "Har svaret kommit?",
        "Ta med dig",
        "Skriv det som kan vänta.",
    ):
        assert words in told
    world.exercise.step = "ended"
    assert "Du hade 1 rätt av 1" in say(world, "visa")
    assert f"gå med i övning {CODE}" in say(world, "lämna övningen")
    assert world.conversation.phase is Phase.MATTER
    assert world.commands == []


@pytest.mark.parametrize("words", ["delta 4821", "join 4821", "Gå med 4821!", "gå med i övning 4821 som Måsen"])
def test_the_words_for_joining(world: World, words: str) -> None:
    said = say(world, words)
    assert world.conversation.phase is Phase.LIVE
    assert ("Välkommen, Måsen!" in said) == ("Måsen" in words)


@pytest.mark.parametrize("words", ["ring 4821", "4821", "delta i samordnad planering rum 4821", "delta 48"])
def test_other_words_with_a_number_join_nothing(world: World, words: str) -> None:
    say(world, words)
    assert world.conversation.phase is not Phase.LIVE


def test_whoever_comes_back_has_her_seat(world: World) -> None:
    for words in ("delta 4821 som Måsen", "1", "lämna övningen"):
        say(world, words)
    back = say(world, "delta 4821")
    assert "Välkommen, Måsen!" in back
    assert "Ditt svar: A" in back


def test_a_nickname_that_is_taken_or_tells_who_it_is_is_asked_for_again(world: World) -> None:
    say(world, "delta 4821")
    assert "taget" in say(world, "Tärnan")
    assert PERSON_ID not in say(world, PERSON_ID)
    assert world.exercise.nickname is None
    assert EraseIncoming() in world.commands
    assert "Välkommen, Måsen!" in say(world, "Måsen")


def test_a_code_that_leads_nowhere_is_told_and_so_is_a_vote_that_has_closed(world: World) -> None:
    assert "Den koden finns inte" in say(world, "delta 9999 som Måsen")
    assert world.conversation.phase is Phase.MATTER
    say(world, "delta 4821 som Måsen")
    world.exercise.step = "reveal"
    first = world.conversation.offered[0]
    assert "stängd" in "\n".join(shown.text for shown in world.meet(ChoicePicked(first.id)))


def test_a_button_may_be_tapped_again_and_is_old_in_the_next_round(world: World) -> None:
    say(world, "delta 4821 som Måsen")
    first, show = (next(o for o in world.conversation.offered if o.action.value == value) for value in ("vote", "show"))
    for button in (first, first, show, show):
        assert "Provsvaret dröjer." in "\n".join(shown.text for shown in world.meet(ChoicePicked(button.id)))
    assert [vote.option for vote in world.exercise.votes] == ["a", "a"]
    world.exercise.step = "again"
    say(world, "visa")
    world.meet(ChoicePicked(first.id))
    assert len(world.exercise.votes) == 2
    say(world, "2")
    assert (world.exercise.votes[-1].round, world.exercise.votes[-1].option) == (2, "b")


def test_in_the_second_vote_her_first_answer_stands_and_the_shift_is_told(world: World) -> None:
    say(world, "delta 4821 som Måsen")
    say(world, "a")
    world.exercise.step = "again"
    assert "Ditt svar förra gången: A." in say(world, "visa")
    world.exercise.step = "shift"
    assert "A. Ring vårdcentralen: först 2 (100 %), sedan 1 (50 %)" in say(world, "visa")


@pytest.mark.parametrize(
    ("seen", "now", "words"),
    [
        ("spread", "again", "Nu är det andra omröstningen. Skriv B igen"),
        ("vote", "again", "Nu är det andra omröstningen. Skriv B igen"),
        ("spread", "next", "Frågan är en annan nu, så B räknades inte"),
        ("lobby", "vote", "B räknades inte, så läs den och svara"),
        ("spread", "reveal", "Omröstningen är stängd just nu, så B räknades inte"),
        ("vote", "out", "B räknades inte"),
    ],
)
def test_an_answer_that_does_not_count_is_told_of(world: World, seen: str, now: str, words: str) -> None:
    world.exercise.step = seen
    say(world, "delta 4821 som Måsen")
    world.exercise.step = now
    assert words in say(world, "B")
    said = say(world, "visa")
    assert "räknades inte" not in said
    if now == "again":
        assert "Ditt svar är räknat" in say(world, "b")
        assert (world.exercise.votes[-1].round, world.exercise.votes[-1].option) == (2, "b")


def test_when_the_time_is_out_it_is_said_and_nothing_can_be_chosen(world: World) -> None:
    say(world, "delta 4821 som Måsen")
    world.exercise.step = "out"
    assert "Tiden är ute" in say(world, "visa")
    assert not any(offered.action.value == "vote" for offered in world.conversation.offered)


def test_a_matter_in_hand_is_not_left_for_an_exercise(world: World) -> None:
    say(world, "guida mig")
    before = world.conversation.phase
    assert knowledge().texts.text("chat.profile.finish_first") in say(world, "delta 4821")
    assert world.conversation.phase is before


# ── for real, and by a slip ─────────────────────────────────────────────────────────────────────────────────────────────

DANGER = "en av våra har ramlat och blöder från huvudet"


@pytest.mark.parametrize("joined", [True, False], ids=["voting", "asked for a nickname"])
def test_words_of_danger_in_an_exercise_are_asked_about_before_they_are_taken_as_anything(
    world: World, joined: bool
) -> None:
    say(world, "delta 4821 som Måsen" if joined else "delta 4821")
    asked = say(world, DANGER)
    assert "Gäller det en verklig person?" in asked
    assert "ring 112 nu" in asked
    assert "Gäller det en verklig person?" in say(world, "hon är 84 år")
    assert world.exercise.nickname == ("Måsen" if joined else None)
    told = say(world, "ja")
    assert "på riktigt" in told
    assert "gå med i övning 4821" in told
    assert "Hur bråttom är det?" in told
    assert world.conversation.phase is Phase.ASKING
    assert world.conversation.matter is not None
    assert "blöder" in world.conversation.matter.text
    assert "RING 112 NU" in say(world, "fara för livet")


def test_for_real_leaves_the_exercise_with_what_was_written_last(world: World) -> None:
    say(world, "delta 4821 som Måsen")
    say(world, "mannen har fått utslag av sin nya salva")
    say(world, "på riktigt")
    assert world.conversation.matter is not None
    assert "utslag" in world.conversation.matter.text
    assert world.conversation.live is None


def test_danger_that_was_only_the_story_leads_back_to_the_question(world: World) -> None:
    say(world, "delta 4821 som Måsen")
    say(world, DANGER)
    assert "Provsvaret dröjer." in say(world, "nej")
    assert "Ditt svar är räknat" in say(world, "2")
    assert world.exercise.votes[-1].option == "b"


@pytest.mark.parametrize("words", ["b", "ring vårdcentralen", "Ring 112", "visa"])
def test_answers_and_ways_are_no_danger(world: World, words: str) -> None:
    say(world, "delta 4821 som Måsen")
    assert "verklig person" not in say(world, words)


@pytest.mark.parametrize("step", ["lobby", "vote", "spread", "out", "reveal", "ended"])
def test_a_number_never_leaves(world: World, step: str) -> None:
    world.exercise.step = step
    say(world, "delta 4821 som Måsen")
    for number in range(len(world.conversation.offered) + 2):
        say(world, str(number))
        assert world.conversation.phase is Phase.LIVE, (step, number)
    say(world, "lämna")
    assert world.conversation.phase is Phase.MATTER


@pytest.mark.parametrize(
    ("step", "words"),
    [("lobby", "Ingen omröstning är öppen just nu, så 2 räknades inte"), ("vote", "5 är inget av svaren")],
)
def test_a_number_that_answers_nothing_is_told_kindly(world: World, step: str, words: str) -> None:
    world.exercise.step = step
    say(world, "delta 4821 som Måsen")
    assert words in say(world, "5" if step == "vote" else "2")
    assert world.exercise.votes == []


def test_the_button_to_leave_asks_first_since_clients_pick_it_by_its_number(world: World) -> None:
    world.exercise.step = "lobby"
    say(world, "delta 4821 som Måsen")
    for _ in range(2):
        second = world.conversation.offered[1]
        said = "\n".join(shown.text for shown in world.meet(ChoicePicked(second.id)))
        assert world.conversation.phase is Phase.LIVE
    assert "Du är med." in said
    world.meet(ChoicePicked(next(o.id for o in world.conversation.offered if o.action.value == "leave")))
    assert "Nej, jag är kvar" in [knowledge().texts.text(o.label.key) for o in world.conversation.offered]
    gone = next(o.id for o in world.conversation.offered if o.action.value == "gone")
    assert "Du har lämnat övningen" in "\n".join(shown.text for shown in world.meet(ChoicePicked(gone)))
