"""The one thread that changes panels: at most ten times a second, whatever batches hand over meanwhile."""

from __future__ import annotations

import atexit
import threading
import time
from typing import Protocol

from pyrite import _log

# Between two updates of a panel, in seconds, and how often one is looked at that nobody woke the thread for.
PAUSE = 0.1
LOOK = 0.4


class Sends(Protocol):
    """What has something to send."""

    def send(self) -> bool:
        """Send what is new; whether there may be more later."""


class Sender:
    """Calls `send` of what it watches, on a thread that lives while there is something to watch for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: list[Sends] = []
        self._asked = 0
        self._done = 0
        self._closed = False
        self._hurries = False
        self._thread: threading.Thread | None = None

    def watch(self, one: Sends) -> None:
        """Ask this one, too, from now on."""
        with self._changed:
            self._watched.append(one)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="pyrite-live", daemon=True)
                self._thread.start()
                atexit.register(self.close)
        self.wake()

    def wake(self) -> None:
        """There is something new."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()

    def flush(self, timeout: float, *, at_once: bool = False) -> bool:
        """Wait until all that is known now was sent; whether it was. `at_once` is for the last that is sent."""
        if threading.current_thread() is self._thread:
            return False
        with self._changed:
            self._asked += 1
            asked = self._asked
            self._hurries = self._hurries or at_once
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._done >= asked or self._closed, timeout)

    def close(self) -> None:
        """The interpreter ends: send what is known, then no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(1.0)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closed or self._asked > self._done, LOOK if self._watched else None
                )
                closed, asked = self._closed, self._asked
                watched = list(self._watched)
            # No lock is held here: sending runs code of the notebook's, and texts come from the program's own rows.
            over = [one for one in watched if not _sent(one)]
            with self._changed:
                self._done = max(self._done, asked)
                self._watched = [one for one in self._watched if one not in over]
                self._changed.notify_all()
                if closed:
                    return
                until = time.monotonic() + PAUSE
                while (left := until - time.monotonic()) > 0 and not (self._hurries or self._closed):
                    self._changed.wait(left)
                self._hurries = False


def _sent(one: Sends) -> bool:
    try:
        return one.send()
    except Exception:  # noqa: BLE001 - what the notebook or the rows do wrong ends neither the thread nor the stream
        _log.logger.exception("A live view failed and stays as it is; the stream goes on.")
        return False


sender = Sender()
