"""What stands on the stack while bytecode is read: syntax trees, and marks for what is no value."""

from __future__ import annotations

import ast
import dis
import math
import sys
from types import CodeType
from typing import Any, Protocol, TypeVar

from .decisions import expression

Stack = tuple[Any, ...]
_Tree = TypeVar("_Tree", bound=ast.expr)


class Unreadable(Exception):
    """The code is more than one expression, or has what isn't known here."""


class Mark:
    """What stands on the stack beside values: no self, a cleared variable, what a generator is sent."""

    def __init__(self, name: str = "") -> None:
        self.name = name


class Function:
    """A function that is made here: a generator expression, a comprehension or a lambda."""

    def __init__(self, code: CodeType) -> None:
        self.code = code


class Made:
    """A container, or a generator, that a turn has added an element to."""

    def __init__(self, item: ast.expr, is_yielded: bool) -> None:
        self.item = item
        self.is_yielded = is_yielded


class Target:
    """What a loop assigns its element to."""

    def __init__(self) -> None:
        self.name: ast.expr | None = None
        self.parts: list[Target] = []
        self.step: dis.Instruction | None = None

    def expression(self) -> ast.expr:
        if self.step is not None:
            return placed(ast.Tuple([part.expression() for part in self.parts], ast.Store()), self.step)
        if self.name is None:
            raise Unreadable
        return self.name


class Context(Protocol):
    """The code that is read."""

    code: CodeType

    def within(self, code: CodeType) -> ast.expr:
        """What the code of a comprehension makes."""

    def function(self, code: CodeType, step: dis.Instruction) -> ast.expr:
        """The lambda of a code object."""


NULL = Mark()
RECEIVER = Mark()
SENT = Mark()


def placed(tree: _Tree, step: dis.Instruction) -> _Tree:
    """The tree with the place of the instruction that made it, from which the compiler makes the same again."""
    place = step.positions
    if place is None or place.lineno is None or place.end_lineno is None:
        return tree
    tree.lineno, tree.end_lineno = place.lineno, place.end_lineno
    tree.col_offset, tree.end_col_offset = place.col_offset or 0, place.end_col_offset or 0
    return tree


def constant(step: dis.Instruction) -> ast.expr:
    """A constant as it is written: tuples and sets of constants were folded."""
    return _written(step.argval, step)


def _written(value: Any, step: dis.Instruction) -> ast.expr:
    if type(value) is tuple:
        return placed(ast.Tuple([_written(v, step) for v in value], ast.Load()), step)
    if type(value) is frozenset and value:
        return placed(ast.Set([_written(v, step) for v in value]), step)
    if type(value) is slice:
        lower, upper, by = (None if v is None else _written(v, step) for v in (value.start, value.stop, value.step))
        return placed(ast.Slice(lower, upper, by), step)
    if sys.version_info >= (3, 14) and (
        (type(value) is int and value < 0) or (type(value) is float and math.copysign(1, value) < 0)
    ):
        # Before, the compiler sees -1 as one constant from the start; now a slice with it is built as it stands.
        return placed(ast.UnaryOp(ast.USub(), placed(ast.Constant(-value), step)), step)
    return placed(ast.Constant(value), step)


def split(stack: Stack, count: int) -> tuple[Stack, Stack]:
    if count > len(stack):
        raise Unreadable
    return (stack[:-count], stack[-count:]) if count else (stack, ())


def values_of(stack: Stack, count: int) -> tuple[Stack, list[ast.expr]]:
    below, above = split(stack, count)
    return below, [expression(value) for value in above]
