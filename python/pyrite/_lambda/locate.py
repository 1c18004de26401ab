"""Finds the syntax tree of a function: by the exact columns of its code, and only if that source compiles to it."""

from __future__ import annotations

import ast
import dis
import struct
from types import CodeType, FunctionType
from typing import Any

from .decline import Decline
from .source import FunctionNode, Module, modules

_GENERATOR = 0x20
_COROUTINE = 0x80 | 0x100 | 0x200
_NESTED = 0x10
_IDLE = {"RESUME", "NOP", "CACHE", "COPY_FREE_VARS", "MAKE_CELL", "PRECALL"}


def locate(function: FunctionType) -> FunctionNode:
    """The function's lambda or def, or a Decline that says why it can't be had."""
    code = function.__code__
    if code.co_flags & _COROUTINE:
        raise Decline("is a coroutine")
    seen = False
    for module in modules(code, function.__globals__):
        seen = True
        node = _match(module, code)
        if node is not None:
            return node
    raise Decline("its source differs from what runs" if seen else "has no source")


def is_generator(code: CodeType) -> bool:
    """Whether a call gives a generator, which runs the body."""
    return bool(code.co_flags & _GENERATOR)


def constant_body(code: CodeType) -> tuple[Any, ...]:
    """`(constant,)` when the code only returns a constant (it has no useful position on 3.12), else `()`."""
    if is_generator(code) or code.co_flags & _COROUTINE or len(code.co_code) > 64:
        return ()
    steps = [i for i in dis.get_instructions(code) if i.opname not in _IDLE]
    names = [i.opname for i in steps]
    if names in (["RETURN_CONST"], ["LOAD_CONST", "RETURN_VALUE"]):
        return (steps[0].argval,)
    return ()


def same_code(one: CodeType, two: CodeType) -> bool:
    """Whether two code objects do the same: instructions, constants with their types, and every name."""
    return (
        one.co_code == two.co_code
        and one.co_names == two.co_names
        and one.co_varnames == two.co_varnames
        and one.co_freevars == two.co_freevars
        and one.co_cellvars == two.co_cellvars
        # Only where it was compiled says the flag that it is nested: `%timeit` puts a cell into a function.
        and one.co_flags | _NESTED == two.co_flags | _NESTED
        and one.co_argcount == two.co_argcount
        and one.co_posonlyargcount == two.co_posonlyargcount
        and one.co_kwonlyargcount == two.co_kwonlyargcount
        and _same_constant(one.co_consts, two.co_consts)
    )


def fingerprint(value: Any) -> Any:
    """Equal exactly for constants that behave the same: 1, True and 1.0 differ, so do 0.0 and -0.0."""
    if type(value) is tuple:
        return (tuple, *map(fingerprint, value))
    if type(value) is frozenset:
        return (frozenset, frozenset(map(fingerprint, value)))
    if type(value) is float:
        return (float, struct.pack("<d", value))
    if type(value) is complex:
        return (complex, struct.pack("<dd", value.real, value.imag))
    return (type(value), value)


def _same_constant(one: Any, two: Any) -> bool:
    if isinstance(one, CodeType) or isinstance(two, CodeType):
        return isinstance(one, CodeType) and isinstance(two, CodeType) and same_code(one, two)
    if type(one) is tuple and type(two) is tuple:
        return len(one) == len(two) and all(map(_same_constant, one, two))
    return bool(fingerprint(one) == fingerprint(two))


def _match(module: Module, code: CodeType) -> FunctionNode | None:
    positions = list(code.co_positions())
    twins = [c for c in module.codes.get(code.co_firstlineno, []) if c.co_name == code.co_name]
    same = [c for c in twins if list(c.co_positions()) == positions and same_code(c, code)]
    if not same:
        return None
    lines = module.nodes.get(code.co_firstlineno, [])
    if code.co_name != "<lambda>":
        nodes: list[FunctionNode] = [n for n in lines if isinstance(n, ast.FunctionDef) and n.name == code.co_name]
        return nodes[0] if len(nodes) == 1 else None
    lambdas = [n for n in lines if isinstance(n, ast.Lambda)]
    spans = [
        ((line, column), (end_line, end_column))
        for line, end_line, column, end_column in positions
        if line is not None
        and end_line is not None
        and column is not None
        and end_column is not None
        # RESUME stands at the start of its line.
        and (line, column) != (end_line, end_column)
    ]
    if not spans:
        # No columns: a lambda alone on its line is the only one it can be.
        return lambdas[0] if len(lambdas) == 1 and len(twins) == 1 else None
    first, last = min(s[0] for s in spans), max(s[1] for s in spans)
    inside = [n for n in lambdas if _start(n.body) <= first and last <= _end(n.body)]
    # The body of a lambda within this one can't hold the whole of this one's code, so the smallest is it.
    return _inmost(inside)


def _inmost(nodes: list[ast.Lambda]) -> ast.Lambda | None:
    for node in nodes:
        if all(_start(o.body) <= _start(node.body) and _end(node.body) <= _end(o.body) for o in nodes):
            return node
    return None


def _start(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0
