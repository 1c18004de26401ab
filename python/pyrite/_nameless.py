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
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["Maker", "begin_worker", "dumps", "find", "forget", "has_a_name", "made_by", "take"]

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
# In a worker those that the program has sent: it knows them by these names, and no others.
_sent: dict[type, Maker] = {}
_in_worker = False
_lock = threading.Lock()


def __getattr__(name: str) -> Maker:
    """What a pickle names."""
    with _lock:
        maker = _makers.pop(name, None)
        if maker is not None:
            _makers[name] = maker  # what is in use stays
            return maker
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def made_by(kind: type) -> Maker:
    """The maker of a class; the first call gives it a name."""
    maker = _sent.get(kind) or _of_kind.get(kind)
    return _keep(Maker(kind, f"c{os.getpid()}_{next(_numbers)}") if maker is None else maker)


def shared(kind: type) -> Maker:
    """The maker of a class, by a name that the program knows.

    Raises
    ------
    KeyError
        This is a worker, and the program hasn't sent it the class: it wouldn't find it by a name that was given here.
    """
    return _sent[kind] if _in_worker else made_by(kind)


def begin_worker() -> None:
    """From now on the program alone gives names to what both processes know."""
    global _in_worker
    _in_worker = True


def take(kind: type, name: str) -> None:
    """Let a class be found by the name that the program knows it by, until `forget`."""
    _sent[kind] = _keep(Maker(kind, name))


def forget() -> None:
    """Let go of all classes: the next task brings its own."""
    with _lock:
        gone = [dict(each) for each in (_makers, _of_kind, _sent)]
        for each in (_makers, _of_kind, _sent):
            each.clear()
    del gone


def _keep(maker: Maker) -> Maker:
    gone = []
    with _lock:
        gone.append(_makers.pop(maker.name, None))
        while len(_makers) >= _MOST:
            oldest = _makers.pop(next(iter(_makers)))
            gone.append(oldest)
            if _of_kind.get(oldest.kind) is oldest:
                del _of_kind[oldest.kind]
        _makers[maker.name] = maker
        if maker.kind not in _sent:
            _of_kind[maker.kind] = maker
    # Classes go when nothing is locked.
    del gone
    return maker


def find(module: str, name: str) -> Any:
    """What a module has by this name, which may lead through classes; None if that is nothing."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def dumps(rows: list[Any], maker: Callable[[type], Any] = shared) -> bytes | None:
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
    """Whether an import finds the class in every process, or it is Python's own."""
    if not kind.__flags__ & _HEAP_TYPE:
        return True
    module = kind.__module__
    return module != "__main__" and find(module, kind.__qualname__) is kind and not _goes_by_value(module)


def _goes_by_value(module: str) -> bool:
    """Whether the program has told cloudpickle that other processes don't have the module."""
    cloudpickle = sys.modules.get("cloudpickle.cloudpickle")
    if cloudpickle is None:
        return False
    registered = cloudpickle.list_registry_pickle_by_value()
    return any(module == each or module.startswith(f"{each}.") for each in registered)


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
