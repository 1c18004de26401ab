"""`str.translate` by a table of `str.maketrans` that stands in the source: each character has what takes its place."""

from __future__ import annotations

import ast
from typing import Any

from . import tables
from .decline import Decline
from .node import Node, call, constant
from .scope import UNKNOWN, Scope

_MOST = 256


def translate(scope: Scope, function: ast.Attribute, tree: ast.Call) -> Node | None:
    """`text.translate(str.maketrans(...))`"""
    if function.attr != "translate" or len(tree.args) != 1 or tree.keywords:
        return None
    table = _table(scope, tree.args[0])
    if table is None:
        return None
    pairs = []
    for code, to in table.items():
        if isinstance(to, int):
            to = chr(to) if 0 <= to < 0x110000 else UNKNOWN
        text = "" if to is None else to
        if type(text) is not str or not 0 <= code < 0x110000 or 0xD800 <= code < 0xE000:
            raise Decline("translates by an odd table")
        pairs.append((chr(code), text))
    if len(pairs) > _MOST:
        raise Decline("translates by a long table")
    return call("str.replace_each", scope.expression(function.value), constant(tuple(pairs)), kind="str")


def _table(scope: Scope, tree: ast.expr) -> dict[int, Any] | None:
    if isinstance(tree, ast.Name | ast.Attribute | ast.Subscript):
        return tables.translation(scope, tree)
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Attribute) or tree.func.attr != "maketrans":
        return None
    if scope.static(tree.func.value) is not str or tree.keywords:
        return None
    arguments = [_constant(scope, argument) for argument in tree.args]
    if any(argument is UNKNOWN for argument in arguments):
        raise Decline("translates by a table that depends on the row")
    try:
        return str.maketrans(*arguments)
    except (TypeError, ValueError):
        raise Decline("translates by an odd table") from None


def _constant(scope: Scope, tree: ast.expr) -> Any:
    if isinstance(tree, ast.Dict):
        keys = [UNKNOWN if key is None else scope.static(key) for key in tree.keys]
        values = [scope.static(each) for each in tree.values]
        if UNKNOWN in keys or any(each is UNKNOWN for each in values):
            return UNKNOWN
        return dict(zip(keys, values, strict=True))
    found = scope.static(tree)
    return found if type(found) is str else UNKNOWN
