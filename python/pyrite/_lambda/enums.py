"""Members of an `enum.Enum` that are chosen, and asked for their name or value at once."""

from __future__ import annotations

import ast
import enum
from typing import Any

from . import logic
from .capture import is_constant
from .decline import Decline
from .node import Node, constant
from .scope import UNKNOWN, Scope

_ASKED = ("name", "value")
_PROPERTIES = {name: enum.Enum.__dict__[name] for name in _ASKED}


def attribute(scope: Scope, tree: ast.Attribute) -> Node | None:
    """`(Level.HIGH if test else Level.LOW).name`, `Level.HIGH.value`"""
    return _asked(scope, tree.value, tree.attr) if tree.attr in _ASKED else None


def _asked(scope: Scope, tree: ast.expr, name: str) -> Node | None:
    if isinstance(tree, ast.IfExp):
        then = _asked(scope, tree.body, name)
        orelse = None if then is None else _asked(scope, tree.orelse, name)
        if then is None or orelse is None:
            return None
        return logic.choose(scope.expression(tree.test), then, orelse)
    member = _member(scope, tree)
    if member is None:
        return None
    found = getattr(member, f"_{name}_")
    if not is_constant(found):
        raise Decline(f"asks for the value of {ast.unparse(tree)}, which is no constant")
    return constant(found, ast.unparse(tree))


def _member(scope: Scope, tree: ast.expr) -> Any:
    """The member that `Level.HIGH` is; None of anything else."""
    if not isinstance(tree, ast.Attribute):
        return None
    owner = scope.static(tree.value)
    if owner is UNKNOWN or not isinstance(owner, enum.EnumMeta) or type(owner) is not enum.EnumMeta:
        return None
    member = owner.__dict__.get("_member_map_", {}).get(tree.attr)
    if member is None or type(member) is not owner:
        return None
    for name, known in _PROPERTIES.items():
        # A class may have its own way to tell them.
        if scope.capture.found_in(owner, name) is not known:
            raise Decline(f"asks a member of {owner.__name__}, which has a {name} of its own")
    if scope.capture.found_in(owner, "__getattribute__") is not object.__getattribute__:
        raise Decline(f"asks a member of {owner.__name__}, which has its own attributes")
    return member
