"""Statements that change a list in a list or in a dict: `table[i][j] = x`, `groups[key].append(x)`.

That is the change of the outer object to one with another inner one. It is the same where every inner list was made
where it was put in, so that nobody has it under another name as long as it is changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from . import collections, mutations, tries
from .decline import Decline
from .node import Node, call, item

_LOOK = {"len", "sum", "any", "all", "bool", "str", "repr", "min", "max", "enumerate", "range"}


def check(scope: Any, name: str) -> None:
    """Declines unless nobody has an inner list of the object of this name under another name while it is changed."""
    function = scope.tree
    mutations.check(scope, name)
    _Inner(name, scope.names[name].kind).block(function.body, False)


class _Inner(mutations.Flow):
    """As where the object itself is changed; what gives an inner list away gives the object away."""

    def statement(self, tree: Any, shared: bool) -> bool:
        if mutations.outer(tree) == self.name:
            if shared:
                self.refuse()
            parts: list[ast.expr] = []
            if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
                called: Any = tree.value
                of = called.func.value
                if isinstance(of, ast.Call) and not (len(of.args) == 2 and mutations.is_new(of.args[1])):
                    self.refuse()
                parts = [*called.args, *(of.args if isinstance(of, ast.Call) else [of.slice])]
            elif isinstance(tree, ast.Assign | ast.AugAssign):
                target: Any = tree.targets[0] if isinstance(tree, ast.Assign) else tree.target
                parts = [tree.value, target.slice, target.value.slice]
            return any(self.escapes(part) for part in parts)
        if mutations.receiver(tree) == self.name:
            if shared:
                self.refuse()
            self.put(tree)
            if isinstance(tree, ast.Expr | ast.Delete):
                changed: Any = tree.value if isinstance(tree, ast.Expr) else tree.targets[0]
                parts = changed.args if isinstance(tree, ast.Expr) else [changed.slice]
                return any(self.escapes(part) for part in parts)
            # What was taken out is nobody's else.
            return isinstance(tree, ast.Assign) and self.escapes(tree.value)
        if isinstance(tree, ast.Assign | ast.AnnAssign) and tree.value is not None:
            targets = tree.targets if isinstance(tree, ast.Assign) else [tree.target]
            if any(mutations.binds(target, self.name) for target in targets):
                if not all(isinstance(target, ast.Name) for target in targets):
                    self.refuse()
                self.made(tree.value)
        if isinstance(tree, ast.AugAssign) and isinstance(tree.target, ast.Name) and tree.target.id == self.name:
            self.refuse()
        return super().statement(tree, shared)

    def put(self, tree: ast.AST) -> None:
        """Refuses to put what somebody has into the object."""
        given: ast.expr | None = None
        if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call) and tree.value.args:
            given = tree.value.args[-1]
            if isinstance(tree.value.func, ast.Attribute) and tree.value.func.attr not in ("append", "insert"):
                given = (
                    None if tree.value.func.attr in ("pop", "sort", "reverse", "clear") else ast.Name("", ast.Load())
                )
        if isinstance(tree, ast.Assign) and isinstance(tree.targets[0], ast.Subscript):
            given = tree.value
        if isinstance(tree, ast.AugAssign):
            self.refuse()
        if given is not None and not mutations.is_new(given):
            self.refuse()

    def made(self, tree: ast.expr) -> None:
        """Refuses an object that may have an inner one twice, or one of somebody's."""
        if isinstance(tree, ast.List) and all(mutations.is_new(part) for part in tree.elts):
            return
        if isinstance(tree, ast.ListComp) and mutations.is_new(tree.elt):
            return
        if isinstance(tree, ast.Dict) and all(mutations.is_new(part) for part in tree.values):
            return
        if isinstance(tree, ast.DictComp) and mutations.is_new(tree.value):
            return
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
            if tree.func.id in ("dict", "list") and not tree.args and not tree.keywords:
                return
            if tree.func.id == "defaultdict":
                return
        self.refuse()

    def loop(self, tree: ast.For | ast.While, shared: bool) -> bool:
        over = tree.iter if isinstance(tree, ast.For) else tree.test
        if isinstance(tree, ast.For) and any(isinstance(p, ast.Name) and p.id == self.name for p in ast.walk(over)):
            counted = isinstance(over, ast.Call) and isinstance(over.func, ast.Name) and over.func.id == "range"
            # The items are the inner lists, or theirs.
            shared = shared or not counted
        return super().loop(tree, shared)

    def _kept(self, tree: ast.AST, above: ast.AST) -> Iterator[ast.AST]:
        depth, base = 0, tree
        while isinstance(base, ast.Subscript):
            depth, base = depth + 1, base.value
        if not isinstance(base, ast.Name) or base.id != self.name:
            for part in ast.iter_child_nodes(tree):
                yield from self._kept(part, tree)
            return
        part, sliced = tree, False
        while isinstance(part, ast.Subscript):
            yield from self._kept(part.slice, part)
            sliced = isinstance(part.slice, ast.Slice)
            part = part.value
        # A slice of the object has the same inner lists.
        if sliced or (depth < 2 and not _looks(tree, above, depth)):
            yield tree


def _looks(tree: ast.AST, above: ast.AST, depth: int) -> bool:
    if isinstance(above, ast.Compare | ast.UnaryOp):
        return True
    if isinstance(above, ast.Call) and isinstance(above.func, ast.Name):
        # `min(table)` is an inner list, `min(table[0])` is none.
        names = _LOOK | {"sorted", "list", "tuple"} if depth else {"len", "bool", "str", "repr"}
        return above.func.id in names and not mutations.chooses(above)
    return isinstance(above, ast.If | ast.While | ast.IfExp) and above.test is tree


def statement(scope: Any, of: Node, tree: Any) -> Node:
    """The outer object after such a statement."""
    if isinstance(tree, ast.Expr):
        called: Any = tree.value
        # The key is there before what is put in is evaluated.
        unasked(scope, of, called.args, isinstance(called.func.value, ast.Call))
        inside = called.func.value
        if isinstance(inside, ast.Call):
            index, default = (scope.expression(part) for part in inside.args)
            if of.kind != "dict":
                raise Decline("calls .setdefault() of what is no dict")
            before = collections.found(scope, of, index, default)
        else:
            index = _index(scope, inside)
            before = collections.current(scope, of, index)
        after = collections.after(scope, Node(before.json, "list"), called)
        return collections.assigned(scope, of, index, after)
    target: Any = tree.targets[0] if isinstance(tree, ast.Assign) else tree.target
    given = tries.unsure(scope, scope.expression(tree.value))
    index, place = _index(scope, target.value), _index(scope, target)
    inner = Node(collections.current(scope, of, index).json, "list")
    if isinstance(tree, ast.AugAssign):
        unasked(scope, of, [tree.value, target.slice], False)
    if isinstance(tree, ast.AugAssign):
        before = item(inner, place)
        if given.kind not in ("str", "bytes", "int", "float"):
            before = call("no_list", before)
        given = tries.unsure(scope, scope.arithmetic(tree.op, before, given))
    return collections.assigned(scope, of, index, collections.assigned(scope, inner, place, given))


def unasked(scope: Any, of: Node, trees: list[ast.expr], puts: bool) -> None:
    """Declines where what is asked of a dict would find a key that was only just put into it."""
    if not puts and (of.info is None or not getattr(of.info, "keeps", False)):
        return
    for tree in trees:
        for part in ast.walk(tree):
            if isinstance(part, ast.Name) and scope.names.get(part.id) is of:
                raise Decline("asks a dict that has a new key by then")


def _index(scope: Any, place: Any) -> Node:
    if isinstance(place.slice, ast.Slice):
        raise Decline("assigns to a slice")
    index: Node = scope.expression(place.slice)
    return index
