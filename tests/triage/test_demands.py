"""What certain thing a question demands, by cues in its words."""

import pytest

from knowledge.faq import Demand
from triage.demands import Demands

DEMANDS = Demands(
    (
        Demand(id="count", cues=("hur många",)),
        Demand(id="duration", cues=("hur många dagar", "hur länge")),
        Demand(id="money", cues=("kosta*", "*avgiften")),
    )
)


@pytest.mark.parametrize(
    ("question", "demanded"),
    [
        pytest.param("hur många bor där", {"count"}, id="words in a row"),
        pytest.param("hur många dagar tar det", {"duration"}, id="the longest cue takes the words"),
        pytest.param("hur länge och hur många", {"duration", "count"}, id="two demands"),
        pytest.param("kostar det något", {"money"}, id="any ending"),
        pytest.param("vad är patientavgiften", {"money"}, id="any beginning"),
        pytest.param("många undrar hur", set(), id="the words apart"),
        pytest.param("", set(), id="nothing"),
    ],
)
def test_a_question_demands_what_its_cues_say(question: str, demanded: set[str]) -> None:
    assert DEMANDS.of(question.split()) == demanded
