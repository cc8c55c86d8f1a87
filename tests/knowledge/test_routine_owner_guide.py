"""The routine owner's guide is an assertion: its example is a sound pack, and it names everything a pack can hold."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from knowledge.pack import Assumption, Channel, ChannelRule, DutyRule, Grounds, Pack, ServiceLevel, Validity
from knowledge.vocabulary import FIXED_VALUES, Basis, ChannelKind, DutyKind, Fact, PackStatus
from tests.knowledge.packs import write
from triage.review import review_file

GUIDE = (Path(__file__).parents[2] / "docs" / "routine-owner.md").read_text(encoding="utf-8")
NAMED = frozenset(word for code in re.findall(r"`([^`\n]+)`", GUIDE) for word in re.findall(r"[a-z0-9_]+", code))


def test_the_whole_pack_in_the_guide_is_sound(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL)

    review = review_file(write(tmp_path, example))

    assert not review.errors
    assert [pack.id for pack in review.packs] == ["exempel-2026"]


@pytest.mark.parametrize(
    "model",
    [Pack, Validity, Channel, ServiceLevel, ChannelRule, DutyRule, Assumption, Grounds],
    ids=lambda m: m.__name__,
)
def test_every_field_is_named_in_the_guide(model: type[BaseModel]) -> None:
    assert not model.model_fields.keys() - NAMED


@pytest.mark.parametrize("words", [Fact, ChannelKind, Basis, DutyKind, PackStatus], ids=lambda w: w.__name__)
def test_every_word_of_the_vocabulary_is_named_in_the_guide(words: type[Fact]) -> None:
    assert not {str(word) for word in words} - NAMED


def test_every_value_of_every_fact_is_named_in_the_guide() -> None:
    values = {str(value).lower() for values in FIXED_VALUES.values() for value in values}
    assert not values - NAMED
