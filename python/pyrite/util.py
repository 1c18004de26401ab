"""Threads that start jobs for the thread that made them, with its local properties; and PySpark's small helpers."""

from __future__ import annotations

import contextlib
import functools
import gc
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, TextIO

from pyrite._traceback import is_ours
from pyrite.errors import stop_iteration_error

__all__ = [
    "InheritableThread",
    "PythonEvalType",
    "VersionUtils",
    "default_api_mode",
    "disable_gc",
    "fail_on_stopiteration",
    "inheritable_thread_target",
    "is_remote_only",
    "keyword_only",
    "print_exec",
    "since",
    "spark_connect_mode",
    "try_simplify_traceback",
    "walk_tb",
]

# The ranges of a JVM's numbers, which types have.
JVM_BYTE_MIN, JVM_BYTE_MAX = -(1 << 7), (1 << 7) - 1
JVM_SHORT_MIN, JVM_SHORT_MAX = -(1 << 15), (1 << 15) - 1
JVM_INT_MIN, JVM_INT_MAX = -(1 << 31), (1 << 31) - 1
JVM_LONG_MIN, JVM_LONG_MAX = -(1 << 63), (1 << 63) - 1

_MIB = {"k": 1 / 1024, "m": 1, "g": 1024, "t": 1024 * 1024}


class PythonEvalType:
    """How a function is called: those of RDDs are no functions of SQL."""

    NON_UDF = 0


class VersionUtils:
    """Reads versions of Spark."""

    @staticmethod
    def majorMinorVersion(sparkVersion: str) -> tuple[int, int]:
        """The first two numbers.

        Raises
        ------
        ValueError
            It has no two numbers.

        Examples
        --------
        >>> VersionUtils.majorMinorVersion("4.3.0-SNAPSHOT")
        (4, 3)
        """
        found = re.fullmatch(r"(\d+)\.(\d+)(\..*)?", sparkVersion)
        if found is None:
            raise ValueError(f"{sparkVersion!r} is no version of Spark: it has no major and minor number")
        return int(found[1]), int(found[2])


def _parse_memory(s: str) -> int:
    """A size such as `2g` in MiB."""
    if s[-1:].lower() not in _MIB:
        raise ValueError(f"invalid format: {s}")
    return int(float(s[:-1]) * _MIB[s[-1].lower()])


def since(version: str | float) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that adds to a function's documentation since which release it is there."""

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        text = function.__doc__ or ""
        indents = [len(line) - len(line.lstrip()) for line in text.split("\n")[1:] if line.startswith(" ")]
        function.__doc__ = f"{text.rstrip()}\n\n{' ' * min(indents, default=0)}.. versionadded:: {version}"
        return function

    return noted


def print_exec(stream: TextIO) -> None:
    """Print the exception that is being handled."""
    traceback.print_exception(*sys.exc_info(), file=stream)


def walk_tb(tb: TracebackType | None) -> Iterator[TracebackType]:
    """A traceback's entries, the outermost first."""
    while tb is not None:
        yield tb
        tb = tb.tb_next


def try_simplify_traceback(tb: TracebackType) -> TracebackType | None:
    """The traceback from its first entry on that isn't Pyrite's; None if all are."""
    return next((entry for entry in walk_tb(tb) if not is_ours(entry.tb_frame.f_code.co_filename)), None)


@contextlib.contextmanager
def disable_gc() -> Iterator[None]:
    """The garbage collector stands still within, if it runs."""
    ran = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ran:
            gc.enable()


def is_remote_only() -> bool:
    """Whether there is only the Spark Connect client: never, RDDs are here. That client is told something else."""
    return False


def spark_connect_mode() -> str:
    """`0`: this is not Spark Connect."""
    return "0"


def default_api_mode() -> str:
    """`classic`, as opposed to Spark Connect."""
    return "classic"


def fail_on_stopiteration(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose StopIteration is an error: let through, it would end the rows silently.

    Examples
    --------
    >>> fail_on_stopiteration(lambda rows: next(rows))(iter([1]))
    1
    """

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return f(*args, **kwargs)
        except StopIteration as error:
            raise stop_iteration_error(error) from error

    return wrapper


def keyword_only(func: Callable[..., Any]) -> Callable[..., Any]:
    """A method that takes its arguments by name only, and keeps them in `_input_kwargs`."""

    @functools.wraps(func)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        if args:
            raise TypeError(f"Method {func.__name__} forces keyword arguments.")
        self._input_kwargs = kwargs
        return func(self, **kwargs)

    return wrapper


class InheritableThread(threading.Thread):
    """A thread that begins with the local properties (job group, tags ...) that its starter has when it starts it.

    Examples
    --------
    >>> sc.setLocalProperty("colour", "red")
    >>> thread = InheritableThread(target=lambda: print(sc.getLocalProperty("colour")))
    >>> thread.start(); thread.join()
    red
    """

    def __init__(self, target: Callable[..., Any], *args: Any, session: Any = None, **kwargs: Any) -> None:
        self._session = session
        self._props: dict[str, str] = {}

        def with_properties(*a: Any, **k: Any) -> Any:
            _context()._properties.values = self._props
            return target(*a, **k)

        super().__init__(*args, target=with_properties, **kwargs)  # type: ignore[misc]

    def start(self) -> None:
        """Start it."""
        self._props = _context()._properties.values
        super().start()


def inheritable_thread_target(f: Callable[..., Any] | Any) -> Callable[..., Any]:
    """Wrap a thread's target so that it runs with the local properties of the thread that wraps it now.

    It can be called with a SparkSession, too, and gives the wrapper then.
    """
    if not callable(f):
        return inheritable_thread_target
    values = _context()._properties.values

    @functools.wraps(f)
    def with_properties(*args: Any, **kwargs: Any) -> Any:
        _context()._properties.values = values
        return f(*args, **kwargs)

    return with_properties


def _context() -> Any:
    from pyrite.context import SparkContext

    active = SparkContext._active_spark_context
    assert active is not None, "there is no active SparkContext"
    return active
