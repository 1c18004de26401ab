"""Captured objects whose attributes are settings, and dicts of settings: their values stand in the tree.

They are compared whenever the function is used again.
"""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

from pyrite._row import Row

from . import inlining
from .capture import Settings
from .decline import Decline
from .node import NONE, Node, constant, let
from .scope import UNKNOWN, Scope

_NOTHING: Any = object()


def item(scope: Scope, tree: ast.Subscript) -> Node | None:
    """`settings["name"]`, where that is there."""
    found = _in_dict(scope.static(tree.value), scope, tree.slice)
    return None if found is UNKNOWN or found is _NOTHING else constant(found, ast.unparse(tree))


def get(scope: Scope, tree: ast.Call) -> Node | None:
    """`settings.get("name", default)`"""
    if (
        not isinstance(tree.func, ast.Attribute)
        or tree.func.attr != "get"
        or tree.keywords
        or len(tree.args) not in (1, 2)
    ):
        return None
    found = _in_dict(scope.static(tree.func.value), scope, tree.args[0])
    if found is UNKNOWN:
        return None
    if found is _NOTHING:
        return scope.expression(tree.args[1]) if len(tree.args) > 1 else NONE
    if len(tree.args) > 1 and scope.static(tree.args[1]) is UNKNOWN:
        # It is computed all the same, and may raise.
        slot, _ = scope.bind(default := scope.expression(tree.args[1]))
        return let(slot, default, constant(found, ast.unparse(tree)))
    return constant(found, ast.unparse(tree))


def _in_dict(of: Any, scope: Scope, key: ast.expr) -> Any:
    """What a dict of settings has under a key; `_NOTHING` where it hasn't any, `UNKNOWN` where that can't be told."""
    if not isinstance(of, Settings) or of.type is not dict:
        return UNKNOWN
    name = scope.static(key)
    return dict(of.items).get(name, _NOTHING) if type(name) is str else UNKNOWN


def method(scope: Scope, owner: Any, tree: ast.Call) -> Node | None:
    """A call of a method of an object with settings, or of a function that a class holds."""
    assert isinstance(tree.func, ast.Attribute)
    name = tree.func.attr
    if isinstance(owner, Settings) and owner.type not in (dict, Row):
        if any(known == name for known, _ in owner.items):
            return None
        raw, receiver = scope.capture.found_in(owner.type, name), [instance(owner)]
    elif type(owner) is type and owner.__module__ != "builtins":
        raw, receiver = scope.capture.found_in(owner, name), []
    else:
        return None
    if type(raw) is staticmethod:
        raw, receiver = raw.__func__, []
    if type(raw) is not FunctionType:
        return None
    if any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
        raise Decline("calls with * or **")
    words = {word.arg: scope.expression(word.value) for word in tree.keywords if word.arg is not None}
    return inlining.call_function(scope, raw, [*receiver, *map(scope.expression, tree.args)], words)


def instance(of: Settings) -> Node:
    """An object with settings, which is asked for them and has no value."""
    return Node({"raises": "an object as a value"}, "object", None, of)
