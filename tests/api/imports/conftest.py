"""The message API for the tests of this folder."""

from tests.support.api import cipher, desk, local_desk

__all__ = ["cipher", "desk", "local_desk"]
