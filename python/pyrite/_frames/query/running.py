"""A query that was started: what may be asked of it from any thread, and the thread that runs it."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from pyrite._frames.query import failing
from pyrite._frames.query.batches import Batches

if TYPE_CHECKING:
    from pyrite._frames.query.checkpoint import Checkpoint
    from pyrite._frames.query.manager import Manager
    from pyrite._frames.query.planned import Planned, Session
    from pyrite._frames.query.sinks import Sink
    from pyrite._frames.query.triggers import Trigger

__all__ = ["Query", "wait_for"]

# A wait looks up this often: an interrupt comes through everywhere.
_SLICE = 0.1


def wait_for(event: threading.Event, seconds: float | None) -> bool:
    """Wait for it in slices; whether it came."""
    end = None if seconds is None else time.monotonic() + seconds
    while not event.is_set():
        left = _SLICE if end is None else min(_SLICE, end - time.monotonic())
        if left <= 0:
            return False
        event.wait(left)
    return True


class Query:
    """Its thread is its own from `start` to the end; `ended` is set when nothing of it runs any more."""

    def __init__(
        self,
        manager: Manager,
        planned: Planned,
        session: Session,
        sink: Sink,
        *,
        name: str | None,
        mode: str,
        trigger: Trigger,
        partitions: int,
        checkpoint: Checkpoint | None = None,
        told: int = 100,
    ) -> None:
        self.manager = manager
        self.planned = planned
        self.session = session
        self.sink = sink
        self.name = name
        self.mode = mode
        self.trigger = trigger
        self.partitions = partitions
        self.checkpoint = checkpoint
        self.id = str(uuid.uuid4()) if checkpoint is None else checkpoint.id
        self.run_id = str(uuid.uuid4())
        self.stopping = threading.Event()
        self.ended = threading.Event()
        self.failure: failing.Failure | None = None
        self._message = "Initializing sources"
        self._active = self._available = False
        self._told: deque[str] = deque(maxlen=told)
        self._changed = threading.Condition()
        # Looks for something new: how many have begun, and which was the last that found nothing.
        self._looks = self._clean = 0
        # The next trigger, while it waits for it.
        self._rests_until: int | None = None
        self._batches = Batches(self)
        self._thread = threading.Thread(target=self._run, name=f"pyrite-query-{name or self.id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.manager.listen("onQueryStarted", {
            "id": self.id, "runId": self.run_id, "name": self.name, "timestamp": self._now(), "jobTags": [],
        })  # fmt: skip
        self._thread.start()

    def _now(self) -> str:
        from pyrite._frames.query.progress import moment

        return moment(self.session.clock())

    def _run(self) -> None:
        try:
            try:
                self._batches.run()
            except BaseException as error:  # noqa: BLE001 - the query ends with it, and whoever waits is told
                if not (self.stopping.is_set() and _by_stopping(error)):
                    self.failure = failing.Failure(self, error)
            try:
                self._batches.close()
            except Exception as error:  # noqa: BLE001 - the same
                self.failure = self.failure or failing.Failure(self, error)
        finally:
            # Nobody waits for ever, even if an error can't be told.
            self._active = self._available = False
            self._message = "Stopped" if self.failure is None else f"Terminated with exception: {self.failure.reason}"
            self.manager.ended(self)
            with self._changed:
                self.ended.set()
                self._changed.notify_all()
        self.manager.listen("onQueryTerminated", {
            "id": self.id, "runId": self.run_id,
            "exception": self.failure and self.failure.message,
            "errorClassOnException": self.failure and self.failure.condition,
        })  # fmt: skip

    # What the thread says.

    def say(self, message: str) -> None:
        """What it does now."""
        self._message = message

    def status(self, *, active: bool = False, available: bool = False) -> None:
        """Whether a trigger runs, and whether there is something for it."""
        self._active, self._available = active, available

    def tell(self, told: dict[str, Any], *, idle: bool) -> None:
        """The progress of a batch."""
        self._told.append(json.dumps(told))
        if idle:
            self.manager.listen("onQueryIdle", {"id": self.id, "runId": self.run_id, "timestamp": told["timestamp"]})
        else:
            self.manager.listen("onQueryProgress", {"progress": told})

    def look(self) -> int:
        """It looks for something new; gives the look's number."""
        with self._changed:
            self._looks += 1
            return self._looks

    def nothing_new(self, look: int) -> None:
        """All that was available when it looked has been processed."""
        with self._changed:
            self._clean = look
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Until something may have come."""
        self.session.wake.wait(seconds)

    def rest(self, moment: int) -> None:
        """Until the next trigger."""
        self._rests_until = moment
        self.session.time.wait(moment, self.stopping)
        self._rests_until = None

    # What is asked.

    @property
    def active(self) -> bool:
        """Whether it runs."""
        return not self.ended.is_set()

    def state(self) -> tuple[str, bool, bool]:
        """Message, whether there is data, whether a trigger runs."""
        return self._message, self._available, self._active

    def progress(self) -> list[str]:
        """The JSON of the last batches."""
        return list(self._told)

    def await_end(self, seconds: float | None) -> bool:
        """Wait for its end; its failure is raised."""
        ended = wait_for(self.ended, seconds)
        if ended:
            self.join()
        if ended and self.failure is not None:
            raise self.failure.exception()
        return ended

    def process_all(self) -> None:
        """Wait until a look has found nothing new that was begun after this call."""
        with self._changed:
            before = self._looks
            while self._clean <= before and not self.ended.is_set():
                self.session.wake.set()
                self._changed.wait(_SLICE)
        if self.failure is not None:
            raise self.failure.exception()

    def settled(self, now: int) -> bool:
        """Whether it has done what is due at this time of its clock's, but for what asks itself; without an interval it is told to look."""
        if self.ended.is_set() or threading.current_thread() is self._thread:
            return True
        if self.trigger.interval:
            return self._rests_until is not None and self._rests_until > now
        self.process_all()
        return True

    def join(self) -> None:
        """Let its thread come to its very end: what it leaves there is C++'s, and must not meet the interpreter's end."""
        if threading.current_thread() is not self._thread:
            self._thread.join(1)

    def ask_to_stop(self) -> None:
        """It ends after what it does now."""
        self.stopping.set()
        self.session.wake.set()
        for source in list(self._batches.opened):
            # One that waits for others comes back at once.
            if interrupt := getattr(source, "interrupt", None):
                interrupt()

    def stop(self, seconds: float | None = None) -> None:
        """Ask, and wait for the end, except in its own thread."""
        self.ask_to_stop()
        if threading.current_thread() is not self._thread and wait_for(self.ended, seconds):
            self.join()


def _by_stopping(error: BaseException) -> bool:
    """What breaks where a session is closed under a query."""
    return isinstance(error, OSError)
