"""The server's door: what is answered is sent at once."""

import socket
from pathlib import Path

from commands.serving import listening
from common.settings import Settings


def test_an_answers_parts_do_not_wait_for_one_another(tmp_path: Path) -> None:
    here = Settings(data_dir=tmp_path, host="127.0.0.1", port=0)
    with listening(here) as door, socket.create_connection(door.getsockname()):
        accepted, _ = door.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
