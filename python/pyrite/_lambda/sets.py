"""Sets of a row and captured ones together: `set(words) - stop`, `stop & set(words)`."""

from __future__ import annotations

import ast

from . import containers
from .decline import Decline
from .node import Node
from .scope import Scope

_METHODS = {"difference": False, "intersection": True}


def _captured(scope: Scope, tree: ast.expr) -> containers.Held | None:
    held = containers.held(scope, tree) if isinstance(tree, ast.Name | ast.Attribute) else None
    return held if held is not None and held.type in (set, frozenset) else None


def _plain(found: object) -> bool:
    """Whether equal elements are the same: 0.0 and -0.0 are not, and which of them stays is CPython's."""
    return not isinstance(found, set | frozenset) or all(type(each) in (str, int, bytes, type(None)) for each in found)


def _same_kept(scope: Scope, tree: ast.expr) -> bool:
    """Whether it shows nowhere which of two equal elements is kept, of a captured set or the other one."""
    found = containers.place_of(scope, tree) if isinstance(tree, ast.Name | ast.Attribute) else None
    if found is None or found[0].broadcast:
        return True
    place = found[0]
    if not _plain(containers.now(place, scope.capture.root.function)):
        return False
    scope.capture.checks.append(lambda function: _plain(containers.now(place, function)))
    return True


def operator(scope: Scope, tree: ast.BinOp) -> Node | None:
    """`set(words) - stop`, and with `&` either way."""
    if isinstance(tree.op, ast.BitAnd) and not (_same_kept(scope, tree.right) and _same_kept(scope, tree.left)):
        return None
    common = isinstance(tree.op, ast.BitAnd)
    right = _captured(scope, tree.right)
    if right is not None:
        left = scope.expression(tree.left)
        if left.kind != "set":
            raise Decline("calculates with a captured set")
        return containers.without(scope, left, right, common)
    left_held = _captured(scope, tree.left) if common else None
    if left_held is None:
        return None
    other = scope.expression(tree.right)
    return containers.without(scope, other, left_held, True) if other.kind == "set" else None


def method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    """`set(words).difference(stop)`, `set(words).isdisjoint(stop)`"""
    if of.kind != "set" or len(tree.args) != 1 or tree.keywords or name not in _METHODS:
        return None
    held = _captured(scope, tree.args[0])
    if name == "intersection" and not _same_kept(scope, tree.args[0]):
        return None
    return None if held is None else containers.without(scope, of, held, _METHODS[name])
