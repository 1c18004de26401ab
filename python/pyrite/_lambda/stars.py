"""Calls with `*`, and functions that take `*args`: how many arguments there are must be known from the source."""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

from . import formats, iterables, tries
from .capture import Snapshot
from .decline import Decline
from .node import Json, Node, binary, call, constant, item, let, value
from .scope import Scope, defaults

_VARARGS, _KEYWORDS = 0x04, 0x08


def star_call(scope: Scope, function: Any, tree: ast.Call) -> Node | None:
    """`f(*row)` of a user's function, or of what takes as many arguments as a tuple has items."""
    if len(tree.args) != 1 or not isinstance(starred := tree.args[0], ast.Starred) or tree.keywords:
        return None
    whole = scope.expression(starred.value)
    value(whole)
    if type(function) is FunctionType:
        return _inlined(scope, function, whole)
    return None


def _inlined(scope: Scope, function: FunctionType, whole: Node) -> Node:
    from . import calls

    code = function.__code__
    if code.co_flags & _KEYWORDS or code.co_kwonlyargcount:
        raise Decline("calls with * or **")
    if code.co_flags & _VARARGS:
        if code.co_argcount:
            raise Decline("calls with * or **")
        return inline_all(scope, function, [], call("tuple", whole, kind="tuple"))
    count = code.co_argcount
    slot, reference = scope.bind(call("unpack", whole, constant(count)))
    parts = [item(reference, constant(i)) for i in range(count)]
    made = calls.call_object(scope, function, parts, {})
    unpacked = call("unpack", whole, constant(count), kind="tuple")
    return let(slot, tries.unsure(scope, unpacked), made)


def takes_all(snapshot: Snapshot) -> bool:
    """Whether the function has a `*args` and nothing that makes it odd."""
    flags = snapshot.code.co_flags
    return bool(flags & _VARARGS) and not flags & _KEYWORDS and not snapshot.code.co_kwonlyargcount


def inline_all(scope: Scope, function: FunctionType, arguments: list[Node], rest: Node | None = None) -> Node:
    """A call of a function with `*args`."""
    from . import inlining

    snapshot = scope.capture.snapshot(function)
    code = snapshot.code
    if defaults(snapshot) or len(arguments) < code.co_argcount:
        raise Decline(f"calls {function.__name__}(), which takes *args or **kwargs")
    names = code.co_varnames[: code.co_argcount]
    bound = inlining.Bound(scope, function.__name__)
    given = {name: bound.reference(node) for name, node in zip(names, arguments, strict=False)}
    further = arguments[code.co_argcount :]
    if rest is None:
        rest = Node({"tuple": [value(node) for node in further]}, "tuple")
    given[code.co_varnames[code.co_argcount]] = bound.reference(rest)
    return bound.around(scope.inline(snapshot, given))


def display(scope: Scope, parts: list[ast.expr], kind: str) -> Node:
    """`[*a, b]`, `(a, *b)`: the parts one after another."""
    whole: Node | None = None
    pending: list[Json] = []
    for part in [*parts, None]:
        if part is not None and not isinstance(part, ast.Starred):
            pending.append(value(scope.expression(part)))
            continue
        pieces = [Node({kind: pending}, kind)] if pending else []
        if part is not None:
            pieces.append(call(kind, iterables.as_list(scope, part.value), kind=kind))
        for piece in pieces:
            whole = piece if whole is None else binary("add", whole, piece, kind)
        pending = []
    return tries.unsure(scope, Node({kind: []}, kind) if whole is None else whole)


def format_call(scope: Scope, template: str, tree: ast.Call) -> Node | None:
    """`"{} {}".format(*row)`: as many arguments as the format names."""
    if len(tree.args) != 1 or not isinstance(starred := tree.args[0], ast.Starred) or tree.keywords:
        return None
    count = formats.arguments(template)
    whole = scope.expression(starred.value)
    slot, reference = scope.bind(call("unpack", whole, constant(count)))
    names = {f"<{i}>": item(reference, constant(i)) for i in range(count)}
    plain = ast.Call(tree.func, [ast.Name(name, ast.Load()) for name in names], [])
    made = formats.str_format(scope.within(names), template, plain)
    return let(slot, tries.unsure(scope, call("unpack", whole, constant(count), kind="tuple")), made)
