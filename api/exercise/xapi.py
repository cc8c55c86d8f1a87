"""A session's answers as xAPI statements (1.0.3), for a learning record store. Builds values; sends nothing.

The actor is an account of this installation: a participant's id, which leads to nobody once the session is deleted. A statement has the
same id each time it is exported, so that a store takes it once.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from api.exercise.sheets import Given
from api.exercise.tables import ExerciseRow
from knowledge.texts import Catalogue
from triage.scenarios import label

ANSWERED: Final = "http://adlnet.gov/expapi/verbs/answered"
INTERACTION: Final = "http://adlnet.gov/expapi/activities/cmi.interaction"
ASSESSMENT: Final = "http://adlnet.gov/expapi/activities/assessment"
NAMESPACE: Final = uuid.UUID("5f0b2d0c-6e0e-4c2c-9a55-0a3a0f6f3c11")
LANGUAGE: Final = "sv"
Json = dict[str, object]


def statements(row: ExerciseRow, given: Sequence[Given], address: str, texts: Catalogue) -> list[Json]:
    """One for each answer. `address`: where this installation is reached."""
    return [_statement(row, one, address, texts) for one in given]


def _statement(row: ExerciseRow, one: Given, address: str, texts: Catalogue) -> Json:
    return {
        "id": str(uuid.uuid5(NAMESPACE, f"{row.id}/{one.participant_id}/{one.vote.place}/{one.vote.round}")),
        "actor": _actor(row, one, address),
        "verb": {"id": ANSWERED, "display": {"en": "answered", "sv": "svarade"}},
        "object": _question(one, address, texts),
        "result": {
            "success": one.right,
            "completion": True,
            "response": one.vote.option,
            "score": {"scaled": int(one.right), "raw": int(one.right), "min": 0, "max": 1},
        },
        "context": {
            "registration": str(uuid.uuid5(NAMESPACE, row.id)),
            "platform": "Lots",
            "language": LANGUAGE,
            "contextActivities": {"parent": [_session(row, address)]},
            "extensions": {
                f"{address}/xapi/round": one.vote.round,
                f"{address}/xapi/rule": one.asked.question.key.rule or "",
                f"{address}/xapi/channel": one.channel,
            },
        },
        "timestamp": _moment(one.vote.at),
    }


def _actor(row: ExerciseRow, one: Given, address: str) -> Json:
    actor: Json = {"objectType": "Agent", "account": {"homePage": address, "name": one.participant_id}}
    return {**actor, "name": one.who} if row.named else actor


def _question(one: Given, address: str, texts: Catalogue) -> Json:
    question = one.asked.question
    return {
        "objectType": "Activity",
        "id": f"{address}/exercises/scenarios/{question.scenario.id}/{question.number + 1}",
        "definition": {
            "type": INTERACTION,
            "name": {LANGUAGE: question.scenario.title},
            "description": {LANGUAGE: question.step.story},
            "interactionType": "choice",
            "correctResponsesPattern": [one.asked.right],
            "choices": [
                {"id": option.id, "description": {LANGUAGE: label(option.choice, one.asked.pack, texts)}}
                for option in question.options
            ],
        },
    }


def _session(row: ExerciseRow, address: str) -> Json:
    return {
        "objectType": "Activity",
        "id": f"{address}/exercises/{row.id}",
        "definition": {"type": ASSESSMENT, "name": {LANGUAGE: row.title}},
    }


def _moment(at: datetime) -> str:
    """ISO 8601 with milliseconds, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
