"""Greetings, addresses and signatures are no part of a message. Everything else that was said is kept, in the order it came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.phases.typed import word_list
from bot.salutation import Courtesies, without_salutation
from tests.bot.dialogue.world import knowledge

TEXTS = knowledge().texts
COURTESIES = Courtesies(
    word_list("chat.words.greetings", TEXTS),
    word_list("chat.words.addressing", TEXTS),
    word_list("chat.words.signatures", TEXTS),
    word_list("chat.words.thanks", TEXTS),
)
EKLIDEN = frozenset({"vårdcentralen", "vårdcentral", "ekliden"})


@pytest.mark.parametrize(
    ("said", "left"),
    [
        pytest.param("Till vårdcentralen Ekliden", "", id="address alone"),
        pytest.param("Till vårdcentralen Ekliden. Blodtrycket är högt.", "Blodtrycket är högt.", id="address first"),
        pytest.param("Till vårdcentralen Ekliden: blodtrycket är högt.", "Blodtrycket är högt.", id="colon"),
        pytest.param("Hej vårdcentralen, kan ni ringa?", "Kan ni ringa?", id="greeting and address"),
        pytest.param("Hej! Blodtrycket är högt. Tack på förhand! Mvh Maja", "Blodtrycket är högt.", id="letter"),
        pytest.param("Hejdlöst trött i dag.", "Hejdlöst trött i dag.", id="begins like a greeting"),
        pytest.param("Vårdcentralen Ekliden har ringt henne.", "Vårdcentralen Ekliden har ringt henne.", id="told"),
        pytest.param("Till helgen behövs fler tabletter.", "Till helgen behövs fler tabletter.", id="no address"),
        pytest.param("Tack för senast, nu är stolen på plats.", "Tack för senast, nu är stolen på plats.", id="thanks"),
    ],
)
def test_only_what_is_no_matter_is_taken_away(said: str, left: str) -> None:
    assert without_salutation(said, COURTESIES, EKLIDEN) == left


@given(st.text(max_size=300))
def test_nothing_is_added_and_the_order_is_kept(said: str) -> None:
    left = "".join(without_salutation(said, COURTESIES, EKLIDEN).casefold().split())
    rest = iter("".join(said.casefold().split()))
    assert all(sign in rest for sign in left)
