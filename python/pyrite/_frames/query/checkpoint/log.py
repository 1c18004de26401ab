"""Files by number in a folder; the first line of each is a version."""

from __future__ import annotations

import os

from pyrite._frames import faults
from pyrite._frames.query.checkpoint import files

__all__ = ["Log"]

_VERSION = "v1"


class Log:
    """`offsets`, `commits` and the like. Made when the first file is."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._oldest: int | None = None

    def path(self, number: int) -> str:
        """Where a file is."""
        return os.path.join(self.folder, str(number))

    def numbers(self) -> list[int]:
        """Those that are there, in order."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if name.isascii() and name.isdigit())

    def latest(self) -> int | None:
        """The last one."""
        numbers = self.numbers()
        return numbers[-1] if numbers else None

    def has(self, number: int) -> bool:
        """Whether it is there."""
        return os.path.isfile(self.path(number))

    def lines(self, number: int) -> list[str]:
        """What is below the version."""
        path = self.path(number)
        return versioned(path, files.text_of(path) or "")

    def add(self, number: int, lines: list[str]) -> None:
        """Write one; it is on disk when this returns."""
        os.makedirs(self.folder, exist_ok=True)
        files.write(self.path(number), "\n".join([_VERSION, *lines]).encode())

    def purge(self, before: int) -> None:
        """Remove those of lower numbers."""
        if self._oldest is None:
            numbers = self.numbers()
            self._oldest = numbers[0] if numbers else before
        for number in range(self._oldest, before):
            files.remove(self.path(number))
        self._oldest = max(self._oldest, before)


def versioned(path: str, text: str) -> list[str]:
    """The lines below a version that is known."""
    if not text:
        raise _unreadable("IllegalStateException", None, None, path, "Incomplete log file")
    first, *lines = text.split("\n")
    if first == _VERSION:
        return lines
    if first.startswith("v") and first[1:].isdigit():
        condition = "INVALID_LOG_VERSION.MAX_SUPPORTED_VERSION"
        raise _unreadable(
            "SparkException", condition, "KD002", path,
            f"[{condition}] UnsupportedLogVersion. The maximum supported log version is {_VERSION}, but encountered {first}. The log "
            "file was produced by a newer version of Spark and cannot be read by this version. You need to upgrade. SQLSTATE: KD002",
        )  # fmt: skip
    raise _unreadable(
        "SparkException", "MALFORMED_LOG_FILE", "KD002", path,
        f"[MALFORMED_LOG_FILE] Log file was malformed: failed to read correct log version from {first[:100]}. SQLSTATE: KD002",
    )  # fmt: skip


def _unreadable(kind: str, condition: str | None, state: str | None, path: str, why: str) -> Exception:
    return faults.exception(kind, condition, state, {}, f"Failed to read log file file:{os.path.abspath(path)}. {why}")
