"""What a connection is taken for, told to the database's driver by an execution option. Does nothing itself."""

from enum import Enum
from typing import Final

from sqlalchemy import Connection

OPTION: Final = "lots_beginning"


class Beginning(Enum):
    READING = "reading"
    """Nothing but reading."""
    SNAPSHOT = "snapshot"
    """Reading the database as it was at the first look."""
    ALONE = "alone"
    """One statement that writes, and is a transaction of its own."""
    WRITING = "writing"
    """One transaction that may write."""


def beginning_of(connection: Connection) -> Beginning | None:
    found: Beginning | None = connection.get_execution_options().get(OPTION)
    return found
