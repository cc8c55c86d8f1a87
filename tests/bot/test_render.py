"""Words: every key that the conversation can name exists and renders, and moments are written as Swedes write them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.events import MessageHappening
from bot.render import moment, render, words
from bot.replies import Choice, Link, Moment, Reply, Text, Tone
from tests.bot.dialogue.world import knowledge

BOT = Path(__file__).parents[2] / "bot"
LITERAL_KEY = re.compile(r'"(chat\.[a-z0-9_.]+[a-z0-9_])"')
RECEIPTS = (MessageHappening.HANDED_OVER, MessageHappening.TO_COPY)
"""What became of a draft on the secure page: a receipt in the chat that sent it there."""
OPEN_KEYS = {
    "chat.basis": ("routine", "law", "lots_baseline", "interpretation"),
    "chat.follow": ("answer", "request_more", "redirect"),
    "chat.happened": tuple(str(happening) for happening in MessageHappening if happening not in RECEIPTS),
    "telegram.happened": tuple(str(happening) for happening in RECEIPTS),
    "chat.kind": ("greeting", "thanks", "question_about_lots", "unreadable"),
    "chat.lost": ("schema", "idle"),
    "chat.preview.consent": ("oral", "written", "process", "secrecy_assessment"),
    "chat.receipt": ("built_in", "port", "copy_out"),
    "chat.remind": ("in_1", "in_3", "in_7"),
    "chat.why": ("stated", "inferred", "taken", "answered", "context", "assumed"),
    "chat.words.urgency": ("life_threatening", "urgent", "can_wait"),
}
"""Keys that are put together in the code: the part that varies, with everything it can be."""


def test_every_key_in_the_code_stands_in_the_catalogue() -> None:
    files = [*(BOT / "phases").glob("*.py"), *BOT.glob("*.py")]
    named = {key for path in files for key in LITERAL_KEY.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 100
    assert sorted(named - knowledge().texts.keys()) == []


@pytest.mark.parametrize("group", OPEN_KEYS)
def test_every_key_put_together_in_the_code_stands_in_the_catalogue(group: str) -> None:
    assert [key for key in OPEN_KEYS[group] if f"{group}.{key}" not in knowledge().texts] == []


def test_every_text_of_the_chat_renders_with_its_own_placeholders() -> None:
    texts = knowledge().texts
    for key in sorted(texts.keys()):
        if key.startswith("chat."):
            shown = texts.text(key, **dict.fromkeys(texts.placeholders(key), "…"))
            assert shown.strip(), key
            assert "{" not in shown, key


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        pytest.param(datetime(2026, 11, 20, 13, 5, tzinfo=UTC), "fredag 20 november kl. 14.05", id="winter"),
        pytest.param(datetime(2026, 6, 1, 22, 30, tzinfo=UTC), "tisdag 2 juni kl. 00.30", id="summer, past midnight"),
    ],
)
def test_a_moment_is_written_in_swedish_time(at: datetime, shown: str) -> None:
    assert moment(at, knowledge().texts) == shown


def test_a_text_inside_a_text_is_rendered_first() -> None:
    text = Text("chat.receipt.due", {"due": Moment(datetime(2026, 11, 25, 16, 0, tzinfo=UTC))})
    assert words(text, knowledge().texts).startswith("Svar ska komma senast onsdag 25 november kl. 17.00.")


def test_braces_in_what_a_person_wrote_are_shown_as_they_are() -> None:
    assert words(Text("chat.literal", {"text": "{0} {namn}"}), knowledge().texts) == "{0} {namn}"


def test_a_reply_is_rendered_with_its_choices_links_and_tone() -> None:
    label = Text("chat.choice.yes")
    shown = render(
        Reply((label, label), (Choice("1.1", label),), Tone.EMERGENCY, (Link(label, "tel:112"),)), knowledge().texts
    )
    assert (shown.text, shown.choices[0].label, shown.links[0].url, shown.tone) == (
        "Ja\nJa",
        "Ja",
        "tel:112",
        Tone.EMERGENCY,
    )
