"""Threads that start jobs for the thread that made them: they inherit its local properties."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from pyrite.errors import stop_iteration_error

__all__ = ["InheritableThread", "fail_on_stopiteration", "inheritable_thread_target", "keyword_only"]


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
