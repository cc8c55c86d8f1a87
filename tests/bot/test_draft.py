"""The draft: what was said, sorted under the channel's headings. Nothing is invented, nothing said is lost."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Section
from bot.draft import carry_over, change, compose, sort_in, whole_text
from bot.parting import numbered, sentences
from knowledge.pack import Channel
from tests.bot.dialogue.world import knowledge

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def channel(pack: str = "vgr-skaraborg", channel_id: str = "care_request") -> Channel:
    return knowledge().registry.pack(pack).channel_by_id[channel_id]


def test_questions_go_under_the_question_heading_and_the_rest_under_the_matter() -> None:
    draft = compose(channel(), "Hon har blivit tröttare. Kan ni ta prover? Hon bor ensam.", "Dana, hemsjukvården")
    assert draft.text("current") == "Hon har blivit tröttare. Hon bor ensam."
    assert draft.text("wanted") == "Kan ni ta prover?"
    assert draft.text("contact") == "Dana, hemsjukvården"


def test_required_headings_that_are_empty_are_missing_in_the_channels_order() -> None:
    draft = compose(channel(), "Kan ni ta prover?", "")
    assert [heading.id for heading in draft.missing] == ["current", "normal_state", "contact"]


def test_an_abbreviation_ends_no_sentence() -> None:
    assert sentences("Hon tar ca. 2 promenader/dag, t.ex. i parken. Mår bra.", ("ca", "t.ex")) == (
        "Hon tar ca. 2 promenader/dag, t.ex. i parken.",
        "Mår bra.",
    )


@given(st.text(max_size=400))
def test_taking_a_text_apart_loses_and_adds_nothing(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@pytest.mark.parametrize("pack", [pack.id for pack in knowledge().registry.packs])
@given(said=st.text(alphabet="abcåäö .?!\n", max_size=200))
def test_a_draft_holds_every_word_that_was_said_and_no_other(pack: str, said: str) -> None:
    for one in knowledge().registry.pack(pack).channels:
        if one.headings:
            written = "".join(whole_text(compose(one, said, "").sections).split())
            assert sorted(written) == sorted("".join(said.split()))


def test_a_draft_moves_to_another_channel_without_losing_text() -> None:
    sections = (Section("normal_state", "Går själv med rollator."), Section("current", "Har ramlat."))
    moved = carry_over(channel(channel_id="mvo"), sections, "", "")
    assert moved.text("current") == "Har ramlat.\nGår själv med rollator."


def test_a_question_told_with_the_matter_goes_under_its_own_heading() -> None:
    told = sort_in(channel(), (), "current", "Har ramlat. Kan ni komma?")
    assert (told.text("current"), told.text("wanted")) == ("Har ramlat.", "Kan ni komma?")


def test_a_lone_question_stays_where_it_was_told() -> None:
    assert sort_in(channel(), (), "current", "Kan ni komma?").text("current") == "Kan ni komma?"


def test_a_question_already_written_is_not_written_over() -> None:
    told = sort_in(channel(), (Section("wanted", "Ring mig."),), "current", "Har ramlat. Kan ni komma?")
    assert (told.text("current"), told.text("wanted")) == ("Har ramlat. Kan ni komma?", "Ring mig.")


def test_an_emptied_heading_is_gone() -> None:
    changed = change(channel(), (Section("current", "Har ramlat."),), "current", "  ")
    assert changed.sections == ()


@pytest.mark.parametrize(
    ("text", "items"),
    [
        pytest.param("2 saker: 1 ta ett prov 2 boka en tid", ("ta ett prov", "boka en tid"), id="in the line"),
        pytest.param("1. ta ett prov\n2. boka en tid", ("ta ett prov", "boka en tid"), id="on lines"),
        pytest.param("Hon är trött. 1) prov 2) tid", ("Hon är trött. prov", "tid"), id="told before"),
        pytest.param("kompression 3 ggr i veckan i 2 veckor", (), id="no list"),
        pytest.param("1 tablett på morgonen och 2 tabletter till natten", (), id="doses"),
        pytest.param("", (), id="empty"),
    ],
)
def test_a_numbered_list_is_taken_apart_at_its_numbers(text: str, items: tuple[str, ...]) -> None:
    assert numbered(text) == items
