"""The message API as the bot's port: queries and commands to calls, answers to events. Decides nothing and stores nothing."""

from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar, assert_never

from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.events import (
    Answer,
    CommandDone,
    CommandFailed,
    DraftCreated,
    HandedOver,
    HandOverFailed,
    MessageEvent,
    MessageHappening,
    MessageRead,
    MessagesListed,
    OpeningHours,
    Outcome,
    Profile,
    ProfileFound,
    QueryFailed,
    QueryResult,
    Receipt,
    SentMessage,
    UnitCard,
    UnitsFound,
)
from bot.gateways.http import Credential, Door, Problem
from bot.ports import ApiDownError, Happening
from bot.requests import (
    ChangeProfile,
    Command,
    CreateDraft,
    EraseIncoming,
    FindUnits,
    FollowUp,
    ForgetQueued,
    HandOver,
    MarkSent,
    MessageBody,
    MyMessages,
    Query,
    ReadMessage,
    ScheduleReminder,
    WhoAmI,
)
from knowledge.vocabulary import UnitType

API: Final = "/api/v1"
SENT_SHOWN: Final = 20
KNOWN_HAPPENINGS: Final = frozenset(str(happening) for happening in MessageHappening)
