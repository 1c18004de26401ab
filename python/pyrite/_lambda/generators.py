"""Generators that do nothing but yield: all that one yields is a list, for whoever goes through it at once."""

from __future__ import annotations

import ast
import copy

from . import iterables, mutations, tries
from .blocks import Block
from .decline import Decline
from .node import NONE, Json, Node, call, constant, item, truth, value
from .scope import Scope

_NOTHING = Node({"list": []}, "list")


def body(scope: Scope, statements: list[ast.stmt], of_rows: bool = False) -> Node:
    """The generator that a function of these statements returns; `of_rows` if it goes through a partition's rows."""
    # Within a row, loops in loops are better machine code than lists of lists.
    ways = (_listed, _gathered) if of_rows else (_plain, _gathered, _listed)
    why = Decline("is a generator")
    for way in ways:
        try:
            return way(scope, statements)
        except Decline as decline:
            why = decline if way is not _listed or of_rows else why
    raise why


def _plain(scope: Scope, statements: list[ast.stmt]) -> Node:
    return Node(_Yields().block(scope, statements).json, "generator")


def _listed(scope: Scope, statements: list[ast.stmt]) -> Node:
    return Node(rest(scope, statements).json, "generator")


def rest(scope: Scope, statements: list[ast.stmt]) -> Node:
    """The list of what these statements yield."""
    return _Yields(True).block(scope, statements)


# No name of a program.
_OUT = "<yielded>"


class _Gathering(ast.NodeTransformer):
    """What is yielded is put into a list: who goes through a generator at once sees the same."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        out, given = ast.Name(_OUT, ast.Load()), node.value
        if isinstance(given, ast.Yield):
            part = given.value or ast.Constant(None)
            return ast.Expr(ast.Call(ast.Attribute(out, "append", ast.Load()), [part], []))
        if isinstance(given, ast.YieldFrom):
            return ast.Expr(ast.Call(ast.Attribute(out, "extend", ast.Load()), [given.value], []))
        return node

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        if not _is_bare(node):
            raise Decline("is a generator that returns a value")
        return ast.Return(ast.Name(_OUT, ast.Load()))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        return node


def _gathered(scope: Scope, statements: list[ast.stmt]) -> Node:
    """A generator of any statements, as a function that makes a list."""
    changed = mutations.changed(statements)
    gathering = _Gathering()
    begin = ast.Assign([ast.Name(_OUT, ast.Store())], ast.List([], ast.Load()))
    # Copies: the trees are everybody's.
    body = [gathering.visit(copy.deepcopy(statement)) for statement in statements]
    body = [begin, *body, ast.Return(ast.Name(_OUT, ast.Load()))]
    if any(isinstance(part, ast.Yield | ast.YieldFrom) for statement in body for part in ast.walk(statement)):
        raise Decline("is a generator that asks what is sent to it")
    function = scope.tree
    if not isinstance(function, ast.FunctionDef):
        raise Decline("is a generator that is no def")
    inner = scope.within({})
    inner.tree = ast.FunctionDef(function.name, function.args, body, [])
    for name in changed:
        # What was yielded must stay as it was.
        mutations.check(inner, name)
    return Node(Block().block(inner, body).json, "generator")


class _Generator(Block):
    """Part of a generator's body: nothing is returned there."""

    def leave(self, scope: Scope, result: Node) -> Node:
        raise Decline("is a generator that returns within a loop")


class _Yields(_Generator):
    """A body: assignments and branches, then yields one after another, or a loop that yields, which is the last."""

    def __init__(self, several: bool = False) -> None:
        super().__init__()
        #: Whether a turn of a loop may yield several times.
        self.several = several

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        if not statements or isinstance(statements[0], ast.Return):
            if statements and not _is_bare(statements[0]):
                raise Decline("is a generator that returns a value")
            return _NOTHING
        first, rest = statements[0], statements[1:]
        if isinstance(first, ast.For):
            if rest:
                raise Decline("is a generator that goes on after a for loop")
            return loop(scope, first, self.several)
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.YieldFrom):
            if rest or self.open:
                raise Decline("is a generator that goes on after a yield")
            return Node(iterables.iterated(scope.expression(first.value.value)), "list")
        given = yielded(first)
        if given is None:
            return super().block(scope, statements)
        items = [value(scope.expression(given))]
        if self.open and not all(isinstance(s, tries.End) for s in rest):
            # What was yielded stays, whatever is raised then.
            raise Decline("is a generator that goes on after a yield in a try")
        for statement in [] if self.open else rest:
            given = yielded(statement)
            if given is None:
                raise Decline("is a generator that goes on after a yield")
            items.append(value(scope.expression(given)))
        return Node({"list": items}, "list")


class _Several(_Yields):
    """A turn of a loop, as the body of a generator of its own."""

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        if statements and isinstance(statements[0], ast.Continue):
            return _NOTHING
        if statements and isinstance(statements[0], ast.Return):
            raise Decline("is a generator that returns within a loop")
        return super().block(scope, statements)


class _Item(_Generator):
    """A turn of a loop that yields once, at its end."""

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        given = yielded(statements[0]) if len(statements) == 1 else None
        if given is not None:
            return Node(value(scope.expression(given)))
        if not statements or isinstance(statements[0], ast.Return) or yielded(statements[0]) is not None:
            raise Decline("is a generator whose loop doesn't yield once at the end of each turn")
        return super().block(scope, statements)


class _Maybe(_Generator):
    """A turn of a loop that yields once or not at all: whether it does, and what."""

    def block(self, scope: Scope, statements: list[ast.stmt]) -> Node:
        if not statements or isinstance(statements[0], ast.Continue):
            return Node({"tuple": [constant(False).json, NONE.json]}, "tuple")
        given = yielded(statements[0])
        if given is None:
            return super().block(scope, statements)
        if not all(isinstance(s, tries.End) for s in statements[1:]):
            raise Decline("is a generator whose loop goes on after a yield")
        return Node({"tuple": [constant(True).json, value(scope.expression(given))]}, "tuple")


def loop(scope: Scope, tree: ast.For, several: bool = False) -> Node:
    """`for`: a comprehension, as no turn sees what another has done."""
    if tree.orelse:
        raise Decline("has an else of a for loop")
    assigned = {
        n.id for s in tree.body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    assigned |= mutations.changed(tree.body)
    if assigned & scope.names.keys():
        raise Decline("has a for loop that changes a variable")

    if any(isinstance(part, ast.Try) for statement in tree.body for part in ast.walk(statement)):
        turns = scope.each(tree.target, tree.iter, lambda inner: ([], value(_Maybe().block(inner, tree.body))))
        slot, turn = scope.bind(Node("none"))
        kept, made = (value(item(turn, constant(i))) for i in range(2))
        return Node({"comprehension": {"slot": slot, "source": turns.json, "conditions": [kept], "item": made}}, "list")

    def inside(inner: Scope) -> tuple[list[Json], Json]:
        statements, conditions = tree.body, []
        while statements and isinstance(test := statements[0], ast.If) and not test.orelse:
            if len(test.body) == 1 and isinstance(test.body[0], ast.Continue):
                conditions.append({"unary": {"op": "not", "of": truth(inner.expression(test.test))}})
                statements = statements[1:]
            elif len(statements) == 1:
                conditions.append(truth(inner.expression(test.test)))
                statements = test.body
            else:
                break
        return conditions, value(_Item().block(inner, statements))

    try:
        return scope.each(tree.target, tree.iter, inside)
    except Decline:
        if not several:
            raise
        lists = scope.each(tree.target, tree.iter, lambda inner: ([], value(_Several(True).block(inner, tree.body))))
    return tries.unsure(scope, call("iter.flatten", lists, kind="list"))


def yielded(statement: ast.stmt | None) -> ast.expr | None:
    """What the statement yields."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield):
        return statement.value.value or ast.Constant(None)
    return None


def _is_bare(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Return) and statement.value is None
