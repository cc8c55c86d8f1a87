"""What a routine keeps out of a text: found in it, and nothing else taken for it."""

import pytest

from knowledge.pack import Channel
from knowledge.vocabulary import Fact, Value
from tests.support.api import shared_knowledge
from triage.content import dose_words, kept_out

DOSES = dose_words(shared_knowledge().texts)


def channel(pack: str, channel_id: str) -> Channel:
    return shared_knowledge().registry.pack(pack).channel_by_id[channel_id]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Ge 5 mg till kvällen", True, id="milligrams"),
        pytest.param("Alvedon 1+0+1", True, id="scheme"),
        pytest.param("1x3", True, id="times"),
        pytest.param("2 tabletter vid behov", True, id="tablets"),
        pytest.param("Blodtrycket var 170/95", False, id="blood-pressure"),
        pytest.param("Ring 031-390 06 04", False, id="phone"),
        pytest.param("Vi ses den 5 maj", False, id="date"),
    ],
)
def test_a_typed_dose_is_seen_and_a_value_is_not(text: str, found: bool) -> None:
    halland = channel("halland-2021", "message_outside_care_episode")
    dose = [content for content in halland.forbidden if content.check == "typed_dose"]
    seen = kept_out(halland, text, {}, DOSES)
    assert [content for content in seen if content.check == "typed_dose"] == (dose if found else [])
    assert dose


@pytest.mark.parametrize(
    ("facts", "check"),
    [
        pytest.param({Fact.CONTROLLED_DRUG: True}, "controlled_drug", id="controlled drug"),
        pytest.param({Fact.ATTACHMENT: True}, "attachment", id="attachment"),
        pytest.param({Fact.TOPIC: "new_prescription"}, "new_prescription", id="new prescription"),
    ],
)
def test_what_the_words_say_is_stopped_with_the_packs_reason(facts: dict[Fact, Value], check: str) -> None:
    halland = channel("halland-2021", "message_outside_care_episode")
    (stopped,) = kept_out(halland, "Text", facts, DOSES)
    assert (stopped.check, stopped.action) == (check, "stop")
    assert stopped.text
