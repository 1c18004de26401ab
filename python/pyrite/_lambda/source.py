"""The text of a file or notebook cell, parsed and compiled once: its function nodes and code objects by first line."""

from __future__ import annotations
import __future__

import ast
import linecache
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from types import CodeType
from typing import Any

FunctionNode = ast.Lambda | ast.FunctionDef

_KEPT = 64
FUTURE = 0
for _feature in __future__.all_feature_names:
    FUTURE |= getattr(__future__, _feature).compiler_flag

_lock = threading.Lock()
_modules: dict[tuple[str, int], tuple[object, Module | None]] = {}


class Module:
    """One compiled text. The code objects say which of the nodes is really what runs."""

    def __init__(self, text: str, filename: str, flags: int) -> None:
        with warnings.catch_warnings():
            # The course writes "\W+": the warning was shown when the user's own cell was compiled.
            warnings.simplefilter("ignore")
            tree = _tree(text, filename, flags)
            code = compile(tree, filename, "exec", flags, dont_inherit=True)
        self.nodes: dict[int, list[FunctionNode]] = {}
        self.codes: dict[int, list[CodeType]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Lambda):
                self.nodes.setdefault(node.lineno, []).append(node)
            elif isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                self.nodes.setdefault(first, []).append(node)
        pending = [code]
        while pending:
            for constant in pending.pop().co_consts:
                if isinstance(constant, CodeType):
                    self.codes.setdefault(constant.co_firstlineno, []).append(constant)
                    pending.append(constant)


def _tree(text: str, filename: str, flags: int) -> ast.Module:
    """The text's tree. CPython 3.11 counts how deep the trees of all threads are in one place, and takes it for a fault
    of its own (SystemError) if another thread parses while the collection of garbage has let it in: then once more.
    """
    flags |= ast.PyCF_ONLY_AST
    try:
        tree: ast.Module = compile(text, filename, "exec", flags, dont_inherit=True)
    except SystemError:
        tree = compile(text, filename, "exec", flags, dont_inherit=True)
    return tree


def modules(code: CodeType, module_globals: dict[str, Any]) -> Iterator[Module]:
    """The texts that may hold `code`'s source, likeliest first; the caller checks which one does."""
    flags = code.co_flags & FUTURE
    lines = linecache.getlines(code.co_filename, module_globals)
    if lines:
        module = _load(code.co_filename, flags, lines)
        if module is not None:
            yield module
    elif code.co_filename.startswith(("<timed ", "<magic-timeit")):
        for text in _magic_texts():
            module = _load(text, flags, text)
            if module is not None:
                yield module


def _load(name: str, flags: int, text: list[str] | str) -> Module | None:
    """Parses once per text: `linecache` keeps one list per version of a file, so the list's identity tells."""
    with _lock:
        known = _modules.get((name, flags))
        if known is not None and known[0] is text:
            return known[1]
        module = None
        # A cell may await at its top level; a text that won't compile holds nothing for us.
        for extra in (0, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
            try:
                module = Module("".join(text), name, flags | extra)
                break
            except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):
                continue
        while len(_modules) >= _KEPT:
            _modules.pop(next(iter(_modules)))
        _modules[name, flags] = (text, module)
        return module


def _magic_texts() -> list[str]:
    """What `%%time` and `%timeit` may have compiled: IPython keeps no source for it but the running cell's text."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return []
    texts: list[str] = []
    raw = getattr(getattr(shell, "history_manager", None), "input_hist_raw", None)
    for cell in [*(raw or [])[-1:], *(shell.user_ns.get("In") or [])[-1:]]:
        first, _, body = cell.partition("\n")
        if first.lstrip().startswith("%%"):
            texts.append(body)
            texts.append(_without_options(first))
        texts += [_without_options(line) for line in cell.split("\n") if re.match(r"\s*%time", line)]
    # A plain statement keeps its own columns, so the text must start where the magic's argument starts.
    return [shell.transform_cell(text) for text in dict.fromkeys(texts) if text.strip()]


def _without_options(line: str) -> str:
    return re.sub(r"^\s*%{1,2}\w+\s*(?:-[a-z]+\s*\d*\s+)*", "", line) + "\n"
