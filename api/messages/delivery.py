"""The ways a message leaves the sender: kept here, copied out by hand, or through the organisation's own system. Sends nothing itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Delivery(StrEnum):
    BUILT_IN = "built_in"
    """Lots' own inbox keeps it."""
    COPY_OUT = "copy_out"
    """The sender copies it into the message system by hand; Lots keeps no content."""
    PORT = "port"
    """An adapter hands it to the organisation's system."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to another system, opened."""

    id: str
    number: str
    pack: str
    channel: str
    sender_unit: str
    recipient_units: tuple[str, ...]
    person: str
    """JSON `{id_type, id, name}`."""
    subject: str
    sections: tuple[tuple[str, str], ...]
    consent: str
    """JSON of the consent record, which the receiver is shown."""


class PortBusyError(Exception):
    """The other system took nothing now; the outbox tries again later with the same key."""


class PortRefusedError(Exception):
    """The other system will never take this message. `code` is a stable word without content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DeliveryPort(Protocol):
    """A door into an organisation's system."""

    async def hand_over(self, message: Outgoing, *, key: str, repeat: bool) -> None:
        """Returns when the other system has it. Must be idempotent by `key`; `repeat` says that an earlier try may have got through.

        Raises PortBusyError or PortRefusedError.
        """
        ...
