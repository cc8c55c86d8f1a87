"""Matrix for tests: a homeserver in memory, and a real one on loopback."""
