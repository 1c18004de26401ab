"""A code object that is one expression, read as one: a machine whose stack holds syntax trees instead of values.

Jumps only go forward but for loops of comprehensions, so a condition's branches are read up to where they meet. What
comes out is a guess until it has been compiled and compared: `rebuilding` does that.
"""

from __future__ import annotations

import ast
import dis
import inspect
from types import CodeType
from typing import Any

from . import instructions
from .decisions import Decision, How, decide, expression
from .marks import Made, Stack, Target, Unreadable, constant, placed, split

_MOST = 2000
_RETURNS = ("RETURN_VALUE", "RETURN_CONST")


def body(code: CodeType, how: How) -> ast.expr:
    """The expression that a function's code object returns."""
    return expression(Reader(code, how).read(0, ())[-1])


def parameters(code: CodeType) -> ast.arguments:
    """The parameters of a code object, which doesn't know their defaults."""
    names = [ast.arg(name, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0) for name in code.co_varnames]
    count, words = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    rest = iter(names[words:])
    return ast.arguments(
        posonlyargs=names[: code.co_posonlyargcount],
        args=names[code.co_posonlyargcount : count],
        vararg=next(rest) if code.co_flags & inspect.CO_VARARGS else None,
        kwonlyargs=names[count:words],
        kw_defaults=[None] * code.co_kwonlyargcount,
        kwarg=next(rest) if code.co_flags & inspect.CO_VARKEYWORDS else None,
        defaults=[],
    )


class Reader:
    """Reads one code object."""

    def __init__(self, code: CodeType, how: How) -> None:
        self.code = code
        self.how = how
        self.steps = list(dis.get_instructions(code))
        if len(self.steps) > _MOST:
            raise Unreadable
        self.end = len(self.steps)
        self.index = {step.offset: number for number, step in enumerate(self.steps)}
        self.meets = self._meeting_points()
        self.known: dict[tuple[int, int, tuple[int, ...]], tuple[Stack, Stack]] = {}
        self.generator: ast.expr | None = None

    def within(self, code: CodeType) -> ast.expr:
        reader = Reader(code, self.how)
        made = expression(reader.read(0, ())[-1])
        return made if reader.generator is None else reader.generator

    def function(self, code: CodeType, step: dis.Instruction) -> ast.expr:
        return placed(ast.Lambda(parameters(code), body(code, self.how)), step)

    def read(self, at: int, stack: Stack, stop: int | None = None) -> Stack:
        """The stack where `stop` is reached, or the code's end."""
        stop = self.end if stop is None else stop
        while at != stop and at < self.end and self.steps[at].opname == "POP_TOP":
            # What was tested goes; behind it, ways with different tests are the same.
            at, stack = at + 1, split(stack, 1)[0]
        key = (at, stop, tuple(map(id, stack)))
        if key not in self.known:
            # What the stack holds stays alive, so that the ids stay its own. Where two jumps lead is read once.
            self.known[key] = (stack, self._read(at, stack, stop))
        return self.known[key][1]

    def _read(self, at: int, stack: Stack, stop: int) -> Stack:
        first = at
        while at != stop:
            if at >= self.end:
                raise Unreadable
            step = self.steps[at]
            if step.is_jump_target and at != first:
                return self.read(at, stack, stop)
            if instructions.asks_for_builtin(self.steps, at):
                at = self._target(self.steps[at + 3])
                continue
            if step.opname == "FOR_ITER":
                stack = self._comprehension(at, stack)
                at = self._target(step)
                continue
            if step.opname in _RETURNS:
                value = stack[-1] if step.opname == "RETURN_VALUE" else constant(step)
                stack, at = (value,), self.end
                continue
            where = self._after(at)
            if len(where) == 2:
                stack, at = self._decision(at, stack, where)
                continue
            if step.opname not in instructions.JUMPS:
                stack = instructions.apply(self, step, stack)
            at = where[0]
        return stack

    def _decision(self, at: int, stack: Stack, where: list[int]) -> tuple[Stack, int]:
        step, meet = self.steps[at], self.meets[at]
        if meet is None or not stack:
            raise Unreadable
        name, tested, below = step.opname, stack[-1], stack[:-1]
        jumped, fell = below, below
        if "_OR_POP" in name:
            jumped = stack
        test: Any = tested
        if name.endswith("NONE"):
            operator = ast.IsNot() if name.endswith("NOT_NONE") else ast.Is()
            compared = ast.Compare(expression(tested), [operator], [placed(ast.Constant(None), step)])
            test = placed(compared, step)
        to, following = where
        one, two = self.read(to, jumped, meet), self.read(following, fell, meet)
        negated = "IF_TRUE" in name or name.endswith("NONE")
        then, orelse = (one, two) if negated else (two, one)
        if len(then) != len(orelse):
            raise Unreadable
        different = [n for n, (a, b) in enumerate(zip(then, orelse, strict=True)) if a is not b]
        if len(different) != 1:
            raise Unreadable
        place = different[0]
        made = decide(test, then[place], orelse[place], negated, self.how)
        return (*then[:place], made, *then[place + 1 :]), meet

    def _comprehension(self, at: int, stack: Stack) -> Stack:
        """What a loop makes of the container and the iterator on the stack."""
        if len(stack) < 1:
            raise Unreadable
        target = Target()
        after = self.read(at + 1, (*stack, target), self.end + 1 + at)
        if len(after) != len(stack):
            raise Unreadable
        changed = [n for n, (a, b) in enumerate(zip(stack, after, strict=True)) if a is not b]
        if len(changed) != 1:
            raise Unreadable
        place = changed[0]
        made, conditions = after[place], []
        if isinstance(made, Decision):
            test = made.test
            if made.orelse is stack[place]:
                made = made.then
            elif made.then is stack[place]:
                made, test = made.orelse, placed(ast.UnaryOp(ast.Not(), test), self.steps[at])
            conditions = [test]
        if not isinstance(made, Made):
            raise Unreadable
        loop = ast.comprehension(target.expression(), expression(stack[-1]), conditions, 0)
        kind = ast.GeneratorExp if made.is_yielded else ast.ListComp
        found = placed(kind(made.item, [loop]), self.steps[at])
        # Up to 3.12 the loop's end takes the iterator, from 3.13 on an instruction of its own does.
        left = stack[-1:] if instructions.ITERATOR_STAYS else ()
        if made.is_yielded:
            self.generator = found
            return (*stack[:-1], *left)
        return (*stack[:place], found, *stack[place + 1 : -1], *left)

    def _target(self, step: dis.Instruction) -> int:
        found = self.index.get(step.argval)
        if found is None:
            raise Unreadable
        return found

    def _after(self, at: int) -> list[int]:
        """Where the code goes on: for a condition first where it jumps to."""
        step = self.steps[at]
        name = step.opname
        if name == "FOR_ITER":
            return [self._target(step)]
        if name in _RETURNS or name in ("RERAISE", "RAISE_VARARGS"):
            return [self.end]
        if step.opcode not in dis.hasjrel and step.opcode not in dis.hasjabs:
            return [at + 1]
        if name not in instructions.JUMPS and name not in instructions.CONDITIONS:
            raise Unreadable
        target = self._target(step)
        if target <= at:
            # Back to the loop that this is in: its turn is over.
            if self.steps[target].opname != "FOR_ITER":
                raise Unreadable
            target += self.end + 1
        return [target] if name in instructions.JUMPS else [target, at + 1]

    def _meeting_points(self) -> list[int | None]:
        """Where all ways from an instruction come together again: its nearest post-dominator."""
        meets: list[int | None] = [None] * self.end
        for at in range(self.end - 1, -1, -1):
            first, *rest = self._after(at)
            meet: int | None = first
            for other in rest:
                meet = self._common(meets, meet, other)
            meets[at] = meet
        return meets

    def _common(self, meets: list[int | None], one: int | None, two: int | None) -> int | None:
        while one != two:
            if one is None or two is None:
                return None
            if one > two:
                one, two = two, one
            # The nearer one goes on; the ends of the code and of loops lead nowhere.
            if one >= self.end:
                return None
            one = meets[one]
        return one
