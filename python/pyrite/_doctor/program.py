"""What a program does that a cluster does otherwise, read from its source: nothing is run.

`differences` gives a finding a line. It sees names, not types: `x.explain()` counts as an RDD's or a stream's.
"""

from __future__ import annotations

import ast
import os
import tokenize
from collections.abc import Iterable, Iterator

from pyrite._doctor import calls
from pyrite._doctor.findings import NOTE, Finding
from pyrite._doctor.functions import Found, in_function

__all__ = ["differences"]


def differences(path: str) -> list[Finding]:
    """The findings of a program, in the order of its lines.

    Raises
    ------
    OSError
        It can't be read.
    SyntaxError
        It isn't Python.
    """
    with tokenize.open(path) as file:
        tree = ast.parse(file.read(), path)
    found = sorted(set(_all(tree, os.path.dirname(os.path.abspath(path)))))
    name = os.path.basename(path)
    return [Finding(f"{name}:{line}", NOTE, what, do) for line, what, do in found]


def _all(tree: ast.Module, folder: str) -> Iterator[Found]:
    functions = {
        node.name: node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    names = _assigned(tree.body)
    contexts = calls.contexts(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from calls.of_import(node, folder)
        elif isinstance(node, ast.Call):
            yield from calls.of_call(node)
            for function in _on_executors(node, functions):
                yield from in_function(function, names, contexts)
        elif isinstance(node, ast.Try):
            yield from calls.of_try(node)


def _assigned(body: Iterable[ast.stmt]) -> set[str]:
    """The names that a module's statements give to values, those below `if` and `with` included."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return found


def _on_executors(call: ast.Call, functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef]) -> Iterator[ast.AST]:
    """The functions among a call's arguments that run where the data is."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in calls.TAKE_FUNCTIONS:
        return
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if isinstance(argument, ast.Lambda):
            yield argument
        elif isinstance(argument, ast.Name) and argument.id in functions:
            yield functions[argument.id]
