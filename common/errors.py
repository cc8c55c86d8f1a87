"""Everything that can go wrong in the ground both shells stand on. Says what, where and what to do; holds no personal data.

CommonError
├── UnsafeSettings       a setting stops the start
├── DatabaseUnavailable  locked, gone, full or not reachable: nothing was written
├── BackupRefused        a backup or a restore that would do harm
├── BackupBroken         a file that is no whole backup
└── CryptoError
    ├── KeysMissing      no key file, or one that cannot be read
    ├── UnknownKey       a value sealed with a key that is not in the ring
    ├── SealBroken       a value that was changed, cut off or moved to another place
    └── RotationUnfinished  values are left that do not open, so their key is kept
"""

# ruff: noqa: N818 - the names say what happened

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class CommonError(Exception):
    """The root of the tree."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a setting. `code` has its words in the texts, under `settings.fault`, which `params` fill; never a value that may be secret."""

    setting: str
    code: str
    params: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.setting}: {self.code}"


class UnsafeSettings(CommonError):
    """Told in words by whoever prints it."""

    def __init__(self, problems: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(map(str, problems)))
        self.problems = problems


class DatabaseUnavailable(CommonError):
    """Nothing was written. `reason` is safe to log: never a statement or its values."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The database cannot be used now ({reason}). Nothing was written; try again.")
        self.reason = reason


class BackupRefused(CommonError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"Backup or restore refused: {reason}")


class BackupBroken(CommonError):
    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file} cannot be restored: {reason}. Nothing was restored; use another backup.")


class CryptoError(CommonError):
    """A value cannot be sealed or opened."""


class KeysMissing(CryptoError):
    pass


class UnknownKey(CryptoError):
    def __init__(self, key_id: str) -> None:
        super().__init__(f"A value is sealed with the key {key_id!r}, which is not in keys.json. Put that key back.")
        self.key_id = key_id


class SealBroken(CryptoError):
    def __init__(self, context: str) -> None:
        super().__init__(f"The sealed value of {context} does not open: it was changed, cut off or moved.")
        self.context = context


class RotationUnfinished(CryptoError):
    def __init__(self, left: tuple[str, ...]) -> None:
        super().__init__(
            f"Values are left that do not open with any key here ({', '.join(left)}). The old keys are kept."
            " Put the missing key back, or find out who changed the values, and run `lots keys rotate` again."
        )
        self.left = left
