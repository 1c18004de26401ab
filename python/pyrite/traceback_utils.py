"""Where in the program an operation was called, by PySpark's names."""

from __future__ import annotations

import sys
from collections import namedtuple
from contextlib import AbstractContextManager
from itertools import pairwise
from types import TracebackType
from typing import Any, ClassVar

from pyrite._callsite import fixed
from pyrite._traceback import is_ours

__all__ = ["CallSite", "SCCallSiteSync", "first_spark_call"]

CallSite = namedtuple("CallSite", "function file linenum")


def first_spark_call() -> CallSite | None:
    """The outermost function of Pyrite that runs now, with the program's line that called it.

    Where none of Pyrite's runs, it is the outermost function of all.
    """
    frames = []
    frame = sys._getframe(1)
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    frames.reverse()
    for caller, called in pairwise(frames):
        if is_ours(called.f_code.co_filename) and not is_ours(caller.f_code.co_filename):
            return CallSite(called.f_code.co_name, caller.f_code.co_filename, caller.f_lineno)
    if not frames:
        return None
    return CallSite(frames[0].f_code.co_name, frames[0].f_code.co_filename, frames[0].f_lineno)


class SCCallSiteSync:
    """Steps that are made within get the name of the call that it was made at; of nested ones the outermost counts.

    Examples
    --------
    >>> with SCCallSiteSync(sc):
    ...     rdd = sc.parallelize([1, 2])
    """

    _spark_stack_depth: ClassVar[int] = 0

    def __init__(self, sc: Any) -> None:
        site = first_spark_call()
        self._call_site = "no call of the program" if site is None else f"{site.function} at {site.file}:{site.linenum}"
        self._context = sc
        self._naming: AbstractContextManager[None] | None = None

    def __enter__(self) -> None:
        if SCCallSiteSync._spark_stack_depth == 0:
            self._naming = fixed(self._call_site)
            self._naming.__enter__()
        SCCallSiteSync._spark_stack_depth += 1

    def __exit__(self, type: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        SCCallSiteSync._spark_stack_depth -= 1
        naming, self._naming = self._naming, None
        if naming is not None:
            naming.__exit__(type, value, tb)
