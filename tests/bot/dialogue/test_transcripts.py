"""Whole dialogues as a nurse would read them: `transcripts/*.yaml`, played from the first word to the last."""

import pytest

from bot.requests import HandOver
from tests.bot.dialogue.script import FOLDER, load, names, verify_dialogue


@pytest.mark.parametrize("name", names())
def test_the_dialogue_goes_as_written(name: str) -> None:
    world = verify_dialogue(load(FOLDER / f"{name}.yaml"))
    keys = [command.idempotency_key for command in world.commands if isinstance(command, HandOver)]
    assert len(keys) == len(set(keys)), "a message was handed over twice"
