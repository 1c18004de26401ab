"""Records: named tuples, Rows, dicts and instances that a function makes, and what it reads of its rows by name."""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

from pyrite import _engine
from pyrite._row import Row

from . import instances, iterables, tries
from .capture import Settings
from .decline import Decline
from .node import Json, Node, call, constant, record, value
from .scope import Scope, defaults, required

_HEAP = 1 << 9


def class_of(scope: Scope, kind: Any) -> tuple[str, list[str]] | None:
    """The mark and the names of a class of records. What was seen of it is looked at again whenever the function is."""
    if type(kind) is not type or not kind.__flags__ & _HEAP:
        return None
    known = _engine.record_class(kind)
    scope.capture.checks.append(lambda _: _engine.record_class(kind) == known)
    return known


def make(scope: Scope, kind: Any, tree: ast.Call) -> Node | None:
    """`Person(name, age)`, `Person(name=name, age=age)`, `Person(*parts)`, of a class or of a Row with names."""
    if kind is Row:
        return _row(scope, tree)
    if isinstance(kind, Settings) and kind.type is Row:
        return _row_of(scope, kind, tree)
    known = class_of(scope, kind)
    if known is None:
        return None
    mark, names = known
    if mark[0] == "o":
        attributes, json, bound = instances.made(scope, kind, names, tree)
        made = instances.around(bound, record(mark, attributes, json))
        return tries.unsure(scope, made)
    return _named(scope, kind, mark, tuple(names), tree) if mark[0] == "n" else None


def _row(scope: Scope, tree: ast.Call) -> Node:
    words = [word.arg for word in tree.keywords if word.arg is not None]
    if tree.args or not words or len(words) < len(tree.keywords):
        raise Decline("calls Row() without names")
    return record("r0", tuple(words), {"tuple": [value(scope.expression(word.value)) for word in tree.keywords]})


def _row_of(scope: Scope, kind: Settings, tree: ast.Call) -> Node:
    """`Person(name, age)` where `Person = Row("name", "age")`"""
    names = tuple(name for _, name in kind.items)
    if len(tree.args) != len(names) or tree.keywords or any(isinstance(a, ast.Starred) for a in tree.args):
        if len(tree.args) == 1 and isinstance(starred := tree.args[0], ast.Starred) and not tree.keywords:
            return _of_items(scope, "r1", names, starred.value)
        raise Decline("calls a Row with another number of values")
    if len(set(names)) < len(names) or not all(type(name) is str for name in names):
        raise Decline("calls a Row of odd names")
    return record("r1", names, {"tuple": [value(scope.expression(a)) for a in tree.args]})


def _named(scope: Scope, kind: Any, mark: str, names: tuple[str, ...], tree: ast.Call) -> Node | None:
    if len(tree.args) == 1 and isinstance(starred := tree.args[0], ast.Starred) and not tree.keywords:
        return _of_items(scope, mark, names, starred.value)
    if any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
        raise Decline("calls with * or **")
    new: Any = kind.__new__
    if type(new) is not FunctionType:
        return None
    snapshot = scope.capture.snapshot(new)
    words = [word.arg for word in tree.keywords if word.arg is not None]
    required(snapshot, set(words))
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
    if len(tree.args) > len(names) or any(name not in given for name in names):
        raise Decline(f"calls {kind.__name__}() with {len(tree.args) + len(words)} arguments")
    made = record(mark, names, {"tuple": [value(given[name]) for name in names]})
    # Keywords are put into their places.
    return tries.unsure(scope, made) if len(words) > 1 else made


def _of_items(scope: Scope, mark: str, names: tuple[str, ...], tree: ast.expr) -> Node:
    items = call("unpack", iterables.as_list(scope, tree), constant(len(names)))
    return record(mark, names, tries.unsure(scope, items).json)


def class_method(scope: Scope, kind: Any, name: str, tree: ast.Call) -> Node | None:
    """`Person._make(parts)`"""
    if name != "_make" or len(tree.args) != 1 or tree.keywords or isinstance(tree.args[0], ast.Starred):
        return None
    known = class_of(scope, kind)
    if known is None or known[0][0] != "n":
        return None
    return _of_items(scope, known[0], tuple(known[1]), tree.args[0])


def attribute(scope: Scope, of: Node, name: str) -> Node | None:
    """`row.name` of a row that may be a record."""
    if of.kind or name.startswith("__"):
        return None
    return instances.attribute(scope, of, name, call("record.attr", of, constant(name)))


def method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    """A method that records of some kind have."""
    if of.kind or any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
        return None
    if name in ("_asdict", "asDict") and not tree.args and not tree.keywords:
        return tries.unsure(scope, call("record.dict", of, constant(name)))
    if name == "_replace" and not tree.args and tree.keywords:
        words: list[Json] = [constant(word.arg).json for word in tree.keywords]
        values = [value(scope.expression(word.value)) for word in tree.keywords]
        return tries.unsure(scope, call("record.replace", of, Node({"tuple": words}), Node({"tuple": values})))
    made = instances.method(scope, of, name, tree)
    return None if made is None else tries.unsure(scope, made)


def is_instance(scope: Scope, of: Node, kind: Any) -> Node | None:
    """`isinstance(of, kind)` of a class of records."""
    known = class_of(scope, kind)
    if known is None or known[0][0] not in "no":
        return None
    return call("record.is", of, constant(known[0]), Node("none"), kind="bool")


def merged(scope: Scope, tree: ast.Dict) -> Node | None:
    """`{**row, "key": value}`, whose keys stand in the source."""
    made: Node | None = None
    keys: dict[str, Json] = {}
    parts: list[Node] = []
    for key, of in zip(tree.keys, tree.values, strict=True):
        if key is None:
            if keys:
                parts.append(record("d0", tuple(keys), {"tuple": list(keys.values())}))
                keys = {}
            other = scope.expression(of)
            if other.kind not in ("", "record"):
                return None
            parts.append(Node(value(other)))
        elif isinstance(key, ast.Constant) and type(key.value) is str and key.value not in keys:
            keys[key.value] = value(scope.expression(of))
        else:
            return None
    if keys:
        parts.append(record("d0", tuple(keys), {"tuple": list(keys.values())}))
    for part in parts:
        made = part if made is None else call("record.merge", made, part)
    if len(parts) == 1:
        # A copy, of a dict and of nothing else.
        made = call("record.merge", parts[0], parts[0])
    return None if made is None else tries.unsure(scope, made)
