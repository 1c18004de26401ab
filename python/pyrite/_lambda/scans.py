"""Generators over all rows whose turns hand variables on: what a turn makes of them, and what it puts out."""

from __future__ import annotations

import ast
from typing import Any

from . import generators, once, tries
from .blocks import Block
from .decline import Decline
from .loops import _GOES_ON, _Turn
from .node import KEPT, Json, Node, constant, kept, let, value
from .scope import Scope

# No name of a program.
_YIELDED = "<yielded "


def scan(scope: Scope, statements: list[ast.stmt], name: str) -> Json:
    """The statements of such a generator over the iterator of this name."""
    json = _Before(name).block(scope, statements).json
    before = []
    while isinstance(json, dict) and "let" in json:
        bound = json["let"]
        before.append([bound["slot"], bound["value"]])
        json = bound["body"]
    if not isinstance(json, dict) or "scan" not in json:
        raise Decline("is a generator that branches before it goes through its rows")
    return {"before": before, "turns": json["scan"]}


def puts_out(statements: list[ast.stmt], name: str) -> bool:
    """Whether there is a loop over the iterator that yields in its turns."""
    loops = [tree for tree in statements if isinstance(tree, ast.For) and once.mentions(tree.iter, name)]
    return any(isinstance(part, ast.Yield) for tree in loops for part in ast.walk(tree))


class _Before(Block):
    """Assignments, the loop over the rows, and what is yielded after it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        first = statements[0] if statements else None
        if isinstance(first, ast.For) and once.mentions(first.iter, self.name):
            return _turns(scope, first, statements[1:])
        if not statements or isinstance(first, ast.Return | ast.If | ast.Try) or generators.yielded(first) is not None:
            raise Decline("is a generator that does more before it goes through its rows")
        return super().block(scope, statements)


def _turns(scope: Scope, tree: ast.For, rest: list[ast.stmt]) -> Node:
    """The loop, and what is yielded after it."""
    parts = [part for statement in tree.body for part in ast.walk(statement)]
    if tree.orelse or any(isinstance(part, ast.Return | ast.YieldFrom) for part in parts):
        raise Decline("is a generator that returns within a loop")
    targets = tries.stored([tree.target])
    carried = sorted(name for name in tries.stored(tree.body) - targets if name in scope.names)
    breaks = any(isinstance(part, ast.Break) for part in parts)
    kinds = {name: scope.names[name].kind for name in carried}
    infos: dict[str, Any] = {name: scope.names[name].info for name in carried}
    if set(kinds.values()) & KEPT:
        raise Decline("is a generator that changes a container")
    initial = [kept(scope.names[name]) for name in carried]
    while True:
        turn = _Emitting(scope, kinds, infos, breaks, False)
        over, made = turn.of(scope, tree)
        other = [name for name in carried if kinds[name] and turn.ends[name] - {kinds[name]}]
        if not other:
            break
        if any(turn.ends[name] & KEPT for name in other):
            raise Decline(f"has a loop in which {other[0]} becomes something else")
        kinds.update(dict.fromkeys(other, ""))
    if "items" not in over or turn.sources:
        raise Decline("has a loop over more than its rows")
    after = generators.rest(scope.without(targets).within(turn.locals), rest)
    json = {
        "carried": [
            *([[turn.how, constant(_GOES_ON).json]] if turn.exits else []),
            *([turn.locals[name].json["local"], begin] for name, begin in zip(carried, initial, strict=True)),
            *([[turn.count.json["local"], turn.first]] if turn.count else []),
        ],
        "over": over,
        "turn": made.json,
        "exits": turn.exits,
        "body": value(after),
    }
    return Node({"scan": json}, "list")


class _Emitting(_Turn):
    """A turn: its ends have what it yields behind the carried variables."""

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        first = statements[0] if statements else None
        given = generators.yielded(first)
        if given is None:
            return super().block(scope, statements)
        if self.open:
            raise Decline("is a generator that goes on after a yield in a try")
        made = scope.expression(given)
        value(made)
        name = f"{_YIELDED}{sum(name.startswith(_YIELDED) for name in scope.names):03}>"
        if made.is_plain():
            return self.block(scope.within({name: made}), statements[1:])
        slot, reference = scope.bind(made)
        return let(slot, made, self.block(scope.within({name: reference}), statements[1:]))

    def _end(self, scope: Scope, how: int, result: Node | None = None) -> Node:
        carried = super()._end(scope, how, result).json["tuple"]
        names = sorted(name for name in scope.names if name.startswith(_YIELDED))
        return Node({"tuple": [*carried, *(value(scope.names[name]) for name in names)]}, "tuple")
