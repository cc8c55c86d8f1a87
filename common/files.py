"""Files that must be there after the power went. Knows nothing of what they hold."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """A new name in a folder is on the disk when the folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
