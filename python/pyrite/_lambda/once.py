"""Whether a function goes through an iterator of its arguments no more than once, and what it makes of it at once."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable

from . import tries
from .decline import Decline
from .scope import Scope

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# What gives an iterator that asks the one below for an item when it is asked itself.
_LAZY = (map, filter, itertools.islice, iter)


def check(function: ast.FunctionDef | ast.Lambda, name: str, statements: list[ast.stmt] | None = None) -> None:
    """Declines unless the iterator of this name is asked for once at most, whichever way the function goes."""
    if isinstance(function, ast.Lambda):
        count = _expression(function.body, name)
    else:
        count = _block(function.body if statements is None else statements, name)
    if count > 1:
        raise Decline(f"goes through {name} more than once")


def mentions(tree: ast.AST, name: str) -> bool:
    """Whether the name is in it."""
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(tree))


def makes_at_once(scope: Scope, trees: Iterable[ast.AST], name: str) -> bool:
    """Whether something may be made of all items before the first of what the function gives is asked for."""
    for part in (part for tree in trees for part in ast.walk(tree)):
        if isinstance(part, ast.ListComp | ast.SetComp | ast.DictComp) and mentions(part, name):
            return True
        if not isinstance(part, ast.Call) or not any(mentions(argument, name) for argument in part.args):
            continue
        if not any(scope.static(part.func) is known for known in _LAZY):
            return True
    return False


def _block(statements: list[ast.stmt], name: str) -> int:
    """How often it is asked for on the way that asks most often; two stands for more."""
    count = 0
    for at, tree in enumerate(statements):
        if isinstance(tree, ast.Return | ast.Raise):
            return count + _expression(tree, name)
        if isinstance(tree, ast.If):
            count += _expression(tree.test, name)
            then, orelse = _block(tree.body, name), _block(tree.orelse, name)
            if tries.leaves(tree.body):
                return count + max(then, orelse + _block(statements[at + 1 :], name))
            count += max(then, orelse)
        elif isinstance(tree, ast.For):
            count += _expression(tree.iter, name) + 2 * _block(tree.body, name) + _block(tree.orelse, name)
        elif isinstance(tree, ast.While):
            count += 2 * (_expression(tree.test, name) + _block(tree.body, name)) + _block(tree.orelse, name)
        elif isinstance(tree, ast.Assign) and [t.id for t in tree.targets if isinstance(t, ast.Name)] == [name]:
            # It is something else from here on.
            return count + _expression(tree.value, name)
        elif isinstance(tree, ast.Try):
            count += _block(tree.body, name) + _block(tree.orelse, name) + _block(tree.finalbody, name)
            count += sum(_block(handler.body, name) for handler in tree.handlers)
        elif isinstance(tree, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Assert | ast.Pass):
            count += _expression(tree, name)
        elif mentions(tree, name):
            return 2
    return count


def _expression(tree: ast.AST, name: str) -> int:
    if isinstance(tree, ast.Name):
        return int(tree.id == name)
    if isinstance(tree, ast.Lambda):
        return 2 * mentions(tree, name)
    if isinstance(tree, ast.IfExp):
        return _expression(tree.test, name) + max(_expression(tree.body, name), _expression(tree.orelse, name))
    if isinstance(tree, _COMPREHENSIONS):
        first = tree.generators[0].iter
        others = sum(mentions(part, name) for part in ast.walk(tree) if isinstance(part, ast.Name))
        count = _expression(first, name)
        inside = sum(mentions(part, name) for part in ast.walk(first) if isinstance(part, ast.Name))
        return count + 2 * (others - inside)
    return sum(_expression(part, name) for part in ast.iter_child_nodes(tree))
