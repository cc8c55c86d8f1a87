"""Reads each text once within one step, however often a screen asks what it says. Kept for no longer than the step."""

from knowledge.vocabulary import UnitType
from triage.reading import Context, Reader, Reading


class ReadingOnce(Reader):
    """The same readings as the reader it stands before; made anew for every step, so nothing said outlives it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._readings: dict[tuple[str, int, UnitType, UnitType | None], Reading] = {}

    def read(self, text: str, context: Context) -> Reading:
        key = (text, id(context.pack), context.sender, context.recipient)
        if key not in self._readings:
            self._readings[key] = self._reader.read(text, context)
        return self._readings[key]
