"""Words → facts with their evidence. Reads what staff wrote, assumes nothing and decides nothing.

tokens (normalise) → hits (match) → what they really say (scope) → facts (classify, urgency, topics), recipient and kind of text.
"""

from triage.reading.reader import Context, Reader, Reading

__all__ = ["Context", "Reader", "Reading"]
