"""The type of a value: its name, and whether it is exactly a built-in one."""

from __future__ import annotations

import ast
from typing import Any

from .node import Node, call
from .scope import Scope

#: Whose values the engine tells apart by the names of their types.
_KNOWN = {int: "int", float: "float", str: "str", bool: "bool", bytes: "bytes", tuple: "tuple", list: "list"}


def _asked(scope: Scope, tree: ast.expr) -> Node | None:
    """What `type(...)` is called with."""
    plain = isinstance(tree, ast.Call) and len(tree.args) == 1 and not tree.keywords
    if not plain or not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        return None
    if isinstance(tree.args[0], ast.Starred) or scope.static(tree.func) is not type:
        return None
    return scope.expression(tree.args[0])


def attribute(scope: Scope, tree: ast.Attribute) -> Node | None:
    """`type(x).__name__`"""
    of = _asked(scope, tree.value) if tree.attr in ("__name__", "__qualname__") else None
    return None if of is None else call("type.name", of, kind="str")


def comparison(scope: Scope, tree: ast.Compare) -> Node | None:
    """`type(x) is int`, `type(x) == int`, `type(x) in (int, float)`"""
    if len(tree.ops) != 1 or not isinstance(tree.left, ast.Call):
        return None
    op, right = tree.ops[0], tree.comparators[0]
    if isinstance(op, ast.In | ast.NotIn) and isinstance(right, ast.Tuple | ast.List):
        parts = right.elts
    elif isinstance(op, ast.Is | ast.IsNot | ast.Eq | ast.NotEq):
        parts = [right]
    else:
        return None
    of = _asked(scope, tree.left)
    if of is None:
        return None
    names = [_name(scope.static(part)) for part in parts]
    if None in names:
        return None
    test = {"tuple": [{"str": name} for name in names]}
    json = {"compare": {"first": call("type.name", of).json, "rest": [["in", test]]}}
    if isinstance(op, ast.IsNot | ast.NotEq | ast.NotIn):
        json = {"unary": {"op": "not", "of": json}}
    return Node(json, "bool")


def _name(found: Any) -> str | None:
    try:
        return _KNOWN.get(found)
    except TypeError:
        return None
