"""Conditions of bytecode, put together again: which jumps were `and`, `or`, chained comparisons or `a if b else c`."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

#: The value that was tested stays: that of `a and b` where a is false, of `a or b` where it is true.
TESTED = ast.Constant(...)


_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


_LEAVES = (ast.Name, ast.Constant)


class How(NamedTuple):
    """How to read what may have been written in several ways; what is read is compiled and compared."""

    #: Whether two branches that say the same may have been one.
    alike: bool
    #: How far the compiler may have copied what follows a conditional expression into both branches: not at all, as
    #: far as they share what was evaluated before the test, or as far as they have the same shape.
    copied: str


class Decision:
    """What a jump decides between."""

    def __init__(self, test: ast.expr, then: Any, orelse: Any, negated: bool, how: How) -> None:
        self.test = test
        self.then = then
        self.orelse = orelse
        #: Whether the branch that follows at once is the one where the test is false.
        self.negated = negated
        self.how = how
        #: The same before it was joined with its branches.
        self.plain: Decision | None = None
        self._expression: ast.expr | None = None

    def expression(self) -> ast.expr:
        """The expression that compiles to this."""
        if self._expression is None:
            self._expression = self._made()
        return self._expression

    def _made(self) -> ast.expr:
        if self.then is TESTED:
            return _joined(ast.Or(), self.test, expression(self.orelse))
        if self.orelse is TESTED:
            then = expression(self.then)
            return _chain(self.test, then) or _joined(ast.And(), self.test, then)
        then, orelse = expression(self.then), expression(self.orelse)
        return _before_copying(self, then, orelse) if self.how.copied else self.between(then, orelse)

    def between(self, then: ast.expr, orelse: ast.expr) -> ast.expr:
        """The conditional expression with these branches."""
        if then is self.test:
            return _joined(ast.Or(), self.test, orelse)
        if orelse is self.test:
            return _chain(self.test, then) or _joined(ast.And(), self.test, then)
        if self.negated:
            return ast.copy_location(ast.IfExp(_not(self.test), orelse, then), self.test)
        return ast.copy_location(ast.IfExp(self.test, then, orelse), self.test)


def expression(value: Any) -> ast.expr:
    """The syntax tree of a value."""
    if isinstance(value, Decision):
        return value.expression()
    if not isinstance(value, ast.expr):
        raise ValueError("this is no value")
    return value


def decide(tested: Any, then: Any, orelse: Any, negated: bool, how: How) -> Decision:
    """What the jump at `tested` decides, joined with what the jumps within the branches decide."""
    test = expression(tested)
    then = TESTED if then is tested else then
    orelse = TESTED if orelse is tested else orelse
    plain = Decision(test, then, orelse, negated, how)
    made = _with_branches(plain)
    if made is not plain:
        made.plain = plain
    return made


def _with_branches(of: Decision) -> Decision:
    """One decision of a decision and those of its branches that lead to the same places."""

    def same(one: Any, two: Any) -> bool:
        if one is TESTED or two is TESTED:
            return False
        return one is two or (of.how.alike and _equal(one, two))

    test, then, orelse, how = of.test, of.then, of.orelse, of.how
    both = isinstance(then, Decision) and isinstance(orelse, Decision)
    if both and same(then.then, orelse.then) and same(then.orelse, orelse.orelse):
        chosen = ast.copy_location(ast.IfExp(test, then.test, orelse.test), test)
        return Decision(chosen, orelse.then, orelse.orelse, orelse.negated, how)
    for inner in _forms(then, orelse):
        if same(inner.orelse, orelse):
            joined = _chain(test, inner.test) or _joined(ast.And(), test, inner.test)
            return _with_branches(Decision(joined, inner.then, orelse, inner.negated, how))
        if same(inner.then, orelse) and inner.orelse is not TESTED:
            joined = _joined(ast.And(), test, _not(inner.test))
            return _with_branches(Decision(joined, inner.orelse, orelse, not inner.negated, how))
    for inner in _forms(orelse, then):
        if same(inner.then, then):
            joined = _joined(ast.Or(), test, inner.test)
            return _with_branches(Decision(joined, then, inner.orelse, inner.negated, how))
        if same(inner.orelse, then) and inner.then is not TESTED:
            joined = _joined(ast.Or(), test, _not(inner.test))
            return _with_branches(Decision(joined, then, inner.then, not inner.negated, how))
    return of


def _forms(branch: Any, end: Any) -> list[Decision]:
    """The ways to see a branch: as it is, as its first test alone, as one chain of tests that comes to `end`."""
    if not isinstance(branch, Decision):
        return []
    plain = [] if branch.plain is None else [branch.plain]
    return [branch, *plain, _one(branch, end)]


def _one(decision: Decision, end: Any) -> Decision:
    """A chain of `or`, or of `and`, as one test, if that is how it comes to `end`."""
    tests, last = [decision.test], decision
    if decision.then is TESTED:
        while isinstance(last.orelse, Decision) and last.orelse.then is TESTED:
            last = last.orelse
            tests.append(last.test)
        op: ast.boolop = ast.Or()
    elif decision.orelse is TESTED:
        while isinstance(last.then, Decision) and last.then.orelse is TESTED:
            last = last.then
            tests.append(last.test)
        op = ast.And()
    if last is decision or (last.then is not end and last.orelse is not end):
        return decision
    test = ast.copy_location(ast.BoolOp(op, tests), tests[0])
    return Decision(test, last.then, last.orelse, last.negated, last.how)


def _joined(op: ast.boolop, first: ast.expr, second: ast.expr) -> ast.expr:
    rest = second.values if isinstance(second, ast.BoolOp) and type(second.op) is type(op) else [second]
    return ast.copy_location(ast.BoolOp(op, [first, *rest]), first)


def _chain(first: ast.expr, second: ast.expr) -> ast.expr | None:
    """`a < b < c` of `a < b` and `b < c`, if b is evaluated once."""
    while isinstance(second, ast.BoolOp) and isinstance(second.op, ast.And):
        # The chain ends before the next `and`.
        made = _chain(first, second.values[0])
        return None if made is None else ast.copy_location(ast.BoolOp(ast.And(), [made, *second.values[1:]]), first)
    if not (isinstance(first, ast.Compare) and isinstance(second, ast.Compare)):
        return None
    if first.comparators[-1] is not second.left:
        return None
    chain = ast.Compare(first.left, [*first.ops, *second.ops], [*first.comparators, *second.comparators])
    return ast.copy_location(chain, first)


def _not(test: ast.expr) -> ast.expr:
    """What jumps as `not test` does, as one would write it."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _OPPOSITE:
        opposite = _OPPOSITE[type(test.ops[0])]()
        return ast.copy_location(ast.Compare(test.left, [opposite], test.comparators), test)
    if isinstance(test, ast.BoolOp) and any(
        isinstance(v, ast.UnaryOp) and isinstance(v.op, ast.Not) for v in test.values
    ):
        op = ast.And() if isinstance(test.op, ast.Or) else ast.Or()
        return ast.copy_location(ast.BoolOp(op, [_not(v) for v in test.values]), test)
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)


def _before_copying(decision: Decision, then: ast.expr, orelse: ast.expr) -> ast.expr:
    """The expression whose end the compiler copied into both branches: the condition goes to where they differ."""
    if type(then) is type(orelse) and decision.test not in (then, orelse) and not isinstance(then, _LEAVES):
        places = [(name, index, a, b) for name, index, a, b in _children(then, orelse) if a is not b]
        if places and places[0][1] == -1:
            return decision.between(then, orelse)
        shared = any(a is b for _, _, a, b in _children(then, orelse))
        different = [p for p in places if not _equal(p[2], p[3])]
        if len(different) == 1 and (shared or decision.how.copied == "alike"):
            name, index, one, two = different[0]
            made = _before_copying(decision, one, two)
            values = {f: getattr(then, f) for f in then._fields}
            values[name] = made if index is None else [*values[name][:index], made, *values[name][index + 1 :]]
            return ast.copy_location(type(then)(**values), then)
    return decision.between(then, orelse)


def _children(one: ast.expr, two: ast.expr) -> list[tuple[str, int | None, Any, Any]]:
    """The expressions that two nodes of a kind have in the same places; an index of -1 where they differ otherwise."""
    found: list[tuple[str, int | None, Any, Any]] = []
    for name in one._fields:
        a, b = getattr(one, name), getattr(two, name)
        if isinstance(a, ast.expr) and isinstance(b, ast.expr):
            found.append((name, None, a, b))
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            expressions = [isinstance(i, ast.expr) and isinstance(j, ast.expr) for i, j in zip(a, b, strict=True)]
            if not all(expressions) and not _equal(a, b):
                return [(name, -1, a, b)]
            found += [(name, n, a[n], b[n]) for n, is_one in enumerate(expressions) if is_one]
        elif not _equal(a, b):
            return [(name, -1, a, b)]
    return found


def _equal(one: Any, two: Any) -> bool:
    if one is two:
        return True
    if isinstance(one, Decision) and isinstance(two, Decision):
        one, two = one.expression(), two.expression()
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_equal, one, two))
    if isinstance(one, ast.AST) and isinstance(two, ast.AST):
        return type(one) is type(two) and ast.dump(one) == ast.dump(two)
    return type(one) is type(two) and not isinstance(one, ast.AST | list | Decision) and bool(one == two)
