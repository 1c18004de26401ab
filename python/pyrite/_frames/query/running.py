"""A query that was started: what may be asked of it from any thread, and the thread that runs it."""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from pyrite._frames.query import failing
from pyrite._frames.query.batches import Batches
from pyrite._frames.query.telling import Telling

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
        self._telling = Telling(self)
        self._thread = threading.Thread(target=self._run, name=f"pyrite-query-{name or self.id}", daemon=True)

    def start(self) -> None:
        """Begin. What comes of it where listeners are interrupted is that it has ended before it ran."""
        try:
            self._telling.started(self.planned.shown())
            self._thread.start()
        except BaseException:
            self.stopping.set()
            self._over()
            raise

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
            self._over()

    def _over(self) -> None:
        """Nobody waits for ever, even if an error can't be told. Who waited finds the end told: listeners hear of it next."""
        self._active = self._available = False
        self._message = "Stopped" if self.failure is None else f"Terminated with exception: {self.failure.reason}"
        try:
            self.manager.ended(self)
            self._telling.ended()
        finally:
            with self._changed:
                self.ended.set()
                self._changed.notify_all()

    # What the thread says.

    def say(self, message: str) -> None:
        """What it does now."""
        if message != self._message:
            self._message = message
            self._telling.say(message)

    def status(self, *, active: bool = False, available: bool = False) -> None:
        """Whether a trigger runs, and whether there is something for it."""
        self._active, self._available = active, available

    def tell(self, told: dict[str, Any], seconds: float, watermark: int | None, *, idle: bool) -> None:
        """The progress of a batch that took so many seconds."""
        text = json.dumps(told)
        self._told.append(text)
        self._telling.progress(told, text, seconds, watermark, idle=idle)

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
        if self._thread.ident is not None and threading.current_thread() is not self._thread:
            self._thread.join(1)

    def ask_to_stop(self) -> None:
        """It ends after what it does now."""
        self.stopping.set()
        self.session.wake.set()
        for source in list(self._batches.opened):
            # One that waits for others comes back at once.
            if interrupt := getattr(source, "interrupt", None):
                interrupt()

    def stop_from_page(self) -> None:
        """As who looks at the web page wants it: what waits for its end goes on as after `stop`."""
        logging.getLogger("pyrite").info("The streaming query %s is stopped from the web page.", self.name or self.id)
        self.ask_to_stop()

    def stop(self, seconds: float | None = None) -> None:
        """Ask, and wait for the end, except in its own thread."""
        self.ask_to_stop()
        if threading.current_thread() is not self._thread and wait_for(self.ended, seconds):
            self.join()


def _by_stopping(error: BaseException) -> bool:
    """What breaks where a session is closed under a query."""
    return isinstance(error, OSError)
