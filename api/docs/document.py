"""The OpenAPI document with what every call can answer: the statuses of its kind, each as a problem, and the two ways to say who calls.

Which statuses: one rule for all calls, read off the call itself. Knows no route but by what the document says of it.
"""

from typing import Any, Final

from fastapi import FastAPI

from api.problems import MEDIA_TYPE
from common.web.pages import SESSION_COOKIE

PUBLIC_TAG: Final = "operations"
CHANGING: Final = frozenset({"post", "put", "patch", "delete"})
MEANINGS: Final = {
    "400": "The header `Idempotency-Key` is missing",
    "401": "Nobody is signed in, or the key is wrong, too old or revoked",
    "403": "Whoever calls may not do this, or not in this unit",
    "404": "It is not there, or not the caller's",
    "409": "It cannot be done as things stand, or the `Idempotency-Key` was used for something else",
    "413": "The body is too large",
    "422": "What was sent cannot be read, or the routine forbids it",
    "429": "Too many calls: `Retry-After` says when to try again",
    "503": "The database cannot be used now: try again",
}
REPEATED: Final = "Done before: the same answer again"
KEY: Final = (
    "A program's key, from `lots token`. With the scope `on_behalf` the header `Lots-On-Behalf-Of` names the member of staff"
    " by id, and `Lots-Units`, ids with spaces between, narrows her rights to those of her units."
)
SECURITY: Final = {
    "key": {"type": "http", "scheme": "bearer", "description": KEY},
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "A person in her browser"},
}


class Described(FastAPI):
    """FastAPI, whose document tells of every answer."""

    def openapi(self) -> dict[str, Any]:
        made = self.openapi_schema is not None
        document = super().openapi()
        if not made:
            complete(document)
        return document


def complete(document: dict[str, Any]) -> None:
    document.setdefault("components", {})["securitySchemes"] = SECURITY
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _name_shapes(document["components"].setdefault("schemas", {}), operation)
            answers: dict[str, Any] = operation["responses"]
            answers.pop("default", None)
            for status in _statuses(path, method, operation):
                answers[status] = _problem(MEANINGS[status])
            if "201" in answers and "200" not in answers:
                answers["200"] = {**answers["201"], "description": REPEATED}
            operation["responses"] = dict(sorted(answers.items()))
            if not _public(operation):
                operation["security"] = [{name: []} for name in SECURITY]


def _name_shapes(named: dict[str, Any], operation: dict[str, Any]) -> None:
    """A body that was described by hand brings the shapes it uses along; they belong with the others."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        named.update(media.get("schema", {}).pop("$defs", {}))


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    """422 stands where something can be sent: FastAPI's own rule, whose words are ours."""
    found = ["503"]
    if not _public(operation):
        found += ["401", "403", "429"]
    if "{" in path:
        found.append("404")
    if "requestBody" in operation:
        found.append("413")
    if method in CHANGING:
        found.append("409")
    if operation.get("parameters") or "requestBody" in operation:
        found.append("422")
    else:
        operation["responses"].pop("422", None)
    return found + [status for status in operation["responses"] if status in MEANINGS]


def _public(operation: dict[str, Any]) -> bool:
    return PUBLIC_TAG in operation.get("tags", [])


def _problem(meaning: str) -> dict[str, Any]:
    return {
        "description": f"{meaning} (RFC 9457 problem details)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
