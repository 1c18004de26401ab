"""Accumulators of ints that a function of rows adds to: what it adds for a row is given beside what it returns.

Such an accumulator stands in the function as a variable that begins at 0 for each row. Nobody can ask for its value.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from typing import Any

from .capture import Capture, OfType, Snapshot
from .containers import Place
from .counted import ALL
from .decline import Decline
from .node import NONE, Node, binary, constant, let
from .scope import Scope, Slots


def begin(snapshot: Snapshot, slots: Slots) -> dict[str, Node]:
    """The accumulators that a function captures, as variables."""
    known = sys.modules.get("pyrite.accumulators")
    if known is None:
        return {}
    names = []
    for name in dict.fromkeys((*snapshot.names, *snapshot.code.co_freevars)):
        found = snapshot.lookup(name) if not name.startswith("__") else None
        if isinstance(found, OfType) and found.type is known.Accumulator:
            names.append(name)
    if not names:
        return {}
    made = {name: Node({"local": slots.take()}, "counter", None, name) for name in names}
    return {**made, ALL: Node("none", "counter", None, tuple(names))}


def whole(made: Node, counted: Mapping[str, Node], capture: Capture) -> Node:
    """The function's tree with its accumulators, at 0 before it."""
    names = counted[ALL].info
    for name in reversed(names):
        made = let(counted[name].json["local"], constant(0), made)
    places = [capture.place(Place(None, name, counter=True)) for name in names]
    return Node({"counted": {"of": made.json, "places": places}})


def added(scope: Scope, tree: ast.AST) -> tuple[str, Node] | None:
    """`counter.add(x)`, `counter += x`: the name, and what it then is. None for anything else."""
    target: Any
    if isinstance(tree, ast.AugAssign) and isinstance(tree.op, ast.Add):
        target, given = tree.target, tree.value
    elif isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute) and tree.func.attr == "add":
        target = tree.func.value
        words = {word.arg: word.value for word in tree.keywords}
        terms = [*tree.args, *(words.pop("term") for _ in range("term" in words))]
        if len(terms) != 1 or words or isinstance(terms[0], ast.Starred):
            return None
        given = terms[0]
    else:
        return None
    of = scope.names.get(target.id) if isinstance(target, ast.Name) else None
    if of is None or of.kind != "counter":
        return None
    if target.id != of.info or ALL not in scope.names:
        # Only the function's own variables are told beside what it returns.
        raise Decline("adds to an accumulator under another name")
    sum_ = binary("add", Node(of.json), scope.expression(given))
    return target.id, Node(sum_.json, "counter", None, of.info)


def is_declared(scope: Scope, tree: ast.stmt) -> bool:
    """`global counter`"""
    kinds = (scope.names.get(name) for name in tree.names) if isinstance(tree, ast.Global | ast.Nonlocal) else [None]
    return all(node is not None and node.kind == "counter" for node in kinds)


def adding(scope: Scope, tree: ast.expr) -> Node | None:
    """What a lambda gives that does nothing but add."""
    found = added(scope, tree)
    if found is None:
        return None
    name, total = found
    slot, reference = scope.bind(total)
    return let(slot, total, scope.within({name: reference}).returned(NONE))
