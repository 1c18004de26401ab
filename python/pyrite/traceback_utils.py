"""Where in the program an operation was called, by PySpark's names."""

from __future__ import annotations

from collections import namedtuple
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, ClassVar

from pyrite._callsite import call_site, fixed

__all__ = ["CallSite", "SCCallSiteSync", "first_spark_call"]

CallSite = namedtuple("CallSite", "function file linenum")


def first_spark_call() -> CallSite | None:
    """The function of Pyrite that the program's running line called, with that line.

    It may be this one. None on a thread that runs none of the program's code.
    """
    site = call_site()
    return None if site is None else CallSite(*site)


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
