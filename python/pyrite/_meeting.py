"""Where the tasks of a barrier stage wait for each other: Spark's barrier coordinator, in one process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyrite._engine import check_task

__all__ = ["Meeting", "Meetings"]

# A wait looks at least so often whether its task was told to end.
_SLICE = 0.05


class Meetings:
    """The meeting of each run of a stage."""

    def __init__(self, tasks: int) -> None:
        self._tasks = tasks
        self._lock = threading.Lock()
        self._stage: int | None = None
        self._meeting = Meeting(tasks)

    def of(self, stage: int) -> Meeting:
        """The meeting of this stage; it begins with the first task that asks."""
        with self._lock:
            if self._stage != stage:
                self._stage, self._meeting = stage, Meeting(self._tasks)
            return self._meeting


class Meeting:
    """Tasks that wait until all of them have come, again and again."""

    def __init__(self, tasks: int) -> None:
        self._tasks = tasks
        self._changed = threading.Condition()
        self._round = 0
        self._messages: dict[int, str] = {}
        self._heard: list[str] = []
        self._ended = 0
        self._failure: BaseException | None = None

    @property
    def tasks(self) -> int:
        """How many there are."""
        return self._tasks

    def meet(self, partition: int, message: str, alone: Callable[[], BaseException]) -> list[str]:
        """Wait for all others; what each has said, by partition.

        When one has failed its error is raised here too; `alone()` is, when one has ended without coming.
        """
        with self._changed:
            number = self._round
            self._messages[partition] = message
            if len(self._messages) == self._tasks:
                self._heard = [self._messages[index] for index in sorted(self._messages)]
                self._messages = {}
                self._round += 1
                self._changed.notify_all()
                return list(self._heard)
            while self._round == number:
                if self._failure is not None:
                    raise self._failure
                if self._ended:
                    raise alone()
                check_task()
                self._changed.wait(_SLICE)
            return list(self._heard)

    def end(self, failure: BaseException | None) -> None:
        """A task has ended: those that wait would wait for ever."""
        with self._changed:
            self._ended += 1
            if self._failure is None and isinstance(failure, Exception):
                self._failure = failure
            self._changed.notify_all()
