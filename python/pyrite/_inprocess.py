"""Pickles that are loaded in the process that made them: private copies of functions and rows, but not of classes.

cloudpickle takes a class of `__main__`, or of a function, along by value. Loaded where the class lives, its methods
would be replaced by the pickled ones, with the globals of that moment: the program's own class would change.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from typing import Any, NoReturn

from pyrite import _nameless
from pyrite._nameless import has_a_name
from pyrite._pickling import Pickler

# Only so many are kept alive: a program may make classes for ever.
_MOST = 10_000
_classes: dict[int, type] = {}
_tokens: dict[type, int] = {}
_numbers = itertools.count()


def dumps(value: Any) -> bytes:
    """As `cloudpickle.dumps`, for `pickle.loads` in this process."""
    with io.BytesIO() as file:
        _Pickler(file).dump(value)
        return file.getvalue()


def dump_rows(rows: list[Any]) -> bytes:
    """The same of many rows."""
    return _nameless.dumps(rows, lambda kind: (maker_of, (_token(kind),))) or dumps(rows)


def class_of(token: int) -> type:
    """The class that `dumps` saw."""
    return _classes[token]


def maker_of(token: int) -> Callable[..., Any]:
    """Makes instances of that class."""
    return _nameless.maker(_classes[token])


class Staying:
    """What pickles in this process only: it finds there what it shares with others."""

    def inside(self) -> tuple[Any, ...]:
        """What `__reduce__` would return."""
        raise NotImplementedError

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} stays in its process")


class _Pickler(Pickler):
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Staying):
            return value.inside()
        if isinstance(value, type) and not has_a_name(value):
            return class_of, (_token(value),)
        return super().reducer_override(value)


def _token(kind: type) -> int:
    token = _tokens.get(kind)
    if token is None:
        token = next(_numbers)
        while len(_tokens) >= _MOST:
            oldest = next(iter(_tokens))
            del _classes[_tokens.pop(oldest)]
        _tokens[kind] = token
        _classes[token] = kind
    return token
