"""Calls of the executor that threads are in the middle of when the interpreter ends: they are waited for, and no other begins.

A daemon thread that came back from C++ to an interpreter that has gone would end the process with a crash.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import NoReturn, Protocol
from weakref import WeakSet

__all__ = ["INSIDE", "begin", "executors"]

# How often who waits looks.
_SLICE = 0.002


class _Interruptible(Protocol):
    def interrupt(self) -> None:
        """End what runs now."""


# Those that are told to give up what runs.
executors: WeakSet[_Interruptible] = WeakSet()


class _Inside:
    """`with INSIDE:` is round each call of the executor. Once the interpreter ends, threads but the ending one stay in it."""

    def __init__(self) -> None:
        # A finalizer may call the executor wherever its thread is.
        self._lock = threading.RLock()
        self._count = 0
        # The thread that must be the only one for a moment; the others wait until it is open.
        self._only: int | None = None
        self._open = threading.Event()
        # The thread that ends the interpreter.
        self.ending: int | None = None

    def __enter__(self) -> None:
        while True:
            with self._lock:
                if self.ending is not None and self.ending != threading.get_ident():
                    break
                if self._only in (None, threading.get_ident()) or self.ending is not None:
                    self._count += 1
                    return
            self._open.wait()
        _stay()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._count -= 1
            if self.ending is None or self.ending == threading.get_ident():
                return
        # What the call raised is of no use to anybody: it was interrupted.
        _stay()

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """The only call of the executor until it is left; False, and no call may be made, where there is another one now."""
        with self._lock:
            free = self._count == 0 and self.ending is None and self._only is None
            if free:
                self._count += 1
                self._open.clear()
                self._only = threading.get_ident()
        try:
            yield free
        finally:
            if free:
                self._only = None
                self._open.set()
                self.__exit__(None, None, None)

    def end(self) -> None:
        """The interpreter ends, by this thread."""
        with self._lock:
            self.ending = threading.get_ident()

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count


INSIDE = _Inside()


def _stay() -> NoReturn:
    """A daemon thread sleeps until the process has gone."""
    while True:
        threading.Event().wait()


def begin(seconds: float) -> None:
    """The interpreter ends, by this thread: what runs is interrupted, and has so many seconds to come back."""
    INSIDE.end()
    end = time.monotonic() + seconds
    while INSIDE.count and time.monotonic() < end:
        for executor in list(executors):
            executor.interrupt()
        time.sleep(_SLICE)
