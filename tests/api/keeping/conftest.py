"""The message API for the tests of this folder."""

from pathlib import Path

import pytest

from common.settings import Settings
from tests.support.api import cipher, desk, local_desk

__all__ = ["cipher", "desk", "local_desk"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a folder that is written to before anything is erased."""
    exports = tmp_path / "exports"
    exports.mkdir()
    return Settings(data_dir=tmp_path, base_url="http://lots.test", export_dir=exports)
