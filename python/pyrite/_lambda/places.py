"""Where a function stands in the program's text, and that text: what the web page shows of it."""

from __future__ import annotations

import ast
import functools
import linecache
import os
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from .callables import describe, where
from .decline import Decline
from .locate import locate

__all__ = ["place"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
#: Longer texts are cut.
_LONGEST = 200
#: So many code objects are remembered.
_KEPT = 512
_DEPTH = 3

#: Name, file or notebook cell, line from 1 on (0: unknown), text.
Place = tuple[str, str, int, str]
_known: dict[int, tuple[CodeType, Place]] = {}


def place(function: Callable[..., Any]) -> Place | None:
    """Name, file, line and text of a function, or of the one that one of ours calls; None where there is none."""
    users = _users(function, _DEPTH)
    if users is None:
        return None
    if not isinstance(users, FunctionType):
        return (describe(users), "", 0, "")
    code = users.__code__
    known = _known.get(id(code))
    if known is not None:
        return known[1]
    found = (users.__name__, where(code.co_filename), code.co_firstlineno, _shortened(_text(users)))
    while len(_known) >= _KEPT:
        _known.pop(next(iter(_known)), None)
    _known[id(code)] = (code, found)
    return found


def _users(function: Any, depth: int) -> Any:
    """The program's own function: this one, or one that it is a wrapper of."""
    if isinstance(function, MethodType) and isinstance(function.__func__, FunctionType):
        function = function.__func__
    if isinstance(function, FunctionType):
        if not function.__code__.co_filename.startswith(_PACKAGE):
            return function
    elif not isinstance(function, functools.partial) and not type(function).__module__.startswith("pyrite."):
        return function
    if depth == 0:
        return None
    found = (_users(part, depth - 1) for part in _parts(function) if callable(part) and not isinstance(part, type))
    return next((users for users in found if isinstance(users, FunctionType)), None)


def _parts(function: Any) -> Iterator[Any]:
    """What a function was made with."""
    if isinstance(function, functools.partial):
        yield function.func
        yield from function.args
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # an empty cell
            continue
    inner = getattr(function, "function", None)
    if inner is not None:
        yield inner


def _text(function: FunctionType) -> str:
    """The lambda or the line of the def, as it stands there."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    try:
        node = locate(function)
    except Decline:
        node = None
    if isinstance(node, ast.Lambda):
        text = ast.get_source_segment("".join(lines), node) if lines else None
        return text or ast.unparse(node)
    number = getattr(node, "lineno", code.co_firstlineno)
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
