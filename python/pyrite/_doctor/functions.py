"""What a function that runs in the executors does with what is the driver's."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

__all__ = ["Found", "in_function"]

#: A line, what stands there, what to do.
Found = tuple[int, str, str]

_CHANGES = frozenset(
    "add append appendleft clear discard extend insert pop popitem remove setdefault sort update".split()
)
_OF_THE_DRIVER = {
    "open": "it opens a file of the executor's machine: sc.addFile and SparkFiles.get, or a broadcast",
    "input": "an executor has no terminal",
    "print": "it prints into the executor's log: collect or foreachRDD prints here",
}
_MODULES = {
    ("sys", "argv"): "an executor has other arguments: take the value into a variable first",
    ("os", "environ"): "an executor has its own environment: --conf spark.executorEnv.NAME=value",
    ("os", "getcwd"): "an executor works in a folder of its own",
}


def in_function(function: ast.AST, names: Set[str], contexts: Set[str]) -> Iterator[Found]:
    """The findings of a lambda or a def, given the module's names and those of contexts."""
    own = _own_names(function)
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            for name in node.names:
                yield node.lineno, f"global {name} in a function", _lost(name)
        elif isinstance(node, ast.Name):
            if node.id in contexts - own:
                yield (
                    node.lineno,
                    f"{node.id} in a function of the data",
                    "contexts are the driver's: nothing of it works there",
                )
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            told = _MODULES.get((node.value.id, node.attr))
            if told is not None:
                yield node.lineno, f"{node.value.id}.{node.attr} in a function", told
        elif isinstance(node, ast.Call):
            yield from _call(node, names - own)
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                name = _subscripted(target)
                if name in names - own:
                    yield node.lineno, f"{name}[...] = in a function", _lost(name)


def _call(node: ast.Call, names: Set[str]) -> Iterator[Found]:
    if isinstance(node.func, ast.Name):
        if node.func.id in _OF_THE_DRIVER:
            yield node.lineno, f"{node.func.id}() in a function", _OF_THE_DRIVER[node.func.id]
        elif node.func.id in ("hash", "id"):
            do = "processes agree on hashes of text only with PYTHONHASHSEED=0, as `pyrite submit` sets it"
            yield (
                node.lineno,
                f"{node.func.id}() in a function",
                do if node.func.id == "hash" else "each process has its own",
            )
    elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        name = node.func.value.id
        # Accumulators have `add`, and are what to use.
        accumulates = node.func.attr == "add" and name.lower().startswith(("acc", "counter", "total"))
        if name in names and node.func.attr in _CHANGES and not accumulates:
            yield node.lineno, f"{name}.{node.func.attr}() in a function", _lost(name)


def _subscripted(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        return target.value.id
    return ""


def _lost(name: str) -> str:
    return f"each executor changes a copy of {name}, and the driver's stays as it was, here too: an accumulator adds up"


def _own_names(function: ast.AST) -> set[str]:
    """Parameters and what is assigned within."""
    own: set[str] = set()
    shared: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            shared.update(node.names)
    return own - shared
