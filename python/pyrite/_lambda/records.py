"""Records: named tuples that a function makes, and what it reads of its rows by name."""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

from pyrite import _engine

from . import iterables, tries
from .capture import MISSING
from .decline import Decline
from .node import Json, Node, call, constant, value
from .scope import Scope, defaults, required

# What a class says of how its instances are made and read.
_WATCHED = (
    *("__new__", "__init__", "__eq__", "__getattribute__", "__getitem__", "__iter__", "__len__", "__bool__"),
    *("__contains__", "__setattr__", "__slots__", "_fields", "_make", "_replace", "_asdict", "_field_defaults"),
)


def record(mark: str, names: tuple[str, ...], values: Json) -> Node:
    """A record of a tuple of values."""
    parts = [constant(part).json for part in (mark, *names)]
    return Node({"call": {"function": "record.of", "args": [values, {"tuple": parts}]}})


def _class_of(scope: Scope, kind: Any) -> tuple[str, tuple[str, ...]] | None:
    """The mark and the names of a class of records. What was seen of it is looked at again whenever the function is."""
    if type(kind) is not type:
        return None
    known = _engine.record_class(kind)
    if known is None:
        return None
    mark, names = known
    own = vars(kind)
    scope.capture.attributes += [(kind, name, own.get(name, MISSING)) for name in (*_WATCHED, *names)]
    return mark, tuple(names)


def make(scope: Scope, kind: Any, tree: ast.Call) -> Node | None:
    """`Person(name, age)`, `Person(name=name, age=age)`, `Person(*parts)`"""
    known = _class_of(scope, kind)
    if known is None:
        return None
    mark, names = known
    if mark[0] != "n":
        return None
    if len(tree.args) == 1 and isinstance(starred := tree.args[0], ast.Starred) and not tree.keywords:
        return _of_items(scope, known, starred.value)
    if any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
        raise Decline("calls with * or **")
    new: Any = kind.__new__
    if type(new) is not FunctionType:
        return None
    snapshot = scope.capture.snapshot(new)
    words = [word.arg for word in tree.keywords if word.arg is not None]
    least = required(snapshot, set(words)) - 1
    optional = defaults(snapshot)
    given: dict[str, Node] = {}
    for name, argument in zip(names, tree.args, strict=False):
        given[name] = scope.expression(argument)
    for word in tree.keywords:
        if word.arg not in names or word.arg in given:
            raise Decline(f"calls {kind.__name__}() with {word.arg}=")
        given[word.arg] = scope.expression(word.value)
    for name, default in zip(names[len(names) - len(optional) :], optional, strict=True):
        if name not in given:
            given[name] = constant(default, f"the default of {name}")
    if len(tree.args) > len(names) or any(name not in given for name in names) or least < 0:
        raise Decline(f"calls {kind.__name__}() with {len(tree.args) + len(words)} arguments")
    made = record(mark, names, {"tuple": [value(given[name]) for name in names]})
    # Keywords are put into their places.
    return tries.unsure(scope, made) if len(words) > 1 else made


def _of_items(scope: Scope, known: tuple[str, tuple[str, ...]], tree: ast.expr) -> Node:
    mark, names = known
    items = call("unpack", iterables.as_list(scope, tree), constant(len(names)))
    return record(mark, names, tries.unsure(scope, items).json)


def class_method(scope: Scope, kind: Any, name: str, tree: ast.Call) -> Node | None:
    """`Person._make(parts)`"""
    if name != "_make" or len(tree.args) != 1 or tree.keywords or isinstance(tree.args[0], ast.Starred):
        return None
    known = _class_of(scope, kind)
    return None if known is None or known[0][0] != "n" else _of_items(scope, known, tree.args[0])


def attribute(of: Node, name: str) -> Node | None:
    """`row.name` of a row that may be a record."""
    if of.kind or name.startswith("__"):
        return None
    return call("record.attr", of, constant(name))


def method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    """A method that records of some kind have."""
    if of.kind or any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
        return None
    if name in ("_asdict", "asDict") and not tree.args and not tree.keywords:
        return tries.unsure(scope, call("record.dict", of, constant(name)))
    if name == "_replace" and not tree.args and tree.keywords:
        words = [constant(word.arg).json for word in tree.keywords]
        values = [value(scope.expression(word.value)) for word in tree.keywords]
        return tries.unsure(scope, call("record.replace", of, Node({"tuple": words}), Node({"tuple": values})))
    return None
