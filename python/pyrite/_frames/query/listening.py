"""Listeners hear of queries on a thread of their own, in order: a slow one makes no query wait, and no memory grow."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import Any

__all__ = ["Bus"]

_log = logging.getLogger("pyrite")

_EVENTS = {
    "onQueryStarted": "QueryStartedEvent",
    "onQueryProgress": "QueryProgressEvent",
    "onQueryIdle": "QueryIdleEvent",
    "onQueryTerminated": "QueryTerminatedEvent",
}
# Seconds without an event after which the thread ends; the next one begins another.
_LINGERS = 5.0
# A wait looks up this often.
_SLICE = 0.05


class Bus:
    """The listeners of a session. As in Spark, a start is told by who starts, all else later; `most` events wait at most."""

    def __init__(self, most: int = 10_000) -> None:
        self.listeners: list[Any] = []
        self.most = most
        self._waiting: queue.SimpleQueue[tuple[str, dict[str, Any]] | threading.Event] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._dropped = 0

    def now(self, method: str, event: dict[str, Any]) -> None:
        """Tell it here."""
        self._deliver(method, event)

    def later(self, method: str, event: dict[str, Any], *, needed: bool = False) -> None:
        """Tell it once what came before has been told. What isn't needed is dropped where too much waits."""
        if not self.listeners:
            return
        if not needed and self._waiting.qsize() >= self.most:
            self._drop()
            return
        self._waiting.put((method, event))
        self._serve()

    def _drop(self) -> None:
        self._dropped += 1
        if self._dropped == 1:
            _log.warning(
                "A StreamingQueryListener is too slow: progress of queries is dropped, as %d events wait for it. "
                "spark.scheduler.listenerbus.eventqueue.capacity is how many may.",
                self.most,
            )

    def _serve(self) -> None:
        # Under the lock: a thread that is about to end has either seen what was put, or is gone here.
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="pyrite-query-listeners", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while True:
            try:
                found = self._waiting.get(timeout=_LINGERS)
            except queue.Empty:
                with self._lock:
                    if self._waiting.empty():
                        self._thread = None
                        return
                continue
            if isinstance(found, threading.Event):
                found.set()
            else:
                self._deliver(*found)
            del found

    def _deliver(self, method: str, event: dict[str, Any]) -> None:
        """Call all listeners; what they raise is theirs."""
        listeners = list(self.listeners)
        if not listeners:
            return
        from pyspark.sql.streaming import listener as events

        made = getattr(events, _EVENTS[method]).fromJson(event)
        for listener in listeners:
            if not hasattr(listener, method):
                continue
            try:
                getattr(listener, method)(made)
            except (Exception, SystemExit):  # noqa: BLE001 - it is the listener's own affair
                _log.exception("A StreamingQueryListener raised in %s", method)

    def drain(self, seconds: float) -> None:
        """Wait until all that was told has been heard; whoever takes longer is given up, in a sentence."""
        if self._thread is None or threading.current_thread() is self._thread:
            return
        heard = threading.Event()
        self._waiting.put(heard)
        self._serve()
        end = time.monotonic() + seconds
        while not heard.wait(_SLICE):
            if time.monotonic() >= end:
                _log.warning(
                    "A StreamingQueryListener hasn't heard of the last events of queries within %.2g s; they are given up.",
                    seconds,
                )
                return
        if self._dropped:
            _log.warning("Listeners have not heard of %d events of queries.", self._dropped)
            self._dropped = 0
