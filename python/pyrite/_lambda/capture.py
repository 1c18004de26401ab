"""What a function captures, read when a job is made: globals, closure cells, defaults, and attributes of modules.

A `Capture` remembers every value that a translation or a copy relied on, so that it can be reused as long as they
hold. Values that can change in place are remembered by type only and never kept alive.
"""

from __future__ import annotations

import datetime
import functools
import re
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, CodeType, FunctionType, MethodDescriptorType, ModuleType
from typing import Any

from pyrite import _engine
from pyrite._row import Row

from .codes import fingerprint, named_globals
from .decline import Decline

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING", "__slots__": ()})()

_DATES = (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone)
_ATOMS = frozenset(
    {int, str, bytes, bool, float, complex, type(None), type(...), type(NotImplemented), range, re.Pattern, *_DATES}
)
#: What `functools.lru_cache` makes of a function.
CACHED: Any = functools._lru_cache_wrapper
_BY_IDENTITY = (FunctionType, BuiltinFunctionType, ModuleType, MethodDescriptorType, type, CACHED)
_CALLED = (FunctionType, BuiltinFunctionType, MethodDescriptorType, type)
_MOST_ITEMS = 1000
_MOST_SETTINGS = 32
_COMPARED = frozenset({int, str, bytes, bool})
_NOBODY = FunctionType(compile("0", "<pyrite>", "eval"), {})
_LAYOUTS: dict[int, tuple[CodeType, tuple[str, ...]]] = {}


class OfType:
    """Stands for a mutable capture: holds while the name is bound to that type."""

    __slots__ = ("type",)

    def __init__(self, kind: type) -> None:
        self.type = kind


class Contents(OfType):
    """Stands for a list of constants: holds while what is in it is the same."""

    __slots__ = ("items",)

    def __init__(self, kind: type, items: tuple[Any, ...]) -> None:
        super().__init__(kind)
        self.items = items


class Settings(OfType):
    """Stands for an object with attributes, a dict or a Row of names: holds while what is in it is the same."""

    __slots__ = ("items",)

    def __init__(self, kind: type, items: tuple[tuple[str, Any], ...]) -> None:
        super().__init__(kind)
        self.items = items


def is_constant(value: Any) -> bool:
    """Whether the value, all the way down, can't change and needs no pickle to be private."""
    if type(value) in (tuple, frozenset):
        return all(map(is_constant, value))
    return type(value) in _ATOMS


def remember(value: Any) -> Any:
    """What to compare with later: the value, or its type when it can change in place."""
    if value is MISSING or is_constant(value) or isinstance(value, _BY_IDENTITY):
        return value
    if is_dispatcher(value) or _are_objects(value):
        return value
    items = _contents(value)
    if items is not None:
        return Contents(type(value), items)
    settings = _settings(value)
    if settings is None:
        return OfType(type(value))
    return Settings(type(value), tuple((name, _setting(of)) for name, of in settings))


def is_dispatcher(value: Any) -> bool:
    """Whether it is a function of numpy's that is written in Python."""
    kind = type(value)
    return kind.__name__ == "_ArrayFunctionDispatcher" and kind.__module__.partition(".")[0] == "numpy"


def _are_objects(value: Any) -> bool:
    """Whether it is a tuple of classes, functions and constants, as `except` and defaults have them."""
    return type(value) is tuple and all(isinstance(item, _CALLED) or is_constant(item) for item in value)


def _contents(value: Any) -> tuple[Any, ...] | None:
    """The elements of a list of constants that is small enough to be compared at every freeze."""
    if type(value) is not list or len(value) > _MOST_ITEMS:
        return None
    return tuple(value) if all(map(is_constant, value)) else None


def _setting(value: Any) -> Any:
    return value if is_constant(value) or isinstance(value, _BY_IDENTITY) else OfType(type(value))


def _settings(value: Any) -> tuple[tuple[str, Any], ...] | None:
    """The names and values of an object that is small enough to be compared at every freeze."""
    kind = type(value)
    if kind is Row:
        if "__fields__" in vars(value) or not all(type(name) is str for name in tuple.__iter__(value)):
            return None
        return tuple(("", name) for name in tuple.__iter__(value))
    if kind is dict:
        if not 0 < len(value) <= _MOST_SETTINGS or not all(type(name) is str for name in value):
            return None
        # Those of one type are looked into as they are.
        mixed = len({type(of) for of in value.values()}) > 1
        return tuple(value.items()) if mixed and all(map(is_constant, value.values())) else None
    if type(kind) is not type or not kind.__flags__ & 1 << 9 or not kind.__dictoffset__:
        return None
    known = _engine.record_class(kind)
    if known is None or known[0][0] != "o":
        return None
    attributes = vars(value)
    if len(attributes) > _MOST_SETTINGS or not all(type(name) is str for name in attributes):
        return None
    return tuple(attributes.items()) if attributes.keys().isdisjoint(known[1]) else None


def holds(value: Any, expected: Any) -> bool:
    """Whether a capture is what it was, exactly: 1, True and 1.0 differ."""
    if value is expected:
        return True
    kind = type(value)
    if kind is not type(expected):
        return isinstance(expected, OfType) and kind is expected.type and _same_items(value, expected)
    if not is_constant(expected) and _are_objects(value) and _are_objects(expected):
        return len(value) == len(expected) and all(map(holds, value, expected))
    if kind in _COMPARED:
        return bool(value == expected)
    return kind in (float, complex, tuple, frozenset) and bool(fingerprint(value) == fingerprint(expected))


def _is_setting(value: Any, expected: Any) -> bool:
    """As `holds`, of what is in an object: of what can change the type alone is known."""
    return type(value) is expected.type if type(expected) is OfType else holds(value, expected)


def _same_items(value: Any, expected: OfType) -> bool:
    if type(expected) is Settings:
        settings = _settings(value)
        return (
            settings is not None
            and len(settings) == len(expected.items)
            and all(
                name == known and _is_setting(of, then)
                for (name, of), (known, then) in zip(settings, expected.items, strict=True)
            )
        )
    if type(expected) is not Contents:
        return _contents(value) is None and _settings(value) is None
    items = _contents(value)
    return items is not None and bool(fingerprint(items) == fingerprint(expected.items))


def _lasts(value: Any) -> bool:
    """Whether a default needs no pickle to be private."""
    return is_constant(value) or (isinstance(value, type) and value.__module__ == "builtins")


def global_names(code: CodeType) -> tuple[str, ...]:
    """The globals that the code, or code within it, reads or writes by name."""
    known = _LAYOUTS.get(id(code))
    if known is not None and known[0] is code:
        return known[1]
    names: dict[str, None] = {}
    pending = [code]
    while pending:
        current = pending.pop()
        names |= named_globals(current)
        pending += [c for c in current.co_consts if isinstance(c, CodeType)]
    while len(_LAYOUTS) >= 1024:
        _LAYOUTS.pop(next(iter(_LAYOUTS)))
    _LAYOUTS[id(code)] = (code, tuple(names))
    return tuple(names)


class Snapshot:
    """The captures of one Python function, as they are now."""

    __slots__ = ("builtins", "cells", "code", "defaults", "function", "kwdefaults", "names", "plain", "values")

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self.code = function.__code__
        self.names = global_names(self.code)
        scope = function.__globals__
        self.values = tuple(remember(scope.get(name, MISSING)) for name in self.names)
        missing = [name for name, value in zip(self.names, self.values, strict=True) if value is MISSING]
        builtins: dict[str, Any] = getattr(function, "__builtins__", {})
        self.builtins = tuple((name, builtins.get(name, MISSING)) for name in missing)
        self.cells = tuple(remember(cell_value(cell)) for cell in function.__closure__ or ())
        self.defaults = remember(function.__defaults__)
        self.kwdefaults = {word: remember(v) for word, v in (function.__kwdefaults__ or {}).items()}
        # Attributes and odd defaults are cloudpickle's business.
        self.plain = not function.__dict__ and all(map(_lasts, self.defaults_now()))
        self.plain = self.plain and all(map(is_constant, self.kwdefaults.values()))

    def defaults_now(self) -> tuple[Any, ...]:
        """The optional parameters' values, a stand-in for those that can change."""
        return (self.defaults,) if isinstance(self.defaults, OfType) else self.defaults or ()

    def holds(self, function: FunctionType) -> bool:
        """Whether `function` (of the same code) captures now what this one did."""
        scope = function.__globals__
        for name, expected in zip(self.names, self.values, strict=True):
            if not holds(scope.get(name, MISSING), expected):
                return False
        if self.builtins:
            builtins: dict[str, Any] = getattr(function, "__builtins__", {})
            for name, expected in self.builtins:
                if builtins.get(name, MISSING) is not expected:
                    return False
        if self.cells:
            for cell, expected in zip(function.__closure__ or (), self.cells, strict=True):
                if not holds(cell_value(cell), expected):
                    return False
        if function.__defaults__ is not self.defaults and not holds(function.__defaults__, self.defaults):
            return False
        if function.__kwdefaults__ or self.kwdefaults:
            now, then = function.__kwdefaults__ or {}, self.kwdefaults
            if now.keys() != then.keys() or not all(holds(now[word], then[word]) for word in then):
                return False
        return not self.plain or not function.__dict__

    def captured(self) -> tuple[Any, ...]:
        """All captured values except built-ins."""
        return (*(v for v in self.values if v is not MISSING), *(c for c in self.cells if c is not MISSING))

    def lookup(self, name: str) -> Any:
        """The value of a free or global name, `MISSING` when it has none."""
        if name in self.code.co_freevars:
            return self.cells[self.code.co_freevars.index(name)]
        if name.startswith("__") and not name.endswith("__"):
            raise Decline(f"uses the private name {name}")
        if name not in self.names:
            # The compiler dropped it with the branch it stands in: whatever it is, it is never used.
            return self.function.__globals__.get(name, getattr(self.function, "__builtins__", {}).get(name, MISSING))
        value = self.values[self.names.index(name)]
        return dict(self.builtins).get(name, MISSING) if value is MISSING else value


class Capture:
    """Everything read for one function: its own snapshot, those of functions it calls, attributes of modules."""

    __slots__ = ("attributes", "checks", "children", "fields", "places", "root", "shareable")

    def __init__(self, function: FunctionType) -> None:
        self.root = Snapshot(function)
        self.children: dict[int, Snapshot] = {id(function): self.root}
        self.attributes: list[tuple[Any, str, Any]] = []
        #: What else must hold, for the function that is frozen.
        self.checks: list[Callable[[FunctionType], bool]] = []
        #: Where the containers are that the tree looks into.
        self.places: list[Any] = []
        #: The fields of the function's rows, where the engine has their values alone.
        self.fields: Any = None
        self.shareable = self._shareable(self.root)

    def snapshot(self, function: FunctionType) -> Snapshot:
        """The captures of a function that the root one calls; read once, and checked at every reuse."""
        known = self.children.get(id(function))
        if known is None:
            known = self.children[id(function)] = Snapshot(function)
        return known

    def attribute(self, owner: ModuleType, name: str) -> Any:
        """An attribute of a module."""
        value = owner.__dict__.get(name, MISSING)
        self.attributes.append((owner, name, remember(value)))
        return value

    def found_in(self, kind: type, name: str) -> Any:
        """What a class has under a name, itself or by its bases; `MISSING` where it has nothing."""
        for each in kind.__mro__:
            raw = each.__dict__.get(name, MISSING)
            self.attributes.append((each, name, raw))
            if raw is not MISSING:
                return raw
        return MISSING

    def place(self, place: Any) -> int:
        """The number of a captured container."""
        if place not in self.places:
            self.places.append(place)
        return self.places.index(place)

    def release(self) -> None:
        """Forgets the root function: its captures are remembered by type, and nothing else must keep them alive."""
        self.children.pop(id(self.root.function), None)
        self.root.function = _NOBODY

    def holds(self, function: FunctionType) -> bool:
        """Whether all that was read is still so, for `function` in the place of the root."""
        if not self.root.holds(function):
            return False
        for owner, name, expected in self.attributes:
            if not holds(owner.__dict__.get(name, MISSING), expected):
                return False
        if not all(check(function) for check in self.checks):
            return False
        if len(self.children) > 1 or self.root.function is _NOBODY:
            for child in self.children.values():
                if child is self.root:
                    continue
                if child.function.__code__ is not child.code or not child.holds(child.function):
                    return False
        return True

    def _shareable(self, snapshot: Snapshot) -> bool:
        """Whether copies may share the captured values, as cloudpickle would or because they can't change."""
        if not snapshot.plain:
            return False
        for value in snapshot.captured():
            if isinstance(value, OfType):
                return False
            if is_constant(value) or by_reference(value):
                continue
            if type(value) is not FunctionType:
                return False
            if id(value) not in self.children and not self._shareable(self.snapshot(value)):
                return False
        return True


def cell_value(cell: Any) -> Any:
    """A closure cell's content; it may be empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def by_reference(value: Any) -> bool:
    """Whether cloudpickle names the value instead of pickling what is in it."""
    if type(value) is ModuleType:
        return (
            sys.modules.get(value.__name__) is value and value.__name__ != "__main__" and not _by_value(value.__name__)
        )
    if isinstance(value, BuiltinFunctionType) and not isinstance(value.__self__, ModuleType):
        return is_constant(value.__self__)
    if type(value) is MethodDescriptorType:
        return by_reference(value.__objclass__)
    if not isinstance(value, FunctionType | BuiltinFunctionType | type):
        return False
    name = getattr(value, "__module__", None)
    if not isinstance(name, str) or name == "__main__" or _by_value(name):
        return False
    found: Any = sys.modules.get(name)
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is value


def _by_value(name: str) -> bool:
    """Modules that the user told cloudpickle to pickle by value; nobody can before its import is through."""
    registry = getattr(sys.modules.get("cloudpickle"), "list_registry_pickle_by_value", tuple)
    return any(name == one or name.startswith(one + ".") for one in registry())
