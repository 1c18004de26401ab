"""What time it is for the queries of a session: the machine's, or one that tests move by hand."""

from __future__ import annotations

import threading
import time

__all__ = ["Clock", "ManualClock"]


class Clock:
    """The machine's."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def wait(self, moment: int, stopping: threading.Event) -> None:
        """Until then, or until the event."""
        seconds = (moment - self.now()) / 1000
        if seconds > 0:
            stopping.wait(seconds)


class ManualClock(Clock):
    """Stands until it is moved."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._moved = threading.Condition()

    def now(self) -> int:
        """Milliseconds."""
        return self._now

    def advance(self, milliseconds: int) -> None:
        """Move on."""
        with self._moved:
            self._now += milliseconds
            self._moved.notify_all()

    def wait(self, moment: int, stopping: threading.Event) -> None:
        """Until it was moved there; an event is seen within a moment."""
        with self._moved:
            while self._now < moment and not stopping.is_set():
                self._moved.wait(0.02)
