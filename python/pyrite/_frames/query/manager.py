"""The queries of a session."""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING

from pyrite._frames import ending, faults
from pyrite._frames.query.clocks import Clock
from pyrite._frames.query.listening import Bus

if TYPE_CHECKING:
    from pyrite._frames.query.running import Query

__all__ = ["Manager", "one_run"]

_managers: weakref.WeakSet[Manager] = weakref.WeakSet()
_numbers = itertools.count(1)
# Seconds that the end of the program waits for queries, and for their listeners.
_AT_EXIT = 4.0
# Seconds that listeners have in any case.
_HEARING = 0.5
# The same for a query of the executor that was interrupted.
_INTERRUPTED = 1.0


class Manager:
    """Knows those that run, and those that have ended until they are reset."""

    def __init__(self, most_events: int = 10_000) -> None:
        self.bus = Bus(most_events)
        # What those go by that begin from now on.
        self.clock = Clock()
        self._active: dict[str, Query] = {}
        self._known: dict[str, Query] = {}
        self._ended: list[Query] = []
        self._changed = threading.Condition()
        _managers.add(self)

    def number(self) -> int:
        """A number that no other query of the process has."""
        return next(_numbers)

    def start(self, query: Query) -> None:
        """Run it, unless one of its name runs."""
        with self._changed:
            if query.name and any(each.name == query.name for each in self._active.values()):
                raise faults.exception(
                    "IllegalArgumentException", None, None, {},
                    f"Cannot start query with name {query.name} as a query with that name is already active in this SparkSession",
                )  # fmt: skip
            self._active[query.id] = query
            self._known[query.run_id] = query
            # Handles to queries that ended long ago may ask; not without end.
            while len(self._known) > 1000:
                oldest = next(iter(self._known))
                if self._known[oldest].active:
                    break
                del self._known[oldest]
        query.start()

    def ended(self, query: Query) -> None:
        """Its thread has come to its end."""
        with self._changed:
            self._active.pop(query.id, None)
            self._ended.append(query)
            del self._ended[:-100]
            self._changed.notify_all()

    def active(self) -> list[Query]:
        """Those that run."""
        with self._changed:
            return list(self._active.values())

    def get(self, query_id: str) -> Query | None:
        """One that runs."""
        with self._changed:
            return self._active.get(query_id)

    def of_run(self, run_id: str) -> Query | None:
        """One that runs or has run."""
        with self._changed:
            return self._known.get(run_id)

    def await_any(self, seconds: float | None) -> bool:
        """Wait until one has ended since the last reset; the failure of one is raised."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            with self._changed:
                if self._ended:
                    failed = next((each for each in self._ended if each.failure is not None), None)
                    break
                left = 0.1 if end is None else min(0.1, end - time.monotonic())
                if left <= 0:
                    return False
                self._changed.wait(left)
        if failed is not None and failed.failure is not None:
            raise failed.failure.exception()
        return True

    def reset(self) -> None:
        """Forget those that have ended."""
        with self._changed:
            self._ended.clear()

    def ask_all(self) -> list[Query]:
        """Ask those that run to stop."""
        running = self.active()
        for query in running:
            query.ask_to_stop()
        return running

    def close(self, seconds: float = 10) -> None:
        """All end, and listeners hear of it. At the end of the program that is done once."""
        if ending.INSIDE.ending is None:
            self._close(seconds)

    def _close(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        running = self.ask_all()
        for query in running:
            query.stop(max(0.0, end - time.monotonic()))
            if query.active:
                logging.getLogger("pyrite").warning(
                    "The streaming query %s still runs %g s after it was asked to stop; what it does is given up.",
                    query.name or query.id, seconds,
                )  # fmt: skip
        with self._changed:
            ended = [each for each in self._known.values() if not each.active]
        for query in ended:
            query.join()
        self.bus.drain(max(_HEARING, end - time.monotonic()))


def one_run(query_id: str, *, stop: bool) -> None:
    """A query that is to be started anew may not run, in any session: it is stopped, or the new one refused."""
    for manager in list(_managers):
        running = manager.get(query_id)
        if running is None:
            continue
        if not stop:
            raise faults.exception(
                "IllegalStateException", None, None, {},
                f"Cannot start query with id {query_id} as another query with same id is already active. Perhaps you are attempting to "
                "restart a query from checkpoint that is already active. You may stop the old query by setting the SQL configuration: "
                'spark.conf.set("spark.sql.streaming.stopActiveRunOnRestart", true) and retry.',
            )  # fmt: skip
        logging.getLogger("pyrite").warning(
            "The streaming query %s runs and is stopped, as it is started anew on its checkpoint.",
            running.name or query_id,
        )
        running.stop()


def first_at_exit() -> None:
    """What was imported meanwhile ends after queries do."""
    atexit.unregister(_close_all)
    atexit.register(_close_all)


@atexit.register
def _close_all() -> None:
    """No thread may run Python code while the interpreter ends; who takes long is given up all the same."""
    managers = list(_managers)
    for manager in managers:
        manager.ask_all()
    for manager in managers:
        manager.close(_AT_EXIT)
    ending.begin(_INTERRUPTED)
