"""Functions of a state and a value that put the value into the state and give it back: `s.append(v); return s`.

The state is a fold's own: that it changes is seen by nobody else. And the start values of such folds.
"""

from __future__ import annotations

import ast
import collections as library
from typing import Any

from . import collections, iterables
from .decline import Decline
from .node import Json, Node, call, constant, value
from .scope import Scope

#: To a set CPython adds sooner.
_METHODS = ("append", "extend")


def body(scope: Scope, tree: ast.AST, parameters: tuple[str, ...]) -> Node | None:
    """What such a function gives; None for any other."""
    if not isinstance(tree, ast.FunctionDef) or len(parameters) != 2:
        return None
    statements = [part for part in tree.body if not _is_text(part)]
    state = parameters[0]
    match statements:
        case [ast.Expr(ast.Call(ast.Attribute(ast.Name(of), method), [given], [])), ast.Return(ast.Name(returned))]:
            if of != state or returned != state or method not in _METHODS:
                return None
        case _:
            return None
    if any(isinstance(part, ast.Name) and part.id == state for part in ast.walk(given)):
        raise Decline(f"changes its argument {state} in place")
    whole, taken = Node({"param": 0}), scope.expression(given)
    if method == "append":
        return call("list.append", whole, taken, kind="list")
    return call("list.extend", whole, Node(iterables.iterated(taken), "list"), kind="list")


def _is_text(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)


def start(zero: Any) -> Json:
    """A start value: a constant, a list of such, or an empty set or dict."""
    if type(zero) is list:
        return {"list": [constant(item, "its start value").json for item in zero]}
    if type(zero) is set and not zero:
        return value(Node({"list": []}, "set"))
    if type(zero) in (dict, library.Counter) and not zero:
        missing = collections.Missing(constant(0).json, False) if type(zero) is library.Counter else None
        return value(collections.pairs({"list": []}, missing))
    return constant(zero, "its start value").json
