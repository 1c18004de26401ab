"""Where in the user's program an operation was called: what plans, notes and `explain()` show beside its name."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import NamedTuple

from pyrite._traceback import is_ours

_given: ContextVar[str | None] = ContextVar("pyrite_call_site", default=None)


class CallSite(NamedTuple):
    """The outermost function of Pyrite that the user's line called, and that line."""

    function: str
    file: str
    line: int

    def short(self) -> str:
        """`map at word_count.py:12`; in a notebook `map at cell 3, line 2`."""
        where = self._cell() or f"{os.path.basename(self.file)}:{self.line}"
        return f"{self.function} at {where}"

    def place(self) -> str:
        """`/home/kim/word_count.py:12`; in a notebook `cell 3, line 2`."""
        return self._cell() or f"{self.file}:{self.line}"

    def _cell(self) -> str | None:
        cell = _cell_number(self.file)
        return None if cell is None else f"cell {cell}, line {self.line}"


def call_site() -> CallSite | None:
    """The call site of the running operation, or None on a thread that runs none of the user's code."""
    frame: FrameType | None = sys._getframe(1)
    function = "<unknown>"
    while frame is not None and is_ours(frame.f_code.co_filename):
        if frame.f_code.co_name != "guarded":  # the wrapper of `_traceback.action`
            function = frame.f_code.co_name
        frame = frame.f_back
    if frame is None:
        return None
    return CallSite(function, frame.f_code.co_filename, frame.f_lineno)


def operation(name: str) -> str:
    """The name of a plan's step: the user's call where there is one, else the method's name alone."""
    given = _given.get()
    if given is not None:
        return given
    site = call_site()
    return name if site is None else site.short()


@contextmanager
def fixed(name: str) -> Iterator[None]:
    """Steps made inside get this name: a DStream's operation names the steps of all its batches."""
    token = _given.set(name)
    try:
        yield
    finally:
        _given.reset(token)


def _cell_number(filename: str) -> int | None:
    """The notebook cell that ipykernel compiled under this file name."""
    if "ipykernel_" not in filename and not filename.startswith("<ipython-input"):
        return None
    shell_module = sys.modules.get("IPython.core.getipython")
    shell = shell_module.get_ipython() if shell_module is not None else None
    names = getattr(getattr(shell, "compile", None), "_filename_map", {})
    number = names.get(filename)
    return number if isinstance(number, int) else None
