"""Tracebacks that end in the user's own line.

An exception that leaves Pyrite carries no frame of Pyrite: `clean` rebuilds its traceback without them, and `action`
marks the public methods at which that happens. `Failure` keeps an exception that is raised more than once (a stream's
stored error) with the traceback and notes it had at first.
"""

from __future__ import annotations

import functools
import os
import traceback as printing
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from pyrite import _engine

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
# Library code that only our own frames call: `top` runs the user's key inside heapq, freezing runs inside cloudpickle.
_BELOW_US = ("heapq.py", "functools.py", f"cloudpickle{os.sep}cloudpickle.py", "threading.py")

Function = TypeVar("Function", bound=Callable[..., Any])


def is_ours(filename: str) -> bool:
    """Whether a code object with this file name belongs to Pyrite."""
    return filename.startswith(_PACKAGE)


def without_our_frames(traceback: TracebackType | None) -> TracebackType | None:
    """The same traceback without Pyrite's frames, nor those of the library code that Pyrite itself called."""
    kept: list[TracebackType] = []
    below_us = False
    removed = False
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if is_ours(filename):
            below_us = removed = True
        elif below_us and filename.endswith(_BELOW_US):
            removed = True
        else:
            below_us = False
            kept.append(traceback)
        traceback = traceback.tb_next
    if not removed:
        return kept[0] if kept else None
    chain: TracebackType | None = None
    for entry in reversed(kept):
        chain = TracebackType(chain, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return chain


def clean(error: BaseException) -> BaseException:
    """Take Pyrite's frames out of `error` and of the errors it came from, in place; repeated notes are kept once."""
    error.__traceback__ = without_our_frames(error.__traceback__)
    _clean_rest(error)
    return error


def shown(error: BaseException, trace: TracebackType | None) -> tuple[type, BaseException, TracebackType | None]:
    """`exc_info` to log an exception whose own traceback another thread may be raising it with."""
    _clean_rest(error)
    return type(error), error, without_our_frames(trace)


def _clean_rest(error: BaseException) -> None:
    """The errors that `error` came from without Pyrite's frames; all notes once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        if current is not error:
            current.__traceback__ = without_our_frames(current.__traceback__)
        notes = getattr(current, "__notes__", None)
        if notes and len(set(notes)) != len(notes):
            current.__notes__ = list(dict.fromkeys(notes))
        waiting += (current.__cause__, current.__context__)


class Failure:
    """An exception to be raised any number of times, each time with the traceback and the notes it has now."""

    __slots__ = ("_error", "_notes", "_traceback")

    def __init__(self, error: BaseException) -> None:
        self._error = clean(error)
        self._traceback = error.__traceback__
        self._notes = list(getattr(error, "__notes__", ()))

    def again(self) -> BaseException:
        """The exception, as it was when it was stored: `raise failure.again()`."""
        self._error.__traceback__ = self._traceback
        if self._notes or hasattr(self._error, "__notes__"):
            self._error.__notes__ = list(self._notes)
        return self._error


def _guarded(function: Function) -> Function:
    """`action` without the native boundary: it leaves one frame of ours, its own."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            clean(error)
            raise

    return guarded  # type: ignore[return-value]


def action(function: Function) -> Function:
    """Decorate a public function or method whose errors are the user's to read.

    `_engine.Boundary` calls it from native code, so that not even the wrapper has a frame in the traceback.
    """
    boundary = getattr(_engine, "Boundary", None)
    if boundary is None:
        return _guarded(function)
    wrapped: Any = functools.update_wrapper(boundary(function), function)
    return wrapped  # type: ignore[no-any-return]


def report(error: BaseException, trace: TracebackType | None) -> str:
    """An exception as a program that ends with it prints it. Native code calls this."""
    return "".join(printing.format_exception(type(error), error, without_our_frames(trace)))
