"""Classes that no import finds, in pickles: each has a name here, in every process that it was sent to.

Their instances are pickled by pickle's own code. cloudpickle would take the class along each time, and ask a function
of Python about every object; here each class is asked about once.
"""

from __future__ import annotations

import copyreg
import io
import itertools
import operator
import os
import pickle
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["Maker", "dumps", "has_a_name", "made_by", "take"]

# Only so many are kept alive: a program may make classes for ever.
_MOST = 10_000
# Set for classes that a program made, of CPython's Include/object.h.
_HEAP_TYPE = 1 << 9
_REDUCED = operator.methodcaller("__reduce_ex__", 5)
_numbers = itertools.count()


class Maker(partial[Any]):
    """Makes instances of a class, as a pickle of one does; itself pickled by its name in this module."""

    kind: type
    name: str

    def __new__(cls, kind: type, name: str) -> Maker:
        """Of this class, by this name."""
        self = super().__new__(cls, kind.__new__, kind)
        self.kind = kind
        self.name = name
        return self

    def __reduce__(self) -> str:
        return self.name


_makers: dict[str, Maker] = {}
_of_kind: dict[type, Maker] = {}


def __getattr__(name: str) -> Maker:
    """What a pickle names."""
    try:
        return _makers[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def made_by(kind: type) -> Maker:
    """The maker of a class; the first call gives it a name."""
    maker = _of_kind.get(kind)
    return take(kind, f"c{os.getpid()}_{next(_numbers)}") if maker is None else maker


def known(kind: type) -> Maker:
    """The maker of a class that has one.

    Raises
    ------
    KeyError
        It has none: another process wouldn't find it.
    """
    return _of_kind[kind]


def take(kind: type, name: str) -> Maker:
    """Let a class be found by this name, which perhaps another process has given it."""
    while len(_makers) >= _MOST:
        oldest = _makers.pop(next(iter(_makers)))
        _of_kind.pop(oldest.kind, None)
    maker = _makers[name] = _of_kind[kind] = Maker(kind, name)
    return maker


def dumps(rows: list[Any], maker: Callable[[type], Any] = made_by) -> bytes | None:
    """The rows pickled; None where something in them needs cloudpickle, or raises.

    `maker` gives what stands for the maker of a class in the pickle.
    """
    with io.BytesIO() as file:
        pickler = pickle.Pickler(file, 5)
        pickler.dispatch_table = _Kinds(maker)
        try:
            pickler.dump(rows)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a row's own __reduce__ may raise anything
            return None
        return file.getvalue()


def has_a_name(kind: type) -> bool:
    """Whether an import finds the class, or it is Python's own; cloudpickle knows about modules sent by value."""
    if not kind.__flags__ & _HEAP_TYPE:
        return True
    module = sys.modules.get(kind.__module__)
    if module is None or kind.__module__ == "__main__":
        return False
    found: Any = module
    for part in kind.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is kind


class _Kinds(dict[type, Callable[[Any], Any]]):
    """How instances of a class are pickled, found out when the first comes by."""

    def __init__(self, maker: Callable[[type], Any]) -> None:
        super().__init__()
        self._maker = maker

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        if issubclass(kind, type):
            raise KeyError(kind)  # classes are pickled by their names
        reduce = copyreg.dispatch_table.get(kind)
        if reduce is None:
            reduce = _REDUCED if has_a_name(kind) else partial(_reduced, kind, self._maker(kind))
        self[kind] = reduce
        return reduce


def _reduced(kind: type, maker: Any, value: Any) -> Any:
    made = value.__reduce_ex__(5)
    if type(made) is tuple and made[0] is copyreg.__newobj__ and made[1][0] is kind:  # type: ignore[attr-defined]
        return maker, made[1][1:], *made[2:]
    return made
