"""Functions of rows of one named field, called where the engine has the field's value alone: lines of text as rows.

While such a function is translated its row stands for nothing but its field: `row[0]`, `row.value`, `row["value"]`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

from .node import Node

_INDEXES = (0, -1)


class OneField(NamedTuple):
    """The field's name and type, and what makes a row of its value."""

    name: str
    type: str
    make: Callable[[Any], Any]


def called(field: OneField, function: Callable[[Any], Any], value: Any) -> Any:
    """What the function gives for the row; a job takes along `partial(called, field, function)`."""
    return function(field.make(value))


def of_rows(function: Callable[..., Any]) -> tuple[OneField, FunctionType] | None:
    """The field and the Python function of such a partial."""
    if type(function) is functools.partial and function.func is called and type(function.args[1]) is FunctionType:
        return function.args
    return None


def parameter() -> Node:
    """What the function's parameter stands for."""
    return Node({"param": 0}, "row")


def by_index(field: OneField | None, of: Node, index: Node) -> Node | None:
    """`row[index]`, where it is the field."""
    if field is None or of.kind != "row":
        return None
    key = index.constant(None)
    if key == field.name or (type(key) is int and key in _INDEXES):
        return Node(of.json, field.type)
    return None


def by_name(field: OneField | None, of: Node, name: str) -> Node | None:
    """`row.name`, where it is the field."""
    return Node(of.json, field.type) if field is not None and of.kind == "row" and name == field.name else None
