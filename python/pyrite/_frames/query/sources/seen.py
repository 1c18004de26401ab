"""Which files of a folder no batch has had."""

from __future__ import annotations

import os

__all__ = ["Seen"]


class Seen:
    """Files with their times. What is older by `age` milliseconds than the newest is not looked at any more."""

    def __init__(self, age: int | None, *, by_name: bool) -> None:
        self._age = age
        self._by_name = by_name
        self._times: dict[str, int] = {}
        self._newest = self._purged = 0

    def _key(self, path: str) -> str:
        return os.path.basename(path) if self._by_name else path

    def add(self, path: str, time: int) -> None:
        """A batch has it."""
        self._times[self._key(path)] = time
        self._newest = max(self._newest, time)

    def fresh(self, path: str, time: int) -> bool:
        """Whether it is one for a batch."""
        return time >= self._purged and self._key(path) not in self._times

    def purge(self) -> None:
        """Forget those that are too old; they don't come again."""
        if self._age is None or self._newest - self._age <= self._purged:
            return
        self._purged = self._newest - self._age
        self._times = {key: time for key, time in self._times.items() if time >= self._purged}
