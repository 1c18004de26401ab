"""The statements of a `def`: local assignments, `if` and `return` become one expression."""

from __future__ import annotations

import ast

from . import states
from .decline import Decline
from .logic import choose
from .node import NONE, MatchInfo, Node, call, let, local, raises, truth, value
from .scope import Scope

_STATEMENTS = 400
_REFUSED: dict[type[ast.stmt], str] = {
    ast.Try: "has a try",
    ast.With: "has a with",
    ast.Raise: "raises",
    ast.Assert: "has an assert",
    ast.Import: "imports",
    ast.ImportFrom: "imports",
    ast.Global: "assigns to a global",
    ast.Nonlocal: "assigns to a variable outside itself",
    ast.FunctionDef: "makes a function",
    ast.ClassDef: "makes a class",
    ast.Delete: "deletes",
    ast.Match: "has a match statement",
}


def body(scope: Scope, statements: list[ast.stmt]) -> Node:
    """The value that a function of these statements returns."""
    return Block().block(scope, statements)


class Block:
    """Statements one by one, which are counted: what follows an `if` is written out on both its sides."""

    def __init__(self) -> None:
        self.left = _STATEMENTS

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        if not statements:
            return scope.returned(NONE)
        self.left -= 1
        if self.left < 0:
            raise Decline("has too many branches")
        first, rest = statements[0], statements[1:]
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
            raise Decline(f"has the statement {_short(first.value)}, whose value is not used")
        if isinstance(first, ast.Assign):
            return self._assign(scope, first.targets, scope.expression(first.value), rest)
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name):
            if first.value is None:
                return self.block(scope, rest)
            return self._assign(scope, [first.target], scope.expression(first.value), rest)
        if isinstance(first, ast.AugAssign):
            return self._assign(scope, [first.target], _augmented(scope, first), rest)
        if isinstance(first, ast.For | ast.While):
            return scope.loop(self, first, rest)
        raise Decline(_REFUSED.get(type(first), f"uses {type(first).__name__}"))

    def leave(self, scope: Scope, result: Node) -> Node:
        """What the function gives where it returns `result`."""
        return scope.returned(result)

    def _change(self, scope: Scope, change: states.Change, rest: list[ast.stmt]) -> Node:
        """The state of a key is changed: what follows finds it so."""
        if states.is_removed(scope.names):
            return raises("the state was removed already")
        if change.state is None:
            return self.block(scope.within(states.removed()), rest)
        bound = change.state
        value(bound)
        if bound.is_plain():
            return self.block(scope.within(states.updated(bound)), rest)
        slot, reference = scope.bind(bound)
        return let(slot, bound, self.block(scope.within(states.updated(reference)), rest))

    def _assign(self, scope: Scope, targets: list[ast.expr], bound: Node, rest: list[ast.stmt]) -> Node:
        """Binds once, then names the local."""
        if bound.kind == "match":
            return self._assign_match(scope, targets, bound, rest)
        if bound.kind == "generator":
            # It would see what its variables become before it is gone through.
            raise Decline("keeps a generator in a variable")
        plain = bound.is_plain()
        slot, reference = (0, bound) if plain else scope.bind(bound)
        names: dict[str, Node] = {}
        checks: list[Node] = []
        for target in targets:
            names.update(scope.targets(target, reference))
            if not isinstance(target, ast.Name):
                checks += scope.targets(target, reference).values()
        # An unpacking raises where it stands, so its parts are bound there too.
        inner: dict[str, Node] = {}
        parts: list[tuple[int, Node]] = []
        for name, node in names.items():
            if node is reference:
                inner[name] = node
            else:
                part, inner[name] = scope.bind(node)
                parts.append((part, node))
        made = self.block(scope.within(inner), rest)
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
        return let(slot, found, self.block(scope.within(names), rest))


def _augmented(scope: Scope, tree: ast.AugAssign) -> Node:
    if not isinstance(tree.target, ast.Name):
        raise Decline("assigns to something other than a name")
    left = scope.expression(ast.Name(tree.target.id, ast.Load()))
    right = scope.expression(tree.value)
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
