"""schemathesis on the whole OpenAPI document against a running Lots, with a key of each role and every check: no 5xx, documented statuses, right shapes.

`python -m bench.soak_schema 5 staff` for fewer examples of each call, and one role.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2

from api.authorisation import Role
from bench.handed import RECEIVER, SENDER, order
from bench.serving import Server, lots_server, token
from tests.support.schema import examined, summed_up

EXAMPLES = 40
PHASES = "examples,coverage,fuzzing,stateful"
MANY = "10000000"


def main(examples: int = EXAMPLES, *roles: str) -> bool:
    fine = True
    with lots_server(LOTS_LOG_LEVEL="error", LOTS_LIMIT_KEY=MANY, LOTS_LIMIT_REFUSED=MANY) as server:
        for role in roles or tuple(Role):
            began = time.perf_counter()
            key = token(server, RECEIVER, role)
            known = things(server, key)
            with tempfile.TemporaryDirectory() as folder:
                held, said = examined(server.url, key, Path(folder), known, examples=examples, phases=PHASES)
            print(f"{role:21} {summed_up(said)} in {time.perf_counter() - began:.0f} s: {held}", flush=True)
            if not held:
                print(said[said.find("FAILURES") :][:4000], flush=True)
            fine &= held
    return fine


def things(server: Server, key: str) -> dict[str, str]:
    """What is there to be done something with, by what addresses call it: a message that came in, and what this key may make."""
    message = made(server, token(server, SENDER), "messages", order())
    known = {"message_id": message, "unit_id": RECEIVER, "conversation": "soak"}
    draft = {name: value for name, value in order().items() if name not in ("person", "consent")}
    draft |= {"sender_unit": RECEIVER, "recipient_units": [SENDER]}
    number = {"name": "Jouren", "phone": "010-000 00 00"}
    for name, path, body in (
        ("draft_id", "drafts", draft),
        ("call_id", "calls", {"numbers": [number]}),
        ("outage_id", "outages", {}),
    ):
        if mine := made(server, key, path, body):
            known[name] = mine
    return known


def made(server: Server, key: str, path: str, body: dict[str, Any]) -> str:
    """The id of what was made; nothing when this key may not. Raises on every other refusal."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(time.time_ns())}
    answer = httpx2.post(f"{server.url}/api/v1/{path}", json=body, headers=headers, timeout=60)
    return "" if answer.status_code == httpx2.codes.FORBIDDEN else str(answer.raise_for_status().json()["id"])


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(not main(int(given[0]) if given else EXAMPLES, *given[1:]))
