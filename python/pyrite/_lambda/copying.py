"""A private copy of a function whose captures are all immutable: new cells and new globals round the same values."""

from __future__ import annotations

from types import CellType, FunctionType
from typing import Any

from .capture import MISSING, Capture, Snapshot, by_reference

_KEPT = ("__package__", "__name__", "__path__", "__file__", "__builtins__", "__spec__")


def copy_function(capture: Capture) -> FunctionType:
    """What `cloudpickle.loads(cloudpickle.dumps(function))` would give, without the pickle."""
    return _Copier(capture).function(capture.root)


class _Copier:
    """One copy: functions that share a globals dict or a cell share the new one too."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self.scopes: dict[int, dict[str, Any]] = {}
        self.cells: dict[int, CellType] = {}
        self.functions: dict[int, FunctionType] = {}

    def function(self, snapshot: Snapshot) -> FunctionType:
        original = snapshot.function
        scope = self.scopes.get(id(original.__globals__))
        if scope is None:
            source = original.__globals__
            scope = {name: source[name] for name in _KEPT if name in source}
            scope.setdefault("__builtins__", getattr(original, "__builtins__", __builtins__))
            self.scopes[id(source)] = scope
        closure, fresh = self._closure(original, snapshot)
        copy = FunctionType(snapshot.code, scope, original.__name__, snapshot.defaults, closure)
        self.functions[id(original)] = copy
        copy.__qualname__ = original.__qualname__
        copy.__module__ = original.__module__
        copy.__doc__ = original.__doc__
        if snapshot.kwdefaults:
            copy.__kwdefaults__ = dict(snapshot.kwdefaults)
        for name, value in zip(snapshot.names, snapshot.values, strict=True):
            if value is not MISSING and name not in scope:
                scope[name] = self._value(value)
        for cell, value in fresh:
            if value is not MISSING:
                cell.cell_contents = self._value(value)
        return copy

    def _closure(self, original: FunctionType, snapshot: Snapshot) -> tuple[Any, list[tuple[CellType, Any]]]:
        if original.__closure__ is None:
            return None, []
        cells, fresh = [], []
        for cell, value in zip(original.__closure__, snapshot.cells, strict=True):
            if id(cell) not in self.cells:
                self.cells[id(cell)] = CellType()
                fresh.append((self.cells[id(cell)], value))
            cells.append(self.cells[id(cell)])
        return tuple(cells), fresh

    def _value(self, value: Any) -> Any:
        if type(value) is not FunctionType or by_reference(value):
            return value
        done = self.functions.get(id(value))
        return done if done is not None else self.function(self.capture.children[id(value)])
