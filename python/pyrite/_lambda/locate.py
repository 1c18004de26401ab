"""Finds the syntax tree of a function: by the exact columns of its code, and only if that source compiles to it."""

from __future__ import annotations

import ast
from types import CodeType, FunctionType

from . import rebuilding
from .codes import is_coroutine, same_code
from .decline import Decline
from .source import FunctionNode, Module, modules

_NO_SOURCE = (
    "has no source, and its bytecode is more than one expression: run it from a file, a notebook, "
    "`python -m pyrite -` or `pyrite shell`"
)


def locate(function: FunctionType) -> FunctionNode:
    """The function's lambda or def, or a Decline that says why it can't be had."""
    code = function.__code__
    if is_coroutine(code):
        raise Decline("is a coroutine")
    seen = False
    for module in modules(code, function.__globals__):
        seen = True
        node = _match(module, code)
        if node is not None:
            return node
    # Of text that isn't what runs (an edited file), too, the bytecode says what does.
    made = rebuilding.rebuild(code)
    if made is None:
        raise Decline("its source differs from what runs" if seen else _NO_SOURCE)
    return made


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
