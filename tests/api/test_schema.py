"""The OpenAPI document holds: schemathesis calls every operation a few times and compares. The long run is `bench.soak_schema`."""

from pathlib import Path

from api.authorisation import Role
from tests.support.api import RECEIVING_UNIT, Desk
from tests.support.schema import examined, summed_up
from tests.support.server import serve


async def test_the_interface_answers_as_its_document_says(local_desk: Desk, tmp_path: Path) -> None:
    key = await local_desk.token(RECEIVING_UNIT, Role.STAFF)
    known = {"message_id": await local_desk.handed_over(), "unit_id": RECEIVING_UNIT}
    await local_desk.api.db.close()
    with serve(local_desk.app) as url:
        held, said = examined(url, key, tmp_path, known, examples=1, phases="fuzzing")
    assert held, said[-6000:]
    assert summed_up(said) != "nothing"
