"""Lots in Matrix: the same conversation in an encrypted room for two on the organisation's own homeserver."""
