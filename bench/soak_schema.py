"""schemathesis on the whole OpenAPI document against a running Lots, with a key of each role and every check: no 5xx, documented statuses, right shapes.

`python -m bench.soak_schema 5 staff` for fewer examples of each call, and one role.
"""

import sys
import tempfile
import time
from pathlib import Path

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
            known = things(server)
            with tempfile.TemporaryDirectory() as folder:
                key = token(server, RECEIVER, role)
                held, said = examined(server.url, key, Path(folder), known, examples=examples, phases=PHASES)
            print(f"{role:21} {summed_up(said)} in {time.perf_counter() - began:.0f} s: {held}", flush=True)
            if not held:
                print(said[said.find("FAILURES") :][:4000], flush=True)
            fine &= held
    return fine


def things(server: Server) -> dict[str, str]:
    """Something that is there to be done something with, by what addresses call it: a message that came in."""
    headers = {"Authorization": f"Bearer {token(server, SENDER)}", "Idempotency-Key": str(time.time_ns())}
    made = httpx2.post(f"{server.url}/api/v1/messages", json=order(), headers=headers, timeout=60)
    return {"message_id": made.raise_for_status().json()["id"], "unit_id": RECEIVER, "conversation": "soak"}


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(not main(int(given[0]) if given else EXAMPLES, *given[1:]))
