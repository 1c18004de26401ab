"""A log whose every tenth file has all that was before it: `9.compact`, `19.compact`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

from pyrite._frames.query.checkpoint import files
from pyrite._frames.query.checkpoint.log import Log, versioned

__all__ = ["CompactedLog"]

_END = ".compact"
# Readers that began before a file was put together may still want it so long.
_DELAY = 600


class CompactedLog(Log):
    """Entries are objects of JSON, one a line, as Spark's `CompactibleFileStreamLog` writes them."""

    def __init__(
        self,
        folder: str,
        interval: int = 10,
        retained: int = 100,
        kept: Callable[[dict[str, Any]], bool] = lambda entry: True,
    ) -> None:
        super().__init__(folder)
        # What stays when entries are put together.
        self._kept = kept
        self._interval = interval
        self._retained = retained

    def _names(self) -> dict[int, str]:
        """The file of each number."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return {}
        found = {}
        for name in sorted(names):
            number = name.removesuffix(_END)
            if number.isascii() and number.isdigit():
                found[int(number)] = name
        return found

    def numbers(self) -> list[int]:
        """Those that are there, in order."""
        return sorted(self._names())

    def entries(self, upto: int | None = None) -> list[dict[str, Any]]:
        """All that are in force up to a number."""
        names = {at: name for at, name in self._names().items() if upto is None or at <= upto}
        first = max((at for at, name in names.items() if name.endswith(_END)), default=0)
        found: list[dict[str, Any]] = []
        for at in range(first, max(names, default=-1) + 1):
            if at not in names:
                raise files.broken(self.path(at), "it is missing, and later ones are there")
            found += self._read(names[at])
        return found

    def _read(self, name: str) -> list[dict[str, Any]]:
        path = os.path.join(self.folder, name)
        found = []
        for line in versioned(path, files.text_of(path) or ""):
            if line:
                try:
                    entry = json.loads(line)
                    entry["path"]
                except (ValueError, KeyError, TypeError):
                    raise files.broken(path, f"a line is no entry: {line[:80]!r}") from None
                found.append(entry)
        return found

    def append(self, number: int, entries: list[dict[str, Any]]) -> None:
        """Write one; it is on disk when this returns."""
        compact = (number + 1) % self._interval == 0
        if compact:
            entries = [entry for entry in self.entries(number - 1) if self._kept(entry)] + entries
        lines = [json.dumps(entry, separators=(",", ":"), ensure_ascii=False) for entry in entries]
        os.makedirs(self.folder, exist_ok=True)
        path = self.path(number) + (_END if compact else "")
        files.write(path, "\n".join(["v1", *lines]).encode())
        if compact:
            self._expire(number)

    def _expire(self, number: int) -> None:
        """What a compacted file has since long, and no batch that is retained needs."""
        oldest = max(
            (at for at, name in self._names().items() if name.endswith(_END) and at <= number - self._retained),
            default=0,
        )
        before = time.time() - _DELAY
        for at, name in self._names().items():
            path = os.path.join(self.folder, name)
            if at < oldest and os.stat(path).st_mtime < before:
                files.remove(path)
