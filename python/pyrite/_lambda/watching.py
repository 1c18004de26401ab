"""Debuggers, coverage and profilers: while one is active, user code runs where it can see it."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_monitoring: Any = getattr(sys, "monitoring", None)
_logger = logging.getLogger("pyrite")
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_said = False

Trace = Callable[[FrameType, str, Any], Any]


def watched() -> str | None:
    """Why user code must run in the interpreter now: somebody counts or stops at its lines."""
    if sys.gettrace() is not None or threading.gettrace() is not None:
        return "a tracer is active"
    if sys.getprofile() is not None or threading.getprofile() is not None:
        return "a profiler is active"
    if _monitoring is not None:
        tool = _monitoring.get_tool
        if tool(0) == "bdbtracer":
            return "a tracer is active"
        if tool(0) or tool(1) or tool(2) or tool(3) or tool(4) or tool(5):
            return "a sys.monitoring tool is active"
    return None


def say(why: str) -> None:
    """Say once that nothing is compiled."""
    global _said
    if not _said:
        _said = True
        _logger.info("Nothing is compiled while %s, so that it sees the lines of your functions.", why)


class Lent:
    """A tracer of the thread that asked for a job, on the threads that run its functions, one of them at a time.

    A debugger that traces one thread (pdb) would see nothing of them otherwise. Pyrite's own frames it doesn't see.
    """

    __slots__ = ("_lock", "_tracer", "lender")

    def __init__(self, tracer: Trace) -> None:
        self.lender = threading.get_ident()
        self._tracer = tracer
        self._lock = threading.RLock()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        """A call; what it gives sees the lines."""
        if frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        with self._lock:
            local = self._tracer(frame, event, argument)
        return None if local is None else _Local(local, self._lock)


class _Local:
    """The tracer of one frame."""

    __slots__ = ("_lock", "_tracer")

    def __init__(self, tracer: Trace, lock: Any) -> None:
        self._tracer = tracer
        self._lock = lock

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        with self._lock:
            local = self._tracer(frame, event, argument)
        if local is None:
            return None
        self._tracer = local
        return self


_lent: Lent | None = None


def lent() -> Any:
    """What traces this thread, for those that run its functions; None where nothing does.

    What is meant for every thread (coverage) begins on those that were there before; other tracers are lent.
    """
    global _lent
    everywhere = threading.gettrace()
    if everywhere is not None:
        return everywhere
    tracer: Any = sys.gettrace() or _debugger()
    if tracer is None or isinstance(tracer, Lent):
        return tracer
    # A bound method is made anew each time that it is asked for.
    if _lent is None or _lent._tracer != tracer or _lent.lender != threading.get_ident():
        _lent = Lent(tracer)
    return _lent


def _debugger() -> Any:
    """What traces for pdb, which from 3.14 on has sys.monitoring call it and heeds only the thread that it began on."""
    if sys.version_info < (3, 14) or _monitoring.get_tool(_monitoring.DEBUGGER_ID) != "bdbtracer":
        return None
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        debugger = getattr(frame.f_trace, "__self__", None)
        if isinstance(debugger, sys.modules["bdb"].Bdb):
            return debugger.trace_dispatch
        frame = frame.f_back
    return None


def follow(tracer: Any) -> None:
    """Traces this thread with what traces another one, or no longer."""
    if isinstance(tracer, Lent) and tracer.lender == threading.get_ident():
        return
    current = sys.gettrace()
    if current is None if tracer is not None else isinstance(current, Lent):
        sys.settrace(tracer)
