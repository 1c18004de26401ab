"""The statements of a `def`: local assignments, `if`, `try` and `return` become one expression."""

from __future__ import annotations

import ast
from collections.abc import Collection

from . import changing, states, tables, tries
from .decline import Decline, Unbound
from .logic import choose
from .node import (
    KEPT,
    NO_VALUES,
    NONE,
    Json,
    MatchInfo,
    Node,
    call,
    constant,
    item,
    kind_of_value,
    let,
    local,
    raises,
    truth,
    value,
)
from .scope import Scope

_STATEMENTS = 400
_REFUSED: dict[type[ast.stmt], str] = {
    ast.TryStar: "has an except*",
    ast.With: "has a with",
    ast.Global: "assigns to a global",
    ast.Nonlocal: "assigns to a variable outside itself",
    ast.ClassDef: "makes a class",
    ast.Delete: "deletes",
}


def body(scope: Scope, statements: list[ast.stmt]) -> Node:
    """The value that a function of these statements returns."""
    return Block().block(scope, statements)


class Block:
    """Statements one by one, which are counted: what follows an `if` is written out on both its sides."""

    def __init__(self) -> None:
        self.left = _STATEMENTS
        #: The `try`s that protect the statement that is translated, the outermost first.
        self.open: tuple[tries.Open, ...] = ()

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        if not statements:
            return scope.returned(NONE)
        self.left -= 1
        if self.left < 0:
            raise Decline("has too many branches")
        first, rest = statements[0], statements[1:]
        if isinstance(first, tries.End):
            return self._end_of_try(scope, rest)
        if isinstance(first, tables.Bind):
            return self.block(scope.within(first.names), rest)
        if isinstance(first, ast.Try):
            return self._try(scope, first, rest)
        made = changing.statement(self, scope, first, rest)
        if made is not None:
            return made
        if isinstance(first, ast.Return):
            return self.leave(scope, NONE if first.value is None else scope.expression(first.value))
        if isinstance(first, ast.If):
            test = scope.expression(first.test)
            return choose(test, self.block(scope, first.body + rest), self.block(scope, first.orelse + rest))
        if isinstance(first, ast.Pass):
            return self.block(scope, rest)
        if isinstance(first, ast.Expr):
            if isinstance(first.value, ast.Constant):
                return self.block(scope, rest)
            change = states.change(scope, first.value)
            if change is not None:
                return self._change(scope, change, rest)
            if self.open:
                # It may raise.
                return self._assign(scope, [], scope.expression(first.value), rest)
            raise Decline(f"has the statement {_short(first.value)}, whose value is not used")
        if isinstance(first, ast.Assign) and (parallel := _parallel(scope, first)) is not None:
            names, parts = parallel
            made = self._bound(scope.within(names), names, rest)
            for slot, node in reversed(parts):
                made = let(slot, node, made)
            return made
        if isinstance(first, ast.Assign):
            return self._assign(scope, first.targets, scope.expression(first.value), rest)
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name):
            if first.value is None:
                return self.block(scope, rest)
            return self._assign(scope, [first.target], scope.expression(first.value), rest)
        if isinstance(first, ast.AugAssign):
            extended = changing.in_place(scope, first)
            bound = _augmented(scope, first) if extended is None else extended
            return self._assign(scope, [first.target], bound, rest)
        if isinstance(first, ast.For | ast.While):
            for one in self.open:
                if changed := tries.stored([first]) & one.attempt.used:
                    raise Decline(f"has a loop in a try that changes {min(changed)}, which is used after an exception")
            turns = tables.written_out(scope, first, first.body) if isinstance(first, ast.For) else None
            return scope.loop(self, first, rest) if turns is None else self.block(scope, turns + rest)
        if isinstance(first, ast.Delete) and all(isinstance(target, ast.Name) for target in first.targets):
            return self.block(scope.without([name.id for name in first.targets if isinstance(name, ast.Name)]), rest)
        if isinstance(first, ast.Global | ast.Nonlocal) and not _changes(scope, first.names):
            return self.block(scope, rest)
        raise Decline(_REFUSED.get(type(first), f"uses {type(first).__name__}"))

    def needed(self) -> set[str]:
        """The names that are asked for after all statements."""
        return set()

    def _try(self, scope: Scope, tree: ast.Try, rest: list[ast.stmt]) -> Node:
        """A `try`, with what follows it on each way out."""
        scope.slots.trying = True
        attempt = tries.Attempt(scope, tree, rest, self.needed())
        binds = tries.stored([tree])
        goes_on = bool(rest) and not isinstance(rest[0], tries.End) and tries.falls_through(tree)
        counted = {name for name in binds if name in scope.names and scope.names[name].kind == "counter"}
        if goes_on and not counted and not any(one.attempt.used & binds for one in self.open):
            return self._join(scope, tree, binds & (tries.loaded(rest) | self.needed()), rest)
        return self._protected(scope, (attempt,), [*tree.body, tries.End(), *tree.orelse, *rest])

    def _join(self, scope: Scope, tree: ast.Try, names: set[str], rest: list[ast.stmt]) -> Node:
        """A `try` that only binds names: what follows it stands in the tree once."""
        joined = _Joined(names)
        joined.left = self.left
        made = joined.block(scope, [tree])
        self.left = joined.left
        slot, reference = scope.bind(made)
        known: dict[str, Node] = {}
        parts: list[tuple[int, Node]] = []
        for i, (name, kind) in enumerate(joined.settle().items()):
            node = item(reference, constant(i))._replace(kind=kind)
            part, known[name] = scope.bind(node)
            parts.append((part, node))
        after = self._bound(scope.without(names).within(known), names, rest)
        for part, node in reversed(parts):
            after = let(part, node, after)
        return let(slot, made, after)

    def _protected(self, scope: Scope, attempts: tuple[tries.Attempt, ...], statements: list[ast.stmt]) -> Node:
        """Statements that these `try`s protect, the outermost first."""
        if not attempts:
            return self.block(scope, statements)
        attempt, *inner = attempts
        before, number = self.open, scope.slots.take()
        handlers: list[tuple[list[str], Node, int | None]] = []
        for classes, name, handler in zip(attempt.classes, attempt.names, attempt.tree.handlers, strict=True):
            if classes and name is None:
                handlers.append((classes, self._handler(scope, [*handler.body, *attempt.rest]), None))
            elif classes and name is not None:
                slot = scope.slots.take()
                named = scope.within({name: Node({"local": slot}, "exception")})
                ends = ast.Delete([ast.Name(name, ast.Del())])
                handlers.append((classes, self._handler(named, [*handler.body, ends, *attempt.rest]), slot))
        self.open = (*before, tries.Open(attempt, number))
        made = self._protected(scope, tuple(inner), statements)
        self.open = before
        return tries.node(number, made, handlers)

    def _handler(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        before = self.open
        try:
            return self.block(scope, statements)
        except Unbound as unbound:
            # Perhaps nothing is raised as long as it is.
            self.open = before
            return raises(unbound.reason)

    def _end_of_try(self, scope: Scope, rest: list[ast.stmt]) -> Node:
        opened = self.open
        self.open = opened[:-1]
        made = tries.outside(opened[-1:], self.block(scope, rest))
        self.open = opened
        return made

    def _bound(self, scope: Scope, names: Collection[str], rest: list[ast.stmt]) -> Node:
        """What follows a binding of these names: handlers that ask for one of them find it so from here on."""
        asked = [i for i, one in enumerate(self.open) if one.attempt.used.intersection(names)]
        if not asked or (isinstance(rest[0] if rest else None, tries.End) and asked == [len(self.open) - 1]):
            return self.block(scope, rest)
        opened = self.open
        again = opened[asked[0] :]
        self.open = opened[: asked[0]]
        made = self._protected(scope, tuple(one.attempt for one in again), rest)
        self.open = opened
        return tries.outside(again, made)

    def leave(self, scope: Scope, result: Node) -> Node:
        """What the function gives where it returns `result`."""
        return scope.returned(result)

    def _change(self, scope: Scope, change: states.Change, rest: list[ast.stmt]) -> Node:
        """The state of a key is changed: what follows finds it so."""
        if self.open:
            raise Decline("changes the State in a try")
        if states.is_removed(scope.names):
            return raises("the state was removed already")
        if change.state is None:
            return self.block(scope.within(states.removed()), rest)
        bound = change.state
        if bound.kind in ("set", "dict"):
            bound = Node(value(bound))
        value(bound)
        if bound.is_plain():
            return self.block(scope.within(states.updated(bound)), rest)
        slot, reference = scope.bind(bound)
        return let(slot, bound, self.block(scope.within(states.updated(reference)), rest))

    def _assign(self, scope: Scope, targets: list[ast.expr], bound: Node, rest: list[ast.stmt]) -> Node:
        """Binds once, then names the local."""
        if bound.kind == "match":
            return self._assign_match(scope, targets, bound, rest)
        if bound.kind == "generator" and all(isinstance(target, ast.Tuple | ast.List) for target in targets):
            # It is gone through at once.
            bound = Node(bound.json, "list")
        if bound.kind in ("object", "function", "container"):
            raise Decline("keeps an object that is no value in a variable")
        if bound.kind in ("generator", "matches"):
            # It would see what its variables become before it is gone through.
            raise Decline("keeps a generator in a variable")
        plain = bound.is_plain()
        slot, reference = (0, bound) if plain else scope.bind(bound)
        names: dict[str, Node] = {}
        for target in targets:
            names.update(scope.targets(target, reference))
        if any(one.attempt.used & names.keys() for one in self.open) and _in_parts(targets):
            raise Decline("binds several names in a try, of which some may be bound when it raises")
        # An unpacking raises where it stands, so its parts are bound there too.
        inner: dict[str, Node] = {}
        parts: list[tuple[int, Node]] = []
        for name, node in names.items():
            if node is reference:
                inner[name] = node
            else:
                part, inner[name] = scope.bind(node)
                parts.append((part, node))
        made = self._bound(scope.within(inner), inner, rest)
        for part, node in reversed(parts):
            made = let(part, node, made)
        return made if plain else let(slot, bound, made)

    def _assign_match(self, scope: Scope, targets: list[ast.expr], bound: Node, rest: list[ast.stmt]) -> Node:
        """Keeps whether there is a match; its groups are had by matching again."""
        if not all(isinstance(t, ast.Name) for t in targets):
            raise Decline("uses a match object as a value")
        slot = scope.slots.take()
        found = Node({"compare": {"first": truth(bound), "rest": [["is_not", "none"]]}}, "bool")
        info = bound.groups or MatchInfo({}, 0, False)
        reference = Node(bound.json, "match", info._replace(matched=local(slot, found).json))
        names = {t.id: reference for t in targets if isinstance(t, ast.Name)}
        return let(slot, found, self._bound(scope.within(names), names, rest))


def within(scope: Scope, statements: list[ast.stmt], value: ast.expr) -> Node:
    """The value of an expression after some assignments, whose names nobody else asks for."""
    known = tries.stored(statements) & scope.names.keys()
    if known:
        raise Decline(f"may assign {min(known)} with := or not")
    return _Within().block(scope, [*statements, ast.Return(value)])


class _Within(Block):
    """Assignments and a value, which isn't the function's own."""

    def leave(self, scope: Scope, result: Node) -> Node:
        return result


class _Joined(Block):
    """A `try` that nothing leaves: at each end some names are bound, and those bound at all of them live on."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = sorted(names)
        self.ends: list[tuple[list[Json], Scope]] = []

    def needed(self) -> set[str]:
        return set(self.names)

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        if statements:
            return super().block(scope, statements)
        items: list[Json] = []
        self.ends.append((items, scope))
        return Node({"tuple": items}, "tuple")

    def _change(self, scope: Scope, change: states.Change, rest: list[ast.stmt]) -> Node:
        raise Decline("changes the State in a try")

    def settle(self) -> dict[str, str]:
        """The names that live on with their kinds; writes what they are at each end."""
        known: dict[str, str] = {}
        for name in self.names:
            nodes = [scope.names.get(name) for _, scope in self.ends]
            kinds = {node.kind for node in nodes if node is not None}
            if None not in nodes and not kinds & NO_VALUES.keys():
                known[name] = kind_of_value(kinds.pop()) if len(kinds) == 1 else ""
        for items, scope in self.ends:
            items += [value(scope.names[name]) for name in known]
        return known


def _parallel(scope: Scope, tree: ast.Assign) -> tuple[dict[str, Node], list[tuple[int, Node]]] | None:
    """`a, b = x, y`: the names and what is bound before them. None for other assignments."""
    target, given = tree.targets[0], tree.value
    if len(tree.targets) > 1 or not isinstance(target, ast.Tuple) or not isinstance(given, ast.Tuple):
        return None
    names = [part.id for part in target.elts if isinstance(part, ast.Name)]
    if not len(names) == len(target.elts) == len(given.elts) == len(set(names)):
        return None
    if any(isinstance(part, ast.Starred) for part in given.elts):
        return None
    bound: list[tuple[int, Node]] = []
    known: dict[str, Node] = {}
    for name, part in zip(names, given.elts, strict=True):
        node = scope.expression(part)
        if node.kind in NO_VALUES and node.kind not in KEPT:
            return None
        if node.is_plain():
            known[name] = node
        else:
            slot, known[name] = scope.bind(node)
            bound.append((slot, node))
    return known, bound


def _changes(scope: Scope, names: Collection[str]) -> bool:
    """Whether the function binds one of these names anywhere."""
    tree = scope.tree
    return (
        tree is None
        or bool(tries.stored([tree]) & set(names))
        or any(
            isinstance(part, ast.Delete | ast.Import | ast.ImportFrom | ast.FunctionDef) and part is not tree
            for part in ast.walk(tree)
        )
    )


def _in_parts(targets: list[ast.expr]) -> bool:
    """Whether some names may be bound already where an unpacking raises."""
    parts = [target for target in targets if not isinstance(target, ast.Name)]
    nested = any(isinstance(e, ast.Tuple | ast.List) for t in parts for e in getattr(t, "elts", ()))
    return bool(parts) and (len(targets) > 1 or nested)


def _augmented(scope: Scope, tree: ast.AugAssign) -> Node:
    if not isinstance(tree.target, ast.Name):
        raise Decline("assigns to something other than a name")
    left = scope.expression(ast.Name(tree.target.id, ast.Load()))
    right = scope.expression(tree.value)
    if left.kind in ("set", "dict", "record"):
        raise Decline(f"{_short(tree)} changes a {left.kind} in place")
    value(left)
    if left.kind in ("list", "vector") or (left.kind == "" and right.kind not in ("str", "bytes")):
        # `x += y` changes a list or an array in place, and others may hold it.
        if left.kind:
            raise Decline(f"{_short(tree)} changes a list in place")
        left = call("no_list", left)
    return scope.arithmetic(tree.op, left, right)


def _short(tree: ast.AST) -> str:
    text = ast.unparse(tree)
    return f"`{text}`" if len(text) <= 40 else f"`{text[:37]}...`"
