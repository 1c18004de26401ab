"""Functions of rows with named fields, called where the engine has the fields' values: lines of text, tables.

While such a function is translated its row stands for nothing but its fields: `row[0]`, `row.word`, `row["word"]`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

from .node import Node, constant, item

# What a row has of its own goes before a field of that name.
_OWN = frozenset([*dir(tuple), "asDict"])


class Fields(NamedTuple):
    """The fields' names, and what makes a row of what the engine has: a tuple, or one field's value of this type."""

    names: tuple[str, ...]
    make: Callable[[Any], Any]
    alone: str | None = None


def called(fields: Fields, function: Callable[[Any], Any], values: Any) -> Any:
    """What the function gives for the row; a job takes along `partial(called, fields, function)`."""
    return function(fields.make(values))


def of_rows(function: Callable[..., Any]) -> tuple[Fields, FunctionType] | None:
    """The fields and the Python function of such a partial."""
    if type(function) is functools.partial and function.func is called and type(function.args[1]) is FunctionType:
        return function.args
    return None


def parameter() -> Node:
    """What the function's parameter stands for."""
    return Node({"param": 0}, "row")


def by_index(fields: Fields | None, of: Node, index: Node) -> Node | None:
    """`row[index]`, where it is a field."""
    if fields is None or of.kind != "row":
        return None
    key = index.constant(None)
    if type(key) is str and key in fields.names:
        return _field(fields, of, fields.names.index(key))
    count = len(fields.names)
    return _field(fields, of, key % count) if type(key) is int and -count <= key < count else None


def by_name(fields: Fields | None, of: Node, name: str) -> Node | None:
    """`row.name`, where it is a field."""
    if fields is None or of.kind != "row" or name not in fields.names or name in _OWN or name.startswith("__"):
        return None
    return _field(fields, of, fields.names.index(name))


def _field(fields: Fields, of: Node, index: int) -> Node:
    return item(Node(of.json), constant(index)) if fields.alone is None else Node(of.json, fields.alone)
