"""`spark.streaming.stopGracefullyOnShutdown`: a program that ends, or is told to (SIGTERM), works off what came in."""

from __future__ import annotations

import atexit
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from pyrite import _log

# What a shell shows of a program that SIGTERM ended.
_CODE = 128 + signal.SIGTERM
Handler = Callable[[int, FrameType | None], Any]


class Shutdown:
    """Answers SIGTERM with a graceful stop while a context runs."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._before: Any = None
        self._set = False

    def arm(self) -> None:
        """From now on, also where the program comes to its end. Signals are the main thread's."""
        atexit.register(self._stop)
        if threading.current_thread() is not threading.main_thread():
            _log.logger.warning(
                "spark.streaming.stopGracefullyOnShutdown has no effect on SIGTERM: start() was not called on the main "
                "thread, where signals arrive."
            )
            return
        before = signal.getsignal(signal.SIGTERM)
        if before is signal.SIG_IGN or before is None:
            return
        self._before, self._set = before, True
        signal.signal(signal.SIGTERM, self._stop_gracefully)

    def disarm(self) -> None:
        """The context has stopped: SIGTERM is what it was."""
        atexit.unregister(self._stop)
        if not self._set or threading.current_thread() is not threading.main_thread():
            return
        self._set = False
        if signal.getsignal(signal.SIGTERM) == self._stop_gracefully:
            signal.signal(signal.SIGTERM, self._before)

    def _stop_gracefully(self, number: int, frame: FrameType | None) -> None:
        before = self._before
        # A second signal doesn't wait.
        self.disarm()
        self._stop()
        if callable(before):
            before(number, frame)
        else:
            sys.exit(_CODE)
