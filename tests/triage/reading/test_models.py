"""The shipped models belong to the sentences and sheets beside them."""

from knowledge.lexicon import load_lexicon
from tests.triage.reading.sources import LEXICON, made_from


def test_the_shipped_models_are_trained_from_the_sentences_and_sheets_as_they_stand() -> None:
    models = load_lexicon(LEXICON).models

    assert models is not None
    assert models.made_from == made_from(), "run: python -m tests.triage.reading.train"
