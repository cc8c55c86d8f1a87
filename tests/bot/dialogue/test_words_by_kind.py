"""Texts whose key is put together from what was read or what the API says: each of them is there."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import knowledge
from knowledge.texts import Catalogue
from triage.reading import Reading

TEXTS = Catalogue.load(Path(knowledge.__file__).parent / "texts" / "sv")
STATUSES = (
    "received",
    "acknowledged",
    "answered",
    "forwarded",
    "overdue",
    "closed",
    "to_copy",
    "to_send",
    "undelivered",
    "sent",
)


@pytest.mark.parametrize("kind", get_args(get_type_hints(Reading)["kind"]))
def test_every_kind_of_text_has_an_answer(kind: str) -> None:
    assert f"chat.kind.{kind}" in TEXTS


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_a_message_has_a_word(status: str) -> None:
    assert f"chat.status.{status}" in TEXTS
