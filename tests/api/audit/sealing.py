"""A process that does deeds and seals them until it is killed: `python -m tests.api.audit.sealing URL FOLDER`."""

import asyncio
import sys
from pathlib import Path

from api.audit.heads import Heads
from api.audit.sealer import Sealer
from api.audit.service import Action, note_system
from common.clock import SystemClock
from common.crypto import Cipher
from common.database import Database


async def main(url: str, folder: Path) -> None:
    db, clock, cipher = Database(url), SystemClock(), Cipher.of_folder(folder, "demo")
    sealer = Sealer(db, clock, cipher, Heads(folder, cipher), batch=7)
    print("begins", flush=True)  # noqa: T201 - the test waits for it
    while True:
        async with db.write() as session:
            for _ in range(5):
                note_system(session, clock.now(), Action.READ, None, None)
        await sealer.seal_once()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
