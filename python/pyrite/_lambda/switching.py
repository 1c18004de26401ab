"""The cases of a `match` statement as a chain of `if`s."""

from __future__ import annotations

import ast
import copy
from typing import NamedTuple

from .decline import Decline
from .source import FunctionNode

#: Classes whose one positional pattern is for the value itself.
_ITSELF = ("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")


class _Pattern(NamedTuple):
    """What is asked of a value, in order, and the names that it then has parts under."""

    tests: list[ast.expr]
    binds: list[tuple[str, ast.expr]]


def cases(tree: ast.Match, subject: ast.Name, function: FunctionNode) -> list[ast.stmt]:
    """The statements of the case that fits, for a subject with a name."""
    following: list[ast.stmt] = []
    for case in reversed(tree.cases):
        for pattern in reversed(_ways(case)):
            following = _case(case, _pattern(pattern, subject), tree, function, following)
    return following


def _ways(case: ast.match_case) -> list[ast.pattern]:
    """The patterns of `a | b`, where they bind names."""
    pattern = case.pattern
    if isinstance(pattern, ast.MatchOr) and _names(pattern):
        if case.guard is not None:
            raise Decline("has a case of several patterns with names and an if")
        return list(pattern.patterns)
    return [pattern]


def _case(
    case: ast.match_case, made: _Pattern, tree: ast.Match, function: FunctionNode, following: list[ast.stmt]
) -> list[ast.stmt]:
    tests = list(made.tests)
    if case.guard is not None:
        for name, _ in made.binds:
            _check_left(name, case, tree, function)
        tests.append(Bound(dict(made.binds)).visit(copy.deepcopy(case.guard)))
    body = [ast.Assign([ast.Name(name, ast.Store())], of) for name, of in made.binds] + case.body
    if not tests:
        return body
    return [ast.If(tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests), body, following)]


def _check_left(name: str, case: ast.match_case, tree: ast.Match, function: FunctionNode) -> None:
    """A name that a case binds whose `if` fails stays bound: nobody may ask for it."""
    parameters = {part.arg for part in ast.walk(function.args) if isinstance(part, ast.arg)}
    own = [other for other in tree.cases if name in _names(other.pattern)]
    if name in parameters or uses(function, name) != sum(uses(other, name) for other in own):
        raise Decline(f"has a case that leaves {name} bound where its if fails")


def uses(tree: ast.AST, name: str) -> int:
    """How often a name stands in a tree."""
    return len([part for part in ast.walk(tree) if isinstance(part, ast.Name) and part.id == name])


class Bound(ast.NodeTransformer):
    """Puts what a name stands for in its place."""

    def __init__(self, names: dict[str, ast.expr]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.names and not isinstance(node.ctx, ast.Load):
            raise Decline("has a case whose if assigns")
        return copy.deepcopy(self.names.get(node.id, node))

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        raise Decline("has a case whose if makes a function")


def _names(pattern: ast.pattern) -> set[str]:
    found = set()
    for part in ast.walk(pattern):
        name = part.rest if isinstance(part, ast.MatchMapping) else getattr(part, "name", None)
        if isinstance(part, ast.pattern) and name:
            found.add(name)
    return found


def _call(function: object, *arguments: ast.expr) -> ast.expr:
    # The built-in itself: its name may mean something else here.
    return ast.Call(ast.Constant(function), list(arguments), [])  # type: ignore[arg-type]


def _is_a(of: ast.expr, *kinds: type) -> ast.expr:
    classes: list[ast.expr] = [ast.Constant(kind) for kind in kinds]  # type: ignore[arg-type]
    return _call(isinstance, of, classes[0] if len(classes) == 1 else ast.Tuple(classes, ast.Load()))


def _compare(left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [op], [right])


def _item(of: ast.expr, key: ast.expr) -> ast.expr:
    return ast.Subscript(of, key, ast.Load())


def _pattern(pattern: ast.pattern, of: ast.expr) -> _Pattern:
    if isinstance(pattern, ast.MatchValue):
        return _Pattern([_compare(of, ast.Eq(), pattern.value)], [])
    if isinstance(pattern, ast.MatchSingleton):
        known = ast.Constant(pattern.value)
        if pattern.value is None:
            return _Pattern([_compare(of, ast.Is(), known)], [])
        return _Pattern([_is_a(of, bool), _compare(of, ast.Eq(), known)], [])
    if isinstance(pattern, ast.MatchAs):
        inner = _Pattern([], []) if pattern.pattern is None else _pattern(pattern.pattern, of)
        return inner if pattern.name is None else _Pattern(inner.tests, [*inner.binds, (pattern.name, of)])
    if isinstance(pattern, ast.MatchOr):
        if _names(pattern):
            raise Decline("has a case of several patterns with names within another")
        ways = [_all(_pattern(way, of).tests) for way in pattern.patterns]
        return _Pattern([ast.BoolOp(ast.Or(), ways)], [])
    if isinstance(pattern, ast.MatchSequence):
        return _sequence(pattern, of)
    if isinstance(pattern, ast.MatchMapping):
        if pattern.rest is not None:
            raise Decline("has a case with the rest of a dict")
        tests = [_is_a(of, dict), *(_compare(key, ast.In(), of) for key in pattern.keys)]
        return _parts(tests, [(part, _item(of, key)) for key, part in zip(pattern.keys, pattern.patterns, strict=True)])
    if isinstance(pattern, ast.MatchClass) and isinstance(pattern.cls, ast.Name) and not pattern.kwd_patterns:
        parts = pattern.patterns
        of_itself = not parts or (len(parts) == 1 and pattern.cls.id in _ITSELF)
        if of_itself:
            return _parts([_call(isinstance, of, pattern.cls)], [(part, of) for part in parts])
    raise Decline("has a case of such a pattern")


def _sequence(pattern: ast.MatchSequence, of: ast.expr) -> _Pattern:
    parts = pattern.patterns
    stars = [i for i, part in enumerate(parts) if isinstance(part, ast.MatchStar)]
    least = ast.Constant(len(parts) - len(stars))
    tests = [_is_a(of, list, tuple), _compare(_call(len, of), ast.GtE() if stars else ast.Eq(), least)]
    inner: list[tuple[ast.pattern, ast.expr]] = []
    for i, part in enumerate(parts):
        if isinstance(part, ast.MatchStar):
            behind = len(parts) - 1 - i
            if part.name is not None:
                stop = ast.UnaryOp(ast.USub(), ast.Constant(behind)) if behind else None
                rest = _call(list, _item(of, ast.Slice(ast.Constant(i), stop, None)))
                inner.append((ast.MatchAs(None, part.name), rest))
        elif stars and i > stars[0]:
            inner.append((part, _item(of, ast.UnaryOp(ast.USub(), ast.Constant(len(parts) - i)))))
        else:
            inner.append((part, _item(of, ast.Constant(i))))
    return _parts(tests, inner)


def _parts(tests: list[ast.expr], inner: list[tuple[ast.pattern, ast.expr]]) -> _Pattern:
    binds: list[tuple[str, ast.expr]] = []
    for part, of in inner:
        made = _pattern(part, of)
        tests += made.tests
        binds += made.binds
    return _Pattern(tests, binds)


def _all(tests: list[ast.expr]) -> ast.expr:
    if not tests:
        return ast.Constant(True)
    return tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)
