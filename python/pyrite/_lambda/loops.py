"""`for` and `while` in a `def`: what a turn makes of the variables that the loop changes.

The variables that a loop assigns and that are bound before it are carried from turn to turn; others are a turn's own.
Where a turn may break off or return, how it ended is carried, too, and what it returned. After the loop its variable is
not known: there may have been no turn.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

from . import collections, generators, iterables, matches, mutations, states, tries
from .blocks import Block
from .decline import Decline, Unbound
from .logic import choose
from .node import (
    KEPT,
    NO_VALUES,
    Json,
    Node,
    binary,
    call,
    constant,
    is_constant_list,
    item,
    kept,
    kind_of_value,
    let,
    truth,
    value,
)
from .scope import UNKNOWN, Scope

Loop = ast.For | ast.While
# How a turn ends.
_GOES_ON, _BROKEN, _RETURNED = 0, 1, 2


def loop(block: Block, scope: Scope, tree: Loop, rest: list[ast.stmt]) -> Node:
    """The loop, and then the rest of the block that it stands in."""
    gathered = _gathered(block, scope, tree, rest)
    if gathered is not None:
        return gathered
    targets = _stored([tree.target]) if isinstance(tree, ast.For) else set()
    carried = sorted(name for name in _stored(tree.body) - targets if name in scope.names)
    if any(scope.names[name].kind == "state" for name in carried):
        raise Decline("changes the State in a loop")
    breaks = any(isinstance(s, ast.Break) for s in _statements(tree.body, inner_loops=False))
    returns = any(isinstance(s, ast.Return) for s in _statements(tree.body, inner_loops=True))
    scope = scope.within({name: collections.loose(scope.names[name]) for name in carried})
    kinds = {name: scope.names[name].kind for name in carried}
    infos = {name: scope.names[name].info for name in carried}
    initial = [kept(scope.names[name]) for name in carried]
    while True:
        turn = _Turn(scope, kinds, infos, breaks or returns, returns)
        over, made = turn.of(scope, tree)
        # What a variable is must hold for every turn, not only for the first.
        other = [name for name in carried if kinds[name] and turn.ends[name] - {kinds[name]}]
        if not other:
            break
        if any(kinds[name] in KEPT or turn.ends[name] & KEPT for name in other):
            raise Decline(f"has a loop in which {other[0]} becomes something else")
        kinds.update(dict.fromkeys(other, ""))
    json = {
        "carried": [
            *([[turn.how, constant(_GOES_ON).json]] if turn.exits else []),
            *([turn.locals[name].json["local"], begin] for name, begin in zip(carried, initial, strict=True)),
            *([[turn.count.json["local"], turn.first]] if turn.count else []),
            *([[turn.given, "none"]] if returns else []),
        ],
        "over": over,
        "turn": made.json,
        "exits": turn.exits,
    }
    after = scope.without(targets).within(turn.locals)
    following = _after(block, after, tree, rest, _ended(turn.how, _BROKEN) if breaks else None)
    if returns:
        returned = block.leave(after, Node({"local": turn.given}))
        following = choose(_ended(turn.how, _RETURNED), returned, following)
    body = following.json if following.kind == "generator" else value(following)
    made = Node({"loop": {**json, "body": body}}, kind_of_value(following.kind))
    for slot, source in reversed(turn.sources):
        made = let(slot, source, made)
    return made


class _Yielding(ast.NodeTransformer):
    """What is put into a list is yielded."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if mutations.receiver(node) == self.name and isinstance(node.value, ast.Call):
            return ast.Expr(ast.Yield(node.value.args[0]))
        return node


def _gathered(block: Block, scope: Scope, tree: Loop, rest: list[ast.stmt]) -> Node | None:
    """A loop that does nothing but put items into one list, as a comprehension; None for other loops."""
    names = mutations.changed([tree])
    if not isinstance(tree, ast.For) or tree.orelse or block.open or len(names) != 1:
        return None
    (name,) = names
    if name not in scope.names or scope.names[name].kind != "list":
        return None
    parts = [part for statement in [tree.iter, *tree.body] for part in ast.walk(statement)]
    calls = [part.value for part in parts if isinstance(part, ast.Expr) and mutations.receiver(part) == name]
    if sum(isinstance(part, ast.Name) and part.id == name for part in parts) != 1 or len(calls) != 1:
        return None
    put = calls[0]
    if not isinstance(put, ast.Call) or not isinstance(put.func, ast.Attribute) or put.func.attr != "append":
        return None
    if len(put.args) != 1 or put.keywords:
        return None
    inside: list[ast.stmt] = [tree]
    bound = _stored(inside) - {name}
    if bound & scope.names.keys():
        return None
    mutations.check(scope, name)
    try:
        made = generators.loop(scope, _Yielding(name).visit(copy.deepcopy(tree)))
    except Decline:
        return None
    longer = collections.extended(scope, scope.names[name], made)
    return block._assign(scope, [ast.Name(name, ast.Store())], longer, rest)


def _after(block: Block, scope: Scope, tree: Loop, rest: list[ast.stmt], broken: Node | None) -> Node:
    """What follows, with the `else` of a loop that wasn't broken off."""
    if not tree.orelse:
        return block.block(scope, rest)
    ended = block.block(scope, tree.orelse + rest)
    return ended if broken is None else choose(broken, block.block(scope, rest), ended)


def _ended(how: int, so: int) -> Node:
    return Node({"compare": {"first": {"local": how}, "rest": [["eq", constant(so).json]]}}, "bool")


class _Turn(Block):
    """A turn: its statements, and at each end what the carried variables are."""

    def __init__(self, scope: Scope, kinds: dict[str, str], infos: dict[str, Any], exits: bool, returns: bool) -> None:
        super().__init__()
        slots = scope.slots
        self.exits, self.returns = exits, returns
        self.how, self.given = (slots.take() if exits else -1), (slots.take() if returns else -1)
        self.locals = {name: Node({"local": slots.take()}, kind, None, infos[name]) for name, kind in kinds.items()}
        self.infos = infos
        self.ends: dict[str, set[str]] = {name: set() for name in kinds}
        # The index of `enumerate`, and the first one.
        self.count: Node | None = None
        self.first: Json = None
        # What `zip` goes through, bound before the loop.
        self.sources: list[tuple[int, Node]] = []

    def of(self, scope: Scope, tree: Loop) -> tuple[Json, Node]:
        """What there is a turn for, and the turn."""
        inner = scope.within(self.locals)
        if isinstance(tree, ast.While):
            return {"while": truth(inner.expression(tree.test))}, self.block(inner, tree.body)
        slot = scope.slots.take()
        element = Node({"local": slot})
        called, arguments = _called(scope, tree.iter)
        if called is range and 1 <= len(arguments) <= 3:
            ends = [value(scope.expression(a)) for a in arguments]
            start, stop, step = (*ends, 1)[:3] if len(ends) > 1 else (0, ends[0], 1)
            ends = [constant(e).json if isinstance(e, int) else e for e in (start, stop, step)]
            number = Node({"local": slot}, "int")
            over = {"range": {"slot": slot, "ends": ends}}
            return over, self._assign(inner, [tree.target], number, tree.body)
        if called is enumerate and 1 <= len(arguments) <= 2:
            # Python asks for the items before it asks for this.
            first = tries.unsure(scope, scope.expression(arguments[1])) if len(arguments) > 1 else constant(0)
            self.first = value(first)
            self.count = Node({"local": scope.slots.take()})
            return self._items(slot, scope, arguments[0]), self._pairs(inner, tree, [self.count, element])
        if called is zip and len(arguments) > 1:
            return self._zipped(slot, scope, inner, tree, arguments)
        items = scope.expression(tree.iter)
        if items.kind == "matches":
            element, items = matches.element(items, slot), Node(items.json, "list")
        return self._items_of(slot, items), self._assign(inner, [tree.target], element, tree.body)

    def _items(self, slot: int, scope: Scope, iterated: ast.expr) -> Json:
        return self._items_of(slot, scope.expression(iterated))

    def _items_of(self, slot: int, items: Node) -> Json:
        of = iterables.iterated(items)
        # Of the same items for all rows one is enough.
        return {"items": {"slot": slot, "of": {"tuple": of["list"]} if is_constant_list(of) else of}}

    def _pairs(self, inner: Scope, tree: ast.For, parts: list[Node]) -> Node:
        """A turn whose target is a tuple of as many names as there are parts."""
        targets = tree.target.elts if isinstance(tree.target, ast.Tuple | ast.List) else []
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if len(names) != len(parts) or len(targets) != len(parts) or len(set(names)) != len(names):
            raise Decline("has a for loop whose variables are no names, one for each part")
        bound: list[tuple[int, Node]] = []
        known: dict[str, Node] = {}
        for name, part in zip(names, parts, strict=True):
            if part.is_plain():
                known[name] = part
            else:
                slot, known[name] = inner.bind(part)
                bound.append((slot, part))
        made = self.block(inner.within(known), tree.body)
        for slot, part in reversed(bound):
            made = let(slot, part, made)
        return made

    def _zipped(
        self, slot: int, scope: Scope, inner: Scope, tree: ast.For, arguments: list[ast.expr]
    ) -> tuple[Json, Node]:
        """`zip`: the items of each at a number, as far as the shortest goes."""
        sources = []
        for argument in arguments:
            source = scope.expression(argument)
            source = Node(
                iterables.iterated(source), source.kind if source.kind not in NO_VALUES.keys() | KEPT else "list"
            )
            if not source.is_plain():
                place, reference = scope.bind(source)
                self.sources.append((place, source))
                source = reference
            sources.append(source)
        lengths = [call("len", source) for source in sources]
        parts = [item(source, Node({"local": slot}, "int")) for source in sources]
        stop = value(call("min", *lengths))
        ends = [constant(0).json, stop, constant(1).json]
        return {"range": {"slot": slot, "ends": ends}}, self._pairs(inner, tree, parts)

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        if not statements or isinstance(statements[0], ast.Continue):
            return self._end(scope, _GOES_ON)
        if isinstance(statements[0], ast.Break):
            return self._end(scope, _BROKEN)
        return super().block(scope, statements)

    def leave(self, scope: Scope, result: Node) -> Node:
        return self._end(scope, _RETURNED, result)

    def needed(self) -> set[str]:
        return set(self.ends)

    def _change(self, scope: Scope, change: states.Change, rest: list[ast.stmt]) -> Node:
        raise Decline("changes the State in a loop")

    def _end(self, scope: Scope, how: int, given: Node | None = None) -> Node:
        items = [constant(how).json] if self.exits else []
        for name, kinds in self.ends.items():
            if name not in scope.names:
                raise Unbound(name)
            node = scope.names[name]
            node = collections.loose(node)
            kinds.add(node.kind)
            if node.kind in KEPT and node.info != self.infos[name]:
                raise Decline(f"has a loop in which {name} becomes something else")
            items.append(kept(node))
        if self.count is not None:
            items.append(value(binary("add", self.count, constant(1))))
        if self.returns:
            items.append("none" if given is None else value(given))
        return Node({"tuple": items}, "tuple")


def _called(scope: Scope, tree: ast.expr) -> tuple[object, list[ast.expr]]:
    """Which built-in's call is iterated, and its arguments."""
    if not isinstance(tree, ast.Call) or tree.keywords or any(isinstance(a, ast.Starred) for a in tree.args):
        return None, []
    if not isinstance(tree.func, ast.Name):
        return None, []
    static = scope.static(tree.func)
    return (None if static is UNKNOWN else static), tree.args


def _stored(trees: list[ast.stmt] | list[ast.expr]) -> set[str]:
    """The names that these bind."""
    nodes = (node for tree in trees for node in ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | mutations.changed(trees)


def _statements(body: list[ast.stmt], inner_loops: bool) -> Iterator[ast.stmt]:
    """All statements of a body, perhaps with those of the loops in it; the `else` of such a loop is the body's own."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.For | ast.While):
            if inner_loops:
                yield from _statements(statement.body, inner_loops)
            yield from _statements(statement.orelse, inner_loops)
        elif isinstance(statement, ast.If | ast.Try):
            yield from _statements(statement.body, inner_loops)
            yield from _statements(statement.orelse, inner_loops)
            if isinstance(statement, ast.Try):
                for handler in statement.handlers:
                    yield from _statements(handler.body, inner_loops)
