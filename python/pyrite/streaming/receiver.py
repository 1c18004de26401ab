"""`Receiver`: a source of your own. PySpark has it for Scala and Java only; here a Python class is enough.

>>> class Ticks(Receiver):
...     def onStart(self):
...         for n in range(3):
...             self.store(n)

`ssc.receiverStream(Ticks())` is the stream of what it stores.
"""

from __future__ import annotations

import pickle
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

from pyrite import _log, _runtime
from pyrite.storagelevel import StorageLevel
from pyrite.streaming._threads import receivers, threads

__all__ = ["Receiver"]

# Without a write-ahead log nothing is due between requests: the supervisor only looks whether onStart's thread ended.
_LONG_MS = 1000
# A receiver that ended gets this long to end its threads before that is said.
_PATIENCE = 10.0
# Rows of a receiver that was told to end wait this long for room: a graceful stop makes some.
_WAIT_FOR_ROOM = 1.0


class Receiver:
    """Gets records from outside and gives them to a stream. Subclasses say how, in `onStart`.

    `onStart` runs on a thread of its own, so it may be a loop that ends when `isStopped()`; or it starts threads
    that do the work and returns. An exception in it restarts the receiver after
    `spark.streaming.receiverRestartDelay` (2 s).
    """

    def __init__(self, storageLevel: StorageLevel = StorageLevel.MEMORY_AND_DISK_2) -> None:
        self.storageLevel = storageLevel

    def onStart(self) -> None:
        """Begin to receive: override it.

        Raises
        ------
        NotImplementedError
            The class doesn't say how.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method onStart(self) that calls self.store(row)")

    def onStop(self) -> None:
        """Clean up what `onStart` made: called after each stop, also before a restart."""

    def store(self, data: Any) -> None:
        """Add a row; or, of a list or an iterator, all of its rows, which become a block of their own.

        A single row waits for its block interval. Rows of a list are stored when the call returns: with
        `spark.streaming.receiver.writeAheadLog.enable` they are on the disk, and their source may be told so. While
        batches are slow the call waits; so it does for `spark.streaming.receiver.maxRate`.

        Raises
        ------
        TimeoutError
            The rows were not on the disk after `spark.streaming.receiver.blockStoreTimeout` (30 s).
        RuntimeError
            The receiver has ended, and rows that were to be on the disk are not.
        """
        supervisor = self._supervisor()
        if isinstance(data, Iterator):
            data = list(data)
        if isinstance(data, list):
            supervisor.store_rows(data)
        else:
            supervisor.store_row(data)

    def restart(self, message: str, exception: BaseException | None = None, delay: float | None = None) -> None:
        """Stop and start again after `delay` seconds; by default after `spark.streaming.receiverRestartDelay`."""
        self._supervisor().ask(_Restart(message, exception, delay))

    def stop(self, message: str, exception: BaseException | None = None) -> None:
        """Stop for good. The stream goes on without new rows."""
        self._supervisor().ask(_Stop(message, exception))

    def reportError(self, message: str, exception: BaseException | None = None) -> None:
        """Tell the log and the listeners of an error that the receiver goes on after."""
        self._supervisor().report(message, exception)

    def isStarted(self) -> bool:
        """Whether it was started and not stopped."""
        supervisor = self.__dict__.get("_supervised")
        return supervisor is not None and supervisor.active

    def isStopped(self) -> bool:
        """Whether it was told to stop, for good or to start again: then what `onStart` began must end."""
        return not self.isStarted()

    @property
    def streamId(self) -> int:
        """The number of its input stream; -1 before it has one."""
        return int(self.__dict__.get("_stream_id", -1))

    def _supervisor(self) -> _Supervisor:
        supervisor = self.__dict__.get("_supervised")
        if supervisor is None:
            raise RuntimeError(f"this {type(self).__name__} receives for no stream that was started")
        return supervisor  # type: ignore[no-any-return]

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_supervised"}


class _Restart:
    def __init__(self, message: str, error: BaseException | None, delay: float | None) -> None:
        self.message, self.error, self.delay = message, error, delay


class _Stop:
    def __init__(self, message: str, error: BaseException | None) -> None:
        self.message, self.error = message, error


class _Supervisor:
    """Runs a receiver on a thread, starts it again when it fails, and ends it with the context."""

    def __init__(self, receiver: Receiver, reception: Any) -> None:
        self.receiver = receiver
        self.reception = reception
        self.delay_ms, self.timeout, self.logged = reception.settings
        self.active = False
        self.over = False
        self.told: str | None = None
        self.request: _Restart | _Stop | None = None
        self.lock = threading.Lock()

    # -- rows

    def store_row(self, row: Any) -> None:
        row, weight = _owned(row)
        if self._admits(1):
            self.reception.store_row(row, weight)

    def store_rows(self, rows: list[Any]) -> None:
        if not rows:
            return
        if self._admits(len(rows)):
            self.reception.store_rows(rows, self.timeout)
        elif self.logged:
            raise RuntimeError(f"{self.name} has ended: these rows were not stored")

    def _admits(self, rows: int) -> bool:
        """Wait until so many rows may come; whether they may.

        What is handed over while the context stops still counts, as far as there is room for it: nobody knows when a
        receiver ends that doesn't look at `isStopped`.
        """
        if self.reception.ending:
            deadline = time.monotonic() + _WAIT_FOR_ROOM
            while not (self.over or self.reception.has_room) and time.monotonic() < deadline:
                time.sleep(0.005)
        if self.over or (self.reception.ending and not self.reception.has_room):
            self._say("Rows that a receiver stores after its end are dropped.")
            return False
        while rows > 0:
            taken = self.reception.admit(rows)
            if taken is None:
                return True
            rows -= taken
        return True

    # -- life

    def ask(self, request: _Restart | _Stop) -> None:
        with self.lock:
            if self.request is None or isinstance(request, _Stop):
                self.request = request
            self.active = False
        self.reception.nudge()

    def report(self, message: str, error: BaseException | None) -> None:
        _log.logger.warning("%s: %s%s", self.name, message, f" ({_brief(error)})" if error is not None else "")
        self.reception.failed(message, _text(error))

    @property
    def name(self) -> str:
        return f"{type(self.receiver).__name__}-{self.receiver.streamId}"

    def run(self) -> None:
        """What the supervisor's thread does."""
        try:
            while not self.reception.ending:
                request = self._once()
                if self.reception.ending or request is None:
                    self.reception.stopped("Stopped by driver", "")
                    break
                if isinstance(request, _Stop):
                    self._say(f"{self.name} has stopped: {request.message}")
                    self.reception.stopped(request.message, _text(request.error))
                    break
                delay = self.delay_ms if request.delay is None else int(request.delay * 1000)
                self._say_restart(request, delay)
                message = f"Restarting receiver with delay {delay}ms: {request.message}"
                self.reception.stopped(message, _text(request.error))
                self.reception.pause(delay)
        finally:
            self.active = False
            self.over = True
            self.reception.ended()

    def _once(self) -> _Restart | _Stop | None:
        """From one start to the next stop; why it stopped, None when the context did."""
        with self.lock:
            if isinstance(self.request, _Stop):  # it came while the restart waited
                return self.request
            self.request = None
            self.active = True
        self.reception.started()
        thread = threading.Thread(target=self._start, name=f"pyrite-{self.name}", daemon=True)
        threads.add(thread)
        receivers.add(thread)
        thread.start()
        while self.request is None and not self.reception.ending:
            self.reception.sleep(self.reception.interval_ms if self.logged else _LONG_MS)
            self._tick()
        self.active = False
        try:
            self.receiver.onStop()
        except BaseException as error:  # noqa: BLE001 - the program's own
            self.report("Error in onStop", error)
        thread.join(_PATIENCE)
        if thread.is_alive() and not self.reception.ending:
            self._say(f"{self.name} was told to stop, but its onStart goes on: does its loop look at isStopped()?")
            while thread.is_alive() and not self.reception.ending:
                self.reception.sleep(_LONG_MS)
        self._tick()
        return self.request

    def _tick(self) -> None:
        try:
            self.reception.tick()
        except Exception as error:  # noqa: BLE001 - a row's own pickling may raise anything
            self.report("Rows could not be stored", error)

    def _start(self) -> None:
        try:
            self.receiver.onStart()
        except BaseException as error:  # noqa: BLE001 - the program's own
            if not isinstance(error, SystemExit):
                self.ask(_Restart(f"Error starting receiver {self.receiver.streamId}", error, None))

    def _say_restart(self, request: _Restart, delay: int) -> None:
        seconds = f"{delay / 1000:g} s"
        because = f": {_brief(request.error)}" if request.error is not None else ""
        self._say(f"{self.name} starts again in {seconds}. {request.message}{because}", request.error)

    def _say(self, text: str, error: BaseException | None = None) -> None:
        """Log a line, and not again while it is the last one."""
        if text != self.told:
            self.told = text
            _log.logger.warning(text, exc_info=error)


# How a class says that it pickles in a way of its own.
_PICKLING = ("__getstate__", "__reduce__", "__reduce_ex__")


class Launch:
    """What the engine calls to begin: it gets a reception, and a thread runs the receiver from then on."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self._before: dict[str, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """A checkpoint has the receiver as the program made it: connections that it has opened since are its own."""
        receiver, kind = self.receiver, type(self.receiver)
        is_own = any(getattr(kind, name) is not getattr(Receiver, name) for name in _PICKLING)
        if self._before is not None and not is_own:
            receiver = object.__new__(kind)
            receiver.__dict__.update(self._before)
        return {"receiver": receiver, "_before": None}

    def __call__(self, reception: Any) -> None:
        receiver = self.receiver
        self._before = Receiver.__getstate__(receiver)
        receiver.__dict__["_stream_id"] = reception.stream_id
        supervisor = _Supervisor(receiver, reception)
        receiver.__dict__["_supervised"] = supervisor
        thread = threading.Thread(target=supervisor.run, name=f"pyrite-{supervisor.name}-supervisor", daemon=True)
        threads.add(thread)
        receivers.add(thread)
        thread.start()


def _owned(row: Any) -> tuple[Any, int]:
    """The row, or a copy where its owner could change it; and about how many bytes it takes."""
    if _runtime.is_immutable(row):
        return row, _weight(row)
    pickled = _runtime.dumps([row])
    return pickle.loads(pickled)[0], sys.getsizeof(row, 64) + len(pickled)


def _weight(row: Any) -> int:
    size = sys.getsizeof(row, 64)
    return size + sum(map(_weight, row)) if type(row) in (tuple, frozenset) else size


def _brief(error: BaseException | None) -> str:
    return "" if error is None else f"{type(error).__name__}: {error}"


def _text(error: BaseException | None) -> str:
    return "" if error is None else "".join(traceback.format_exception(error))
