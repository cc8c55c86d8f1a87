"""The shipped packs and small ones, for the tests of this room. Tests nothing itself."""

import shutil
from pathlib import Path
from typing import Final

import knowledge
from knowledge.loader import COMMON, load_pack
from knowledge.pack import Pack

KNOWLEDGE: Final = Path(knowledge.__path__[0])
PACKS: Final = KNOWLEDGE / "packs"
SOUND: Final = Path(__file__).parent / "broken" / "sound.yaml"


def write(folder: Path, text: str, name: str = "pack.yaml") -> Path:
    """A pack file beside the real common part."""
    shutil.copy(PACKS / COMMON, folder)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def sound(folder: Path, *changes: tuple[str, str]) -> Pack:
    """The small sound pack with some of its text changed."""
    return load_pack(write(folder, changed(*changes)))


def changed(*changes: tuple[str, str]) -> str:
    """The small sound pack's text with some of it changed; what is to be changed must stand there once."""
    text = SOUND.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text
