"""Pickles that are loaded in the process that made them: private copies of functions and rows, but not of classes.

cloudpickle takes a class of `__main__`, or of a function, along by value. Loaded where the class lives, its methods
would be replaced by the pickled ones, with the globals of that moment: the program's own class would change.
"""

from __future__ import annotations

import io
from typing import Any, NoReturn

from pyrite import _nameless
from pyrite._nameless import Maker, has_a_name, made_by
from pyrite._pickling import Pickler


def dumps(value: Any) -> bytes:
    """As `cloudpickle.dumps`, for `pickle.loads` in this process."""
    with io.BytesIO() as file:
        _Pickler(file).dump(value)
        return file.getvalue()


def dump_rows(rows: list[Any]) -> bytes:
    """The same of many rows. Another process may load them, if it is sent the classes that they name."""
    return _nameless.dumps(rows) or dumps(rows)


def class_of(maker: Maker) -> type:
    """The class that `dumps` saw."""
    return maker.kind


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
            return class_of, (made_by(value),)
        return super().reducer_override(value)
