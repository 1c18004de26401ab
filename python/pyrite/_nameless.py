"""Pickles of many instances of classes that no import finds, by pickle's own code.

cloudpickle asks a function of Python about every object; here each class is asked about once.
"""

from __future__ import annotations

import copyreg
import io
import operator
import pickle
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["dumps", "has_a_name", "maker"]

# What a class's maker pickles as: a function that finds it when the pickle is loaded, and its arguments.
Refer = Callable[[type], tuple[Callable[..., Any], tuple[Any, ...]]]
_REDUCED = operator.methodcaller("__reduce_ex__", 5)


def dumps(rows: list[Any], refer: Refer) -> bytes | None:
    """The rows pickled; None where something in them needs cloudpickle, or raises."""
    with io.BytesIO() as file:
        pickler = pickle.Pickler(file, 5)
        pickler.dispatch_table = _Kinds(refer)
        try:
            pickler.dump(rows)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a row's own __reduce__ may raise anything
            return None
        return file.getvalue()


def maker(kind: type) -> Callable[..., Any]:
    """Makes instances of a class, as a pickle does."""
    return partial(kind.__new__, kind)


def has_a_name(kind: type) -> bool:
    """Whether an import finds the class; pickle itself does that, and cloudpickle knows about modules sent by value."""
    module = sys.modules.get(kind.__module__)
    if module is None or kind.__module__ == "__main__":
        return False
    found: Any = module
    for part in kind.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is kind


class _Maker:
    """Stands for a class's maker in a pickle that is being made."""

    def __init__(self, kind: type, refer: Refer) -> None:
        self._kind = kind
        self._refer = refer

    def __call__(self) -> None:
        """What stands first in what `__reduce__` returns must be callable."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._refer(self._kind)


class _Kinds(dict[type, Callable[[Any], Any]]):
    """How instances of a class are pickled, found out when the first comes by."""

    def __init__(self, refer: Refer) -> None:
        super().__init__()
        self._refer = refer

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        if issubclass(kind, type):
            raise KeyError(kind)  # classes are pickled by their names
        reduce = copyreg.dispatch_table.get(kind)
        if reduce is None:
            reduce = (
                _REDUCED if kind is _Maker or has_a_name(kind) else partial(_reduced, kind, _Maker(kind, self._refer))
            )
        self[kind] = reduce
        return reduce


def _reduced(kind: type, made_by: _Maker, value: Any) -> Any:
    made = value.__reduce_ex__(5)
    if type(made) is tuple and made[0] is copyreg.__newobj__ and made[1][0] is kind:  # type: ignore[attr-defined]
        return made_by, made[1][1:], *made[2:]
    return made
