"""`match`, `:=` and `finally` as the assignments and `if`s that mean the same."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from .decline import Decline
from .source import FunctionNode
from .switching import Bound, cases, uses

_REWRITTEN = (ast.NamedExpr, ast.Match)
# A value is found again for each use.
_MOST_USES = 2
_MOST_NODES = 20_000
# What takes the engine as long as the interpreter is not done twice.
_NO_FASTER = ("hexdigest", "digest", "normalize")


class Within(ast.expr):
    """An expression that is evaluated after some assignments, where it is evaluated at all."""

    _fields = ("statements", "value")

    # A copy is made of nothing, and filled then.
    def __init__(self, statements: Any = None, value: Any = None) -> None:
        super().__init__()
        self.statements: list[ast.stmt] = statements
        self.value: ast.expr = value


def rewritten(tree: FunctionNode) -> FunctionNode:
    """The function without `match`, `:=` and `finally`; the very tree where there are none."""
    if not _has(tree):
        return tree
    rewriting = _Rewriting(tree)
    if isinstance(tree, ast.Lambda):
        body = rewriting.statement(ast.Return(tree.body), False)
    else:
        body = rewriting.block(tree.body, False)
    return ast.FunctionDef("<lambda>" if isinstance(tree, ast.Lambda) else tree.name, tree.args, body, [])


def _has(tree: ast.AST) -> bool:
    return any(isinstance(part, _REWRITTEN) or _finally(part) for part in ast.walk(tree))


def _finally(tree: ast.AST) -> bool:
    """Whether it is a `try` that does something in the end."""
    return isinstance(tree, ast.Try) and not all(isinstance(part, ast.Pass) for part in tree.finalbody)


def _leaves(tree: ast.Try) -> bool:
    """Whether something in it leaves the function or a loop round it, so that what is done in the end matters."""
    parts = list(ast.walk(tree))
    if not any(isinstance(part, ast.Return | ast.Continue | ast.Break | ast.Yield | ast.YieldFrom) for part in parts):
        return False
    # What goes on, and what is evaluated later, sees the variables as they are in the end.
    later = any(isinstance(part, ast.Continue | ast.Break | ast.GeneratorExp | ast.Lambda) for part in parts)
    return later or not _only_names(tree.finalbody)


def _only_names(statements: list[ast.stmt]) -> bool:
    """Whether these give names constants: nobody sees it behind the function's end."""
    return all(
        isinstance(part, ast.Pass)
        or (isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant) and _of_names(part.targets))
        for part in statements
    )


def _of_names(targets: list[ast.expr]) -> bool:
    return all(isinstance(target, ast.Name) for target in targets)


def _assign(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _loads(tree: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(tree) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def _small(trees: list[Any]) -> list[Any]:
    """The trees, of which parts stand in several places: not too often."""
    nodes = (part for tree in trees for part in ast.walk(tree))
    if next(itertools.islice(nodes, _MOST_NODES, None), None) is not None:
        raise Decline("has too many branches")
    return trees


class _Rewriting:
    """The statements of one function; the trees that come in stay as they are."""

    def __init__(self, function: FunctionNode) -> None:
        self.function = function
        self.matches = 0

    def block(self, statements: Iterable[ast.stmt], trying: bool) -> list[ast.stmt]:
        """The statements, perhaps within a `try`."""
        return [made for statement in statements for made in self.statement(statement, trying)]

    def statement(self, tree: ast.stmt, trying: bool) -> list[ast.stmt]:
        if not _has(tree):
            return [tree]
        made: Any = copy.copy(tree)
        if isinstance(tree, ast.Match):
            self.matches += 1
            name = f".match{self.matches}"
            before, subject = self.hoisted(tree.subject, trying)
            chain = cases(tree, ast.Name(name, ast.Load()), self.function)
            return [*before, _assign(name, subject), *self.block(chain, trying)]
        if isinstance(tree, ast.If):
            return self._if(tree.test, self.block(tree.body, trying), self.block(tree.orelse, trying), trying)
        if isinstance(tree, ast.While):
            return [self._while(tree, trying)]
        if isinstance(tree, ast.Try):
            made.body = self.block(tree.body, True)
            made.orelse = self.block(tree.orelse, trying)
            made.handlers = [copy.copy(handler) for handler in tree.handlers]
            for handler in made.handlers:
                handler.body = self.block(handler.body, trying)
            if not _finally(tree):
                return [made]
            # Whatever raises on the way: the row does, too, if nobody round this catches it.
            if trying or _leaves(tree):
                raise Decline("has a finally")
            made.finalbody = []
            end = self.block(tree.finalbody, trying)
            return [made, *end] if made.handlers else [*made.body, *made.orelse, *end]
        if isinstance(tree, ast.FunctionDef):
            if _has(tree.args):
                raise Decline("assigns with := in a default")
            made.body = self.block(tree.body, False)
            return [made]
        if isinstance(tree, ast.For):
            before, made.iter = self.hoisted(tree.iter, trying)
            made.body, made.orelse = self.block(tree.body, trying), self.block(tree.orelse, trying)
            return [*before, made]
        if isinstance(tree, ast.Return | ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign):
            others = [part for part in ast.iter_child_nodes(tree) if part is not tree.value and _has(part)]
            asked = _loads(tree.target) | {getattr(tree.target, "id", "")} if isinstance(tree, ast.AugAssign) else set()
            if tree.value is not None and not others:
                before, made.value = self.hoisted(tree.value, trying, asked)
                return [*before, made]
        if isinstance(tree, ast.Assert):
            before, made.test = self.hoisted(tree.test, trying)
            made.msg = None
            return [*before, made]
        raise Decline("assigns with := in such a place")

    def _if(self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], trying: bool) -> list[ast.stmt]:
        """An `if` whose branches were seen to."""
        parts = _apart(test)
        if parts is None:
            before, asked = self.hoisted(test, trying)
            return [*before, ast.If(asked, body, orelse)]
        op, first, rest = parts
        split = self._if(rest, body, orelse, trying)
        ways = (split, orelse) if isinstance(op, ast.And) else (body, split)
        return _small(self._if(first, *ways, trying))

    def _while(self, tree: ast.While, trying: bool) -> ast.stmt:
        if not _has(tree.test):
            return ast.While(tree.test, self.block(tree.body, trying), self.block(tree.orelse, trying))
        if tree.orelse:
            raise Decline("assigns with := in a while that has an else")
        ends = self._if(ast.UnaryOp(ast.Not(), tree.test), [ast.Break()], [], trying)
        return ast.While(ast.Constant(True), [*ends, *self.block(tree.body, trying)], [])

    def hoisted(self, tree: ast.expr, trying: bool, asked: Iterable[str] = ()) -> tuple[list[ast.stmt], ast.expr]:
        """The assignments that are surely made in an expression, before it, and what is left of it.

        `asked` are names that are looked up before that.
        """
        if not _has(tree):
            return [], tree
        hoisting = _Hoisting(self, trying, set(asked))
        made = hoisting.visit(tree)
        return hoisting.before, made

    def inside(self, tree: ast.expr, trying: bool) -> ast.expr:
        """An expression that may not be evaluated, or more than once."""
        if not _has(tree):
            return tree
        before, made = self.hoisted(tree, trying)
        return Within(before, made) if before else made

    def comprehension(self, tree: Any, trying: bool, first: ast.expr) -> ast.expr:
        """A comprehension whose first iterable was seen to: what a condition assigns stands where it is asked for."""
        made: Any = copy.copy(tree)
        made.generators = []
        names: dict[str, ast.expr] = {}
        for i, loop in enumerate(tree.generators):
            iterated = self.inside(self._named(loop.iter, names), trying) if i else first
            bound = {part.id for part in ast.walk(loop.target) if isinstance(part, ast.Name)}
            if bound & {name for of in names.values() for name in _loads(of)}:
                raise Decline("assigns with := what a later loop of a comprehension binds anew")
            current = ast.comprehension(loop.target, iterated, [], loop.is_async)
            made.generators.append(current)
            for condition in loop.ifs:
                before, left = self.hoisted(self._named(condition, names), trying)
                for statement in before:
                    assert isinstance(statement, ast.Assign)
                    target: Any = statement.targets[0]
                    self._own(target, tree)
                    names[target.id] = self._named(statement.value, names)
                current.ifs.append(self._named(left, names))
        for part in ("elt", "key", "value"):
            if hasattr(tree, part):
                setattr(made, part, self.inside(self._named(getattr(tree, part), names), trying))
        expression: ast.expr = made
        return expression

    def _named(self, tree: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
        """The expression with what names stand for in their places."""
        asked = {name: uses(tree, name) for name in names}
        if not any(asked.values()):
            return tree
        values = (part for name, count in asked.items() if count for part in ast.walk(names[name]))
        if any(isinstance(part, ast.Attribute) and part.attr in _NO_FASTER for part in values):
            raise Decline("assigns with := in a comprehension what would be made again")
        inner = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
        if max(asked.values()) > _MOST_USES or any(isinstance(part, inner) for part in ast.walk(tree)):
            raise Decline("assigns with := in a comprehension what is asked for often")
        expression: ast.expr = Bound(names).visit(copy.deepcopy(tree))
        return expression

    def _own(self, target: Any, tree: ast.AST) -> None:
        """A variable that is asked for within a comprehension only."""
        parameters = {part.arg for part in ast.walk(self.function.args) if isinstance(part, ast.arg)}
        if uses(self.function, target.id) != uses(tree, target.id) or target.id in parameters:
            raise Decline("assigns with := in a comprehension what is used outside it")


class _Hoisting(ast.NodeTransformer):
    """Takes assignments out of an expression, in the order of evaluation."""

    def __init__(self, rewriting: _Rewriting, trying: bool, asked: set[str]) -> None:
        self.rewriting = rewriting
        self.trying = trying
        self.before: list[ast.stmt] = []
        #: Names that were looked up by then, and whether anything else was done.
        self.asked = asked
        self.worked = False

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.NamedExpr):
            before, name = set(self.asked), node.target.id
            value = self.visit(node.value)
            if name in before:
                raise Decline("assigns with := what it asked for before")
            if self.trying and self.worked:
                raise Decline("assigns with := in a try behind what may raise")
            self.before.append(_assign(name, value))
            self.asked.add(name)
            return ast.Name(name, ast.Load())
        if not _has(node):
            self.asked |= _loads(node)
            self.worked |= not isinstance(node, ast.Name | ast.Constant | ast.expr_context)
            return node
        made = self._conditional(node)
        return self.generic_visit(copy.copy(node)) if made is None else made

    def generic_visit(self, node: ast.AST) -> ast.AST:
        # Lists of children are the tree's own.
        for name, old in ast.iter_fields(node):
            if isinstance(old, list):
                setattr(node, name, list(old))
        return super().generic_visit(node)

    def _conditional(self, node: ast.AST) -> ast.expr | None:
        """What evaluates some of its parts only."""
        if isinstance(node, ast.IfExp):
            ways = self._inside(node.body), self._inside(node.orelse)
            test = node.test
            if parts := _apart(test):
                op, test, rest = parts
                split = self._inside(ast.IfExp(rest, *ways))
                ways = (split, ways[1]) if isinstance(op, ast.And) else (ways[0], split)
            made: ast.expr = ast.IfExp(self.visit(test), *ways)
            _small([made])
        elif isinstance(node, ast.BoolOp):
            first, *others = node.values
            at = next((i for i, part in enumerate(others) if _has(part)), len(others))
            rest_ = [*others[:at], self._inside(_joined(node.op, others[at:]))] if at < len(others) else others
            made = ast.BoolOp(node.op, [self.visit(first), *rest_])
        elif isinstance(node, ast.Compare):
            left, second = self.visit(node.left), self.visit(node.comparators[0])
            if any(_has(part) for part in node.comparators[1:]):
                raise Decline("assigns with := in a chain of comparisons")
            made = ast.Compare(left, node.ops, [second, *node.comparators[1:]])
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            first = self.visit(node.generators[0].iter)
            made = self.rewriting.comprehension(node, self.trying, first)
        elif isinstance(node, ast.Dict):
            # Each key is evaluated before its value.
            pairs = [(key and self.visit(key), self.visit(of)) for key, of in zip(node.keys, node.values, strict=True)]
            made = ast.Dict([key for key, _ in pairs], [of for _, of in pairs])
        elif isinstance(node, ast.Lambda):
            raise Decline("assigns with := in a lambda")
        else:
            return None
        self.asked |= _loads(node)
        self.worked = True
        return made

    def _inside(self, part: ast.expr) -> ast.expr:
        return self.rewriting.inside(part, self.trying)


def _apart(test: ast.expr) -> tuple[ast.boolop, ast.expr, ast.expr] | None:
    """The parts of an `and` or `or` before one that assigns, and the rest, where what that assigns may be seen."""
    if not isinstance(test, ast.BoolOp):
        return None
    at = next((i for i, part in enumerate(test.values) if i and _has(part)), 0)
    return (test.op, _joined(test.op, test.values[:at]), _joined(test.op, test.values[at:])) if at else None


def _joined(op: ast.boolop, parts: Sequence[ast.expr]) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.BoolOp(op, list(parts))
