"""What each instruction of CPython 3.11 to 3.14 does to a stack of syntax trees."""

from __future__ import annotations

import ast
import dis
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from . import building
from .decisions import expression
from .marks import (
    NULL,
    RECEIVER,
    SENT,
    Context,
    Function,
    Made,
    Mark,
    Stack,
    Target,
    Unreadable,
    constant,
    placed,
    split,
    values_of,
)

#: From 3.13 on an instruction of its own takes a loop's iterator away.
ITERATOR_STAYS = sys.version_info >= (3, 13)
JUMPS = frozenset({"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"})
CONDITIONS = frozenset(
    {"JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP"}
    | {
        f"POP_JUMP_{way}IF_{test}"
        for way in ("", "FORWARD_", "BACKWARD_")
        for test in ("TRUE", "FALSE", "NONE", "NOT_NONE")
    }
)

_IDLE = frozenset(
    {"RESUME", "NOP", "CACHE", "PRECALL", "COPY_FREE_VARS", "MAKE_CELL", "EXTENDED_ARG", "NOT_TAKEN", "TO_BOOL"}
    | {"GET_ITER", "END_FOR"}
)
_NULL_FIRST = sys.version_info < (3, 13)
_BINARY: dict[str, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
    "**": ast.Pow,
    "&": ast.BitAnd,
    "|": ast.BitOr,
    "^": ast.BitXor,
    "<<": ast.LShift,
    ">>": ast.RShift,
    "@": ast.MatMult,
}
_COMPARE: dict[str, type[ast.cmpop]] = {
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "==": ast.Eq,
    "!=": ast.NotEq,
}
_UNARY: dict[str, type[ast.unaryop]] = {
    "UNARY_NEGATIVE": ast.USub,
    "UNARY_POSITIVE": ast.UAdd,
    "UNARY_NOT": ast.Not,
    "UNARY_INVERT": ast.Invert,
}
_UNARY_POSITIVE = 5
_ASKED = ["COPY", "LOAD_COMMON_CONSTANT", "IS_OP", "POP_JUMP_IF_FALSE"]


def apply(context: Context, step: dis.Instruction, stack: Stack) -> Stack:
    """The stack after an instruction."""
    name = step.opname
    if name in _IDLE:
        return stack
    if name in _UNARY:
        return (*stack[:-1], placed(ast.UnaryOp(_UNARY[name](), expression(stack[-1])), step))
    does = _KNOWN.get(name)
    if does is None:
        raise Unreadable
    return does(context, step, stack)


def asks_for_builtin(steps: list[dis.Instruction], at: int) -> bool:
    """Whether the compiler asks, from 3.14 on, if `all`, `any` or `tuple` is the built-in one.

    Where it is, a loop follows in its place; where it isn't, what there is is called, as it is written.
    """
    return [step.opname for step in steps[at : at + 4]] == _ASKED


def _load_const(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    if isinstance(step.argval, CodeType):
        return (*stack, Function(step.argval))
    return (*stack, constant(step))


def _name(name: str, step: dis.Instruction) -> Any:
    return placed(ast.Name(name, ast.Load()), step)


def _load(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    # The iterator that a comprehension is called with goes by this name.
    return (*stack, _name(step.argval, step))


def _load_two(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    return (*stack, *(_name(name, step) for name in step.argval))


def _load_global(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    found = _name(step.argval, step)
    if not (step.arg or 0) & 1:
        return (*stack, found)
    return (*stack, NULL, found) if _NULL_FIRST else (*stack, found, NULL)


def _clear(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    return (*stack, Mark(step.argval))


def _stored(name: str, value: Any, step: dis.Instruction) -> None:
    """A loop's target, or a variable that had to be kept while a comprehension used its name."""
    if isinstance(value, Target) and value.name is None and not value.parts:
        value.name = placed(ast.Name(name, ast.Store()), step)
    elif not (isinstance(value, Mark) and value.name == name):
        raise Unreadable


def _store(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    _stored(step.argval, stack[-1], step)
    return stack[:-1]


def _store_load(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    _stored(step.argval[0], stack[-1], step)
    return (*stack[:-1], _name(step.argval[1], step))


def _store_two(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    _stored(step.argval[0], stack[-1], step)
    _stored(step.argval[1], stack[-2], step)
    return stack[:-2]


def _unpack(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    target = stack[-1]
    if not isinstance(target, Target):
        raise Unreadable
    target.step, target.parts = step, [Target() for _ in range(step.argval)]
    return (*stack[:-1], *reversed(target.parts))


def _load_attr(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, (of,) = values_of(stack, 1)
    found = placed(ast.Attribute(of, step.argval, ast.Load()), step)
    is_method = step.opname == "LOAD_METHOD" or (sys.version_info >= (3, 12) and (step.arg or 0) & 1)
    return (*below, found, RECEIVER) if is_method else (*below, found)


def _push_null(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    return (*stack, NULL)


def _keywords(context: Context, step: dis.Instruction, stack: Stack) -> Stack:
    return (*stack, Mark("\0".join(context.code.co_consts[step.arg or 0])))


def _call(context: Context, step: dis.Instruction, stack: Stack) -> Stack:
    words: list[str] = []
    if step.opname == "CALL_KW":
        if not isinstance(stack[-1], ast.Tuple):
            raise Unreadable
        words = [str(e.value) for e in stack[-1].elts if isinstance(e, ast.Constant)]
        stack = stack[:-1]
    elif isinstance(stack[-1], Mark) and stack[-1].name:
        words = stack[-1].name.split("\0")
        stack = stack[:-1]
    below, above = split(stack, step.argval)
    below, pair = split(below, 2)
    if isinstance(pair[0], Function) and not above:
        return (*below, _comprehension(context, pair[0].code, expression(pair[1]), step))
    function = pair[1] if pair[0] is NULL else pair[0] if pair[1] in (NULL, RECEIVER) else None
    if function is None:
        raise Unreadable
    arguments = [expression(value) for value in above]
    plain = len(arguments) - len(words)
    keywords = [ast.keyword(w, a) for w, a in zip(words, arguments[plain:], strict=True)]
    return (*below, placed(ast.Call(expression(function), arguments[:plain], keywords), step))


def _comprehension(context: Context, code: CodeType, iterated: ast.expr, step: dis.Instruction) -> ast.expr:
    """A generator expression, up to 3.11 a list comprehension too: a function of its own, called with the iterator."""
    found = context.within(code)
    if not isinstance(found, ast.ListComp | ast.GeneratorExp):
        raise Unreadable
    loop = found.generators[0]
    if not (isinstance(loop.iter, ast.Name) and loop.iter.id == ".0"):
        raise Unreadable
    loop.iter = iterated
    return placed(found, step)


def _make_function(context: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, (function,) = split(stack, 1)
    flags = step.arg or 0 if sys.version_info < (3, 13) else 0
    if not isinstance(function, Function) or flags & ~8:
        raise Unreadable
    if flags & 8:
        below = split(below, 1)[0]
    return (*below, _function(context, function, step))


def _set_attribute(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    if step.arg != 8:
        raise Unreadable
    below, (_closure, function) = split(stack, 2)
    return (*below, function)


def _function(context: Context, function: Function, step: dis.Instruction) -> Any:
    return context.function(function.code, step) if function.code.co_name == "<lambda>" else function


def _binary(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, (left, right) = values_of(stack, 2)
    if step.opname == "BINARY_SUBSCR" or step.argrepr == "[]":
        return (*below, placed(ast.Subscript(left, right, ast.Load()), step))
    if step.argrepr not in _BINARY:
        raise Unreadable
    return (*below, placed(ast.BinOp(left, _BINARY[step.argrepr](), right), step))


def _binary_slice(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, (of, *ends) = values_of(stack, 3)
    return (*below, placed(ast.Subscript(of, placed(ast.Slice(*map(_end, ends)), step), ast.Load()), step))


def _build_slice(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, (first, second, *third) = values_of(stack, step.argval)
    # A step that isn't written isn't there; one that is written as None is.
    return (*below, placed(ast.Slice(_end(first), _end(second), *third), step))


def _end(of: ast.expr) -> ast.expr | None:
    return None if isinstance(of, ast.Constant) and of.value is None else of


def _compare(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, (left, right) = values_of(stack, 2)
    operator: ast.cmpop
    if step.opname == "IS_OP":
        operator = ast.IsNot() if step.arg else ast.Is()
    elif step.opname == "CONTAINS_OP":
        operator = ast.NotIn() if step.arg else ast.In()
    else:
        operator = _COMPARE[step.argval]()
    return (*below, placed(ast.Compare(left, [operator], [right]), step))


def _intrinsic(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    if step.arg != _UNARY_POSITIVE:
        raise Unreadable
    return (*stack[:-1], placed(ast.UnaryOp(ast.UAdd(), expression(stack[-1])), step))


def _swap(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    above = split(stack, step.argval)[1]
    return (*stack[: -step.argval], above[-1], *above[1:-1], above[0])


def _copy(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    return (*stack, split(stack, step.argval)[1][0])


def _pop(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    return split(stack, 1)[0]


def _generator(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    return (*stack, SENT)


def _append(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, (item,) = values_of(stack, 1)
    place = len(below) - step.argval
    if place < 0 or not (isinstance(below[place], ast.List) and not below[place].elts):
        raise Unreadable
    return (*below[:place], Made(item, False), *below[place + 1 :])


def _yield(_: Context, step: dis.Instruction, stack: Stack) -> Stack:
    below, (item,) = values_of(stack, 1)
    return (*split(below, 1)[0], Made(item, True), SENT)


_KNOWN: dict[str, Callable[[Context, dis.Instruction, Stack], Stack]] = {
    **dict.fromkeys(("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF", "LOAD_CLOSURE"), _load),
    **dict.fromkeys(("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"), _load_two),
    **dict.fromkeys(("LOAD_CONST", "LOAD_SMALL_INT"), _load_const),
    **dict.fromkeys(("STORE_FAST", "STORE_DEREF"), _store),
    **dict.fromkeys(("LOAD_ATTR", "LOAD_METHOD"), _load_attr),
    **dict.fromkeys(("CALL", "CALL_KW"), _call),
    **dict.fromkeys(("BINARY_OP", "BINARY_SUBSCR"), _binary),
    **dict.fromkeys(("COMPARE_OP", "IS_OP", "CONTAINS_OP"), _compare),
    **dict.fromkeys(("BUILD_TUPLE", "BUILD_LIST", "BUILD_SET"), building.build),
    **dict.fromkeys(("BUILD_MAP", "BUILD_CONST_KEY_MAP"), building.build_map),
    **dict.fromkeys(("LIST_EXTEND", "SET_UPDATE"), building.extend),
    "DICT_UPDATE": building.update,
    **dict.fromkeys(("FORMAT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC"), building.format_value),
    **dict.fromkeys(("POP_TOP", "POP_ITER"), _pop),
    "LOAD_GLOBAL": _load_global,
    "LOAD_FAST_AND_CLEAR": _clear,
    "STORE_FAST_LOAD_FAST": _store_load,
    "STORE_FAST_STORE_FAST": _store_two,
    "UNPACK_SEQUENCE": _unpack,
    "PUSH_NULL": _push_null,
    "KW_NAMES": _keywords,
    "MAKE_FUNCTION": _make_function,
    "SET_FUNCTION_ATTRIBUTE": _set_attribute,
    "BINARY_SLICE": _binary_slice,
    "BUILD_SLICE": _build_slice,
    "CALL_INTRINSIC_1": _intrinsic,
    "CONVERT_VALUE": building.convert,
    "BUILD_STRING": building.build_string,
    "SWAP": _swap,
    "COPY": _copy,
    "RETURN_GENERATOR": _generator,
    "LIST_APPEND": _append,
    "YIELD_VALUE": _yield,
}
