"""A function without source: an expression is read from its bytecode, and holds only if it compiles to the same."""

from __future__ import annotations

import ast
import dis
import itertools
import sys
import warnings
from types import CodeType

from . import bytecode
from .codes import same_code
from .decisions import How
from .marks import Unreadable
from .source import FUTURE, FunctionNode

_WAYS = [How(alike, copied) for alike, copied in itertools.product((False, True), ("", "shared", "alike"))]

_HAS_DOCSTRING = 0x4000000
_LOAD_CONST = dis.opmap["LOAD_CONST"]


def rebuild(code: CodeType) -> FunctionNode | None:
    """A lambda or def that compiles to the code object, if it is no more than one expression."""
    for how in _WAYS:
        try:
            body = bytecode.body(code, how)
            for one_line in (False, True):
                made, compiled = _compiled(code, body, one_line)
                if compiled is not None and _is_same(compiled, code):
                    return made
        except (Unreadable, ValueError, IndexError, KeyError, TypeError, SyntaxError, RecursionError, SystemError):
            continue
    return None


def _is_same(one: CodeType, two: CodeType) -> bool:
    return same_code(_settled(one), _settled(two)) and one.co_exceptiontable == two.co_exceptiontable


def _settled(code: CodeType) -> CodeType:
    """With its constants in the order of their use: from 3.14 on the 1 of `w[-1]` stays beside the -1."""
    if sys.version_info < (3, 14) or len(code.co_consts) > 256:
        return code
    units = [list(unit) for unit in zip(code.co_code[::2], code.co_code[1::2], strict=True)]
    loads = [unit for unit in units if unit[0] == _LOAD_CONST]
    used = dict.fromkeys(([0] if code.co_flags & _HAS_DOCSTRING else []) + [unit[1] for unit in loads])
    places = {old: new for new, old in enumerate(used)}
    for unit in loads:
        unit[1] = places[unit[1]]
    constants = [code.co_consts[place] for place in used]
    constants = [_settled(value) if isinstance(value, CodeType) else value for value in constants]
    return code.replace(co_code=bytes(itertools.chain(*units)), co_consts=tuple(constants))


def _compiled(code: CodeType, body: ast.expr, one_line: bool) -> tuple[FunctionNode, CodeType | None]:
    """The function around the expression, and its code object."""
    given = bytecode.parameters(code)
    line = max(code.co_firstlineno, 1)
    if one_line:
        for node in ast.walk(body):
            if isinstance(node, ast.expr):
                node.lineno = node.end_lineno = line
                node.col_offset = node.end_col_offset = 0
    made: FunctionNode
    if code.co_name == "<lambda>":
        made = ast.Lambda(given, body)
        within: ast.stmt = ast.Return(made)
    else:
        documentation = _documentation(code)
        statements: list[ast.stmt] = [ast.Return(body)]
        if documentation is not None:
            statements.insert(0, ast.Expr(ast.Constant(documentation)))
        within = made = _definition(code.co_name, given, statements)
    # What is captured is bound outside.
    captured = ast.arguments([], [ast.arg(name) for name in code.co_freevars], None, [], [], None, [])
    outer = ast.Module([_definition("outer", captured, [within])], [])
    outer.body[0].lineno = outer.body[0].end_lineno = line
    outer.body[0].col_offset = outer.body[0].end_col_offset = 0
    ast.fix_missing_locations(outer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = compile(outer, code.co_filename, "exec", code.co_flags & FUTURE, dont_inherit=True)
    [around, *_] = [c for c in module.co_consts if isinstance(c, CodeType)]
    found = [c for c in around.co_consts if isinstance(c, CodeType) and c.co_name == code.co_name]
    return made, found[0] if len(found) == 1 else None


def _definition(name: str, given: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    made = ast.FunctionDef(name, given, body, [])
    if sys.version_info >= (3, 12):
        made.type_params = []
    return made


def _documentation(code: CodeType) -> str | None:
    """The docstring, which is the first constant; from 3.14 on there is a flag that says so."""
    is_there = sys.version_info < (3, 14) or code.co_flags & _HAS_DOCSTRING
    first = code.co_consts[0] if code.co_consts and is_there else None
    return first if isinstance(first, str) else None
