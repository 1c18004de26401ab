"""`bisect`, `statistics.mean` and `median`, and `hash` of numbers."""

from __future__ import annotations

import ast
import bisect
import statistics
from collections.abc import Callable
from typing import Any

from . import iterables, tries
from .decline import Decline
from .node import Node, call, constant, is_constant_list
from .scope import Scope

Handler = Callable[[Scope, ast.Call], Node]


def handler(function: Any) -> Handler | None:
    """What translates the call of a function of these."""
    try:
        return _HANDLERS.get(function)
    except TypeError:
        return None


def _arguments(tree: ast.Call, count: int) -> list[ast.expr]:
    if len(tree.args) != count or tree.keywords or any(isinstance(a, ast.Starred) for a in tree.args):
        raise Decline(f"calls {ast.unparse(tree.func)}() oddly")
    return tree.args


def _bisect(right: bool) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        items, of = (scope.expression(a) for a in _arguments(tree, 2))
        if is_constant_list(items.json):
            # Of the same items for all rows one is enough.
            items = Node({"tuple": items.json["list"]}, "tuple")
        return tries.unsure(scope, call("bisect", items, of, constant(right), kind="int"))

    return made


def _statistic(name: str) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        (of,) = _arguments(tree, 1)
        return tries.unsure(scope, call(f"statistics.{name}", iterables.as_list(scope, of)))

    return made


def _hash(scope: Scope, tree: ast.Call) -> Node:
    (of,) = _arguments(tree, 1)
    return tries.unsure(scope, call("hash", scope.expression(of), kind="int"))


_HANDLERS: dict[Any, Handler] = {
    bisect.bisect_left: _bisect(False),
    bisect.bisect_right: _bisect(True),
    bisect.bisect: _bisect(True),
    statistics.mean: _statistic("mean"),
    statistics.median: _statistic("median"),
    hash: _hash,
}
