"""`try` in a `def`: which exceptions its handlers catch, and which names they must find as they were.

What follows a `try` isn't protected by it: it stands in the tree's body all the same, marked as outside. A handler
finds the variables as they were bound where the exception was raised; so where the body binds one that is asked for
after that, the `try` begins anew, with its handlers for the new value.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from typing import NamedTuple

from . import mutations
from .decline import Decline
from .node import Json, Node, constant, item, kind_of_value, value
from .scope import UNKNOWN, Scope

#: What the engine knows to be raised, by the names that it has for it.
RAISED: dict[str, type[BaseException]] = {
    kind.__name__: kind
    for kind in (
        AttributeError,
        IndexError,
        json.JSONDecodeError,
        KeyError,
        OverflowError,
        TypeError,
        UnicodeDecodeError,
        ValueError,
        ZeroDivisionError,
    )
}


class Attempt:
    """A `try` statement with what follows it."""

    def __init__(self, scope: Scope, tree: ast.Try, rest: list[ast.stmt], needed: Iterable[str]) -> None:
        if not all(isinstance(statement, ast.Pass) for statement in tree.finalbody):
            raise Decline("has a finally")
        self.tree = tree
        self.rest = rest
        self.classes = [_caught(scope, handler.type) for handler in tree.handlers]
        #: What the handlers call the exception, where they ask for it.
        self.names = [_name(scope, handler) for handler in tree.handlers]
        #: The names that are asked for once something was raised.
        self.used: set[str] = set()
        for handler in tree.handlers:
            self.used |= loaded(handler.body)
            after = set() if leaves(handler.body) else loaded(rest) | set(needed)
            # Who goes on with the next turn of a loop, or with what follows it, asks for what turns hand on.
            after |= set(needed) if _ends_turn(handler.body) else set()
            self.used |= after - _surely_bound(handler.body)


class Open(NamedTuple):
    """A `try` whose body is being translated, and its number in the tree."""

    attempt: Attempt
    number: int


class End(ast.stmt):
    """Stands where a `try` protects no more."""

    _fields = ()


def outside(opened: Iterable[Open], made: Node) -> Node:
    """The node where none of these protects it."""
    json: Json = made.json
    for one in reversed(list(opened)):
        json = {"outside": [one.number, json]}
    return made._replace(json=json)


def node(number: int, body: Node, handlers: list[tuple[list[str], Node, int | None]]) -> Node:
    """A `try` with what is caught and what then follows, and the locals of exceptions that are asked for."""
    json = {
        "number": number,
        "body": value(body),
        "handlers": [[names, value(made)] for names, made, _ in handlers],
        "names": [slot for _, _, slot in handlers],
    }
    kinds = {body.kind, *(made.kind for _, made, _ in handlers)}
    return Node({"try": json}, kind_of_value(body.kind) if len(kinds) == 1 else "")


def unsure(scope: Scope, made: Node, needed: bool = True) -> Node:
    """The node where it isn't known what is raised in it: it evaluates in another order than Python, or more."""
    if not scope.slots.trying or not needed or made.is_plain():
        return made
    return made._replace(json={"unsure": made.json})


def loaded(statements: Iterable[ast.AST]) -> set[str]:
    """The names that these ask for."""
    names = set()
    for statement in statements:
        for part in ast.walk(statement):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                names.add(part.id)
            elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
                names.add(part.target.id)
    return names


def stored(statements: Iterable[ast.AST]) -> set[str]:
    """The names that these bind."""
    statements = list(statements)
    parts = (part for statement in statements for part in ast.walk(statement))
    names = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    return names | mutations.changed(statements)


def leaves(statements: list[ast.stmt]) -> bool:
    """Whether nothing that follows these is ever reached from them."""
    last = statements[-1] if statements else None
    if isinstance(last, ast.If):
        return leaves(last.body) and leaves(last.orelse)
    return isinstance(last, ast.Return | ast.Continue | ast.Break | ast.Raise)


def _ends_turn(statements: list[ast.stmt]) -> bool:
    parts = (part for statement in statements for part in ast.walk(statement))
    return any(isinstance(part, ast.Continue | ast.Break) for part in parts)


def _surely_bound(statements: list[ast.stmt]) -> set[str]:
    """Names that these bind, whichever way they go."""
    targets = [target for statement in statements if isinstance(statement, ast.Assign) for target in statement.targets]
    return stored(targets)


def falls_through(tree: ast.Try) -> bool:
    """Whether nothing in the statement leaves the function or a loop round it."""
    return not any(isinstance(part, ast.Return | ast.Continue | ast.Break | ast.Yield) for part in ast.walk(tree))


def _caught(scope: Scope, tree: ast.expr | None) -> list[str]:
    """What the engine may raise and a handler of this expression catches."""
    classes = (BaseException,) if tree is None else _classes(scope, tree)
    return [name for name, raised in RAISED.items() if any(kind in raised.__mro__ for kind in classes)]


def _classes(scope: Scope, tree: ast.expr) -> tuple[type, ...]:
    if isinstance(tree, ast.Tuple):
        return tuple(kind for part in tree.elts for kind in _classes(scope, part))
    found = scope.static(tree)
    kinds = found if type(found) is tuple else (found,)
    if found is UNKNOWN or not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
        raise Decline(f"has an except of {ast.unparse(tree)}, which is no known class")
    return kinds


def told(node: Node) -> Node | None:
    """`str(e)`; None of what is no exception."""
    return item(Node(node.json, "tuple"), constant(1))._replace(kind="str") if node.kind == "exception" else None


def class_name(scope: Scope, tree: ast.Attribute) -> Node | None:
    """`type(e).__name__`, `e.__class__.__name__`; None of other attributes."""
    of = tree.value
    if tree.attr != "__name__":
        return None
    if isinstance(of, ast.Attribute) and of.attr == "__class__":
        named = of.value
    elif isinstance(of, ast.Call) and len(of.args) == 1 and not of.keywords and scope.static(of.func) is type:
        named = of.args[0]
    else:
        return None
    known = scope.names.get(named.id) if isinstance(named, ast.Name) else None
    if known is None or known.kind != "exception":
        return None
    return item(Node(known.json, "tuple"), constant(0))._replace(kind="str")


def _name(scope: Scope, handler: ast.ExceptHandler) -> str | None:
    """`as e`: e is no name any more after the handler."""
    name = handler.name
    if name is None:
        return None
    if name in scope.names or name in stored(handler.body):
        raise Decline(f"gives the exception a name that is used for something else, {name}")
    return name if name in loaded(handler.body) else None
