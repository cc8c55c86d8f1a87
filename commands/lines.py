"""JSON lines in, JSON lines out: `lots decide`, `answer` and `identify`. A bad line gets an error of its own."""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from commands.shared import load, today

if TYPE_CHECKING:
    from knowledge.bundle import Knowledge


def decide() -> None:
    """The routine's answer to each matter: JSON lines in, JSON lines out."""
    from triage.exchange import parse, respond
    from triage.reading import Reader

    knowledge = load()
    reader = Reader(knowledge.lexicon)
    day = today()
    each_line(
        lambda raw: respond(parse(raw, knowledge.texts), knowledge.registry, reader, knowledge.texts, day).model_dump(
            mode="json"
        ),
        knowledge,
    )


def answer() -> None:
    """Questions about the routines: JSON lines in, JSON lines out."""
    from triage.answer import Answerer
    from triage.queries import Question, read, reply

    knowledge = load()
    texts, day = knowledge.texts, today()
    answerer = Answerer(knowledge.faq)
    each_line(
        lambda raw: reply(read(raw, Question, texts), knowledge.registry, answerer, texts, day).model_dump(mode="json"),
        knowledge,
    )


def identify() -> None:
    """Personal numbers, phone numbers and names in texts: JSON lines in, JSON lines out."""
    from triage.queries import TextIn, read, spans

    knowledge = load()
    each_line(lambda raw: spans(read(raw, TextIn, knowledge.texts), knowledge.names).model_dump(mode="json"), knowledge)


def each_line(answer: Callable[[object], dict[str, Any]], knowledge: "Knowledge") -> None:
    """One answer a line; a line that cannot be answered gets an error of its own and the rest goes on."""
    from triage.exchange import RequestError

    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        raw: object = None
        try:
            raw = json.loads(line)
        except ValueError:
            put(failure(None, "not_json", knowledge.texts.text("error.not_json")))
            continue
        try:
            put(answer(raw))
        except RequestError as error:
            put(failure(raw, error.code, error.message))


def put(out: dict[str, Any]) -> None:
    """One line of JSON; half a character, which JSON can carry and UTF-8 cannot, is written as an escape."""
    line = json.dumps(out, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        line = json.dumps(out)
    sys.stdout.write(line + "\n")


def failure(raw: object, code: str, message: str) -> dict[str, Any]:
    return {"id": raw.get("id") if isinstance(raw, dict) else None, "error": {"code": code, "message": message}}
