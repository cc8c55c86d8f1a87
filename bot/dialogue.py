"""The conversation's centre: one step from an event to a turn. Pure and total over phase × event; carries nothing out."""

from dataclasses import replace

from bot.conversation import Conversation
from bot.events import Event
from bot.once import ReadingOnce
from bot.phases.router import route
from bot.tools import Tools, Turn

__all__ = ["Tools", "Turn", "step"]


def step(conversation: Conversation, event: Event, tools: Tools) -> Turn:
    """What to say and do, and where we are then. Never raises, and answers everything that a person did.

    A turn with queries is not whole: run them and step again with each QueryAnswered; what it already says comes first.
    """
    return route(conversation, event, replace(tools, reader=ReadingOnce(tools.reader)))
