"""Instructions that build: tuples, lists, sets, dicts and texts."""

from __future__ import annotations

import ast
import dis

from .decisions import expression
from .marks import Context, Stack, Unreadable, placed, values_of

_CONVERSIONS = {1: 115, 2: 114, 3: 97}


def build(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, values = values_of(stack, step.argval)
    if step.opname == "BUILD_TUPLE":
        return (*below, placed(ast.Tuple(values, ast.Load()), step))
    if step.opname == "BUILD_LIST":
        return (*below, placed(ast.List(values, ast.Load()), step))
    return (*below, placed(ast.Set(values), step))


def extend(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    """Constants that go into a new list or set as one."""
    below, (made, constants) = values_of(stack, 2)
    if step.arg != 1 or not isinstance(made, ast.List | ast.Set) or made.elts:
        raise Unreadable
    if not isinstance(constants, ast.Tuple | ast.Set):
        raise Unreadable
    items = constants.elts
    new = ast.List(items, ast.Load()) if isinstance(made, ast.List) else ast.Set(items)
    return (*below, placed(new, step))


def build_map(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    keys: list[ast.expr | None]
    if step.opname == "BUILD_CONST_KEY_MAP":
        below, (*values, names) = values_of(stack, step.argval + 1)
        if not isinstance(names, ast.Tuple):
            raise Unreadable
        keys = [*names.elts]
    else:
        below, both = values_of(stack, 2 * step.argval)
        keys, values = [*both[::2]], both[1::2]
    return (*below, placed(ast.Dict(keys, values), step))


def update(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    """What goes into a new dict as one: another dict, or keys that are written behind one."""
    below, (made, more) = values_of(stack, 2)
    if step.arg != 1 or not isinstance(made, ast.Dict):
        raise Unreadable
    written = isinstance(more, ast.Dict) and None not in more.keys
    keys, values = (more.keys, more.values) if isinstance(more, ast.Dict) and written else ([None], [more])
    return (*below, placed(ast.Dict([*made.keys, *keys], [*made.values, *values]), step))


def format_value(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    """A value of an f-string, with what converts it and its format."""
    conversion, written = 0, step.opname == "FORMAT_WITH_SPEC"
    if step.opname == "FORMAT_VALUE":
        conversion, written = (step.arg or 0) & 3, bool((step.arg or 0) & 4)
    below, values = values_of(stack, 1 + written)
    kind = _CONVERSIONS.get(conversion, -1)
    of = values[0]
    if isinstance(of, ast.FormattedValue):
        # It was converted and is formatted now.
        kind, of = of.conversion, of.value
    spec = None
    if written:
        spec = values[1] if isinstance(values[1], ast.JoinedStr) else placed(ast.JoinedStr([values[1]]), step)
    return (*below, placed(ast.JoinedStr([placed(ast.FormattedValue(of, kind, spec), step)]), step))


def convert(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    return (*stack[:-1], placed(ast.FormattedValue(expression(stack[-1]), _CONVERSIONS[step.arg or 0], None), step))


def build_string(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, values = values_of(stack, step.argval)
    parts = [part for v in values for part in (v.values if isinstance(v, ast.JoinedStr) else [v])]
    return (*below, placed(ast.JoinedStr(parts), step))
