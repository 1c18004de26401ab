"""Calls of `re`: its functions, `re.compile`, and the methods of compiled patterns."""

from __future__ import annotations

import ast
import re
import warnings
from re import _parser  # type: ignore[attr-defined]
from types import FunctionType
from typing import Any

from .decline import Decline
from .matches import match_method
from .node import Json, MatchInfo, Node, call, check_text, let, value
from .pattern import translate_pattern
from .scope import Scope
from .tries import unsure

_FUNCTIONS: dict[int, str] = {
    id(getattr(re, name)): name for name in ("split", "sub", "findall", "finditer", "search", "match", "fullmatch")
}
_KEPT = [getattr(re, name) for name in _FUNCTIONS.values()]
_COMPILE = re.compile
# Parameters between the pattern and the flags; the first line of each is required.
_PARAMETERS = {"split": ("string", "maxsplit"), "sub": ("repl", "string", "count")}
_METHODS = {**_PARAMETERS, **dict.fromkeys(("findall", "finditer", "search", "match", "fullmatch"), ("string",))}
_KINDS = {"split": "list", "findall": "list", "sub": "str"}


def handles(function: Any) -> bool:
    """Whether `function` is one of `re`'s own."""
    return id(function) in _FUNCTIONS


def is_compile(scope: Scope, tree: ast.expr) -> bool:
    """Whether the expression is a call of `re.compile`."""
    return isinstance(tree, ast.Call) and scope.static(tree.func) is _COMPILE


def compile_call(scope: Scope, tree: Any) -> re.Pattern[Any]:
    """The pattern that `re.compile(...)` with constant arguments gives."""
    words = {k.arg: k.value for k in tree.keywords}
    given = [*tree.args, *(words.pop(w) for w in ("pattern", "flags")[len(tree.args) :] if w in words)]
    if words or not 1 <= len(given) <= 2:
        raise Decline("calls re.compile() oddly")
    return _compiled(_pattern(scope, given[0]), _flags(scope, given[1] if len(given) > 1 else None))


def module_function(scope: Scope, function: Any, tree: ast.Call) -> Node:
    """`re.split(pattern, string, ...)` and its like."""
    name = _FUNCTIONS[id(function)]
    order = ("pattern", *_METHODS[name], "flags")
    if len(tree.args) > len(order):
        raise Decline(f"calls re.{name}() with {len(tree.args)} arguments")
    given = dict(zip(order, tree.args, strict=False))
    for word in tree.keywords:
        if word.arg not in order or word.arg in given:
            raise Decline(f"calls re.{name}() with {word.arg}=")
        given[word.arg] = word.value
    if "pattern" not in given:
        raise Decline(f"calls re.{name}() without a pattern")
    source = _pattern(scope, given.pop("pattern"))
    flags = _flags(scope, given.pop("flags", None))
    if isinstance(source, re.Pattern) and flags:
        raise Decline("gives flags to a compiled pattern")
    return _regex(scope, name, _compiled(source, flags), given)


def pattern_method(scope: Scope, pattern: re.Pattern[Any], name: str, tree: ast.Call) -> Node:
    """`pattern.split(string, ...)` and its like."""
    order = _METHODS.get(name)
    if order is None:
        raise Decline(f"calls .{name}() of a pattern")
    if len(tree.args) > len(order):
        # `pos` and `endpos`
        raise Decline(f"calls .{name}() of a pattern with {len(tree.args)} arguments")
    given = dict(zip(order, tree.args, strict=False))
    for word in tree.keywords:
        if word.arg not in order or word.arg in given:
            raise Decline(f"calls .{name}() of a pattern with {word.arg}=")
        given[word.arg] = word.value
    return _regex(scope, name, pattern, given)


def _regex(scope: Scope, name: str, pattern: re.Pattern[Any], given: dict[str, ast.expr]) -> Node:
    required = [p for p in _METHODS[name] if p not in ("maxsplit", "count")]
    if any(p not in given for p in required):
        raise Decline(f"calls re.{name}() without {' and '.join(p for p in required if p not in given)}")
    if name == "sub" and is_function(scope, given["repl"]):
        return _called_back(scope, pattern, given)
    json, info = translate_pattern(pattern.pattern, pattern.flags, name)
    if name == "finditer":
        text = value(scope.expression(given["string"]))
        return _matches(json, info, [text])
    replacement = _replacement(scope, pattern, given.pop("repl")) if name == "sub" else []
    arguments = [value(scope.expression(given[p])) for p in _METHODS[name] if p in given]
    made = {"regex": {"function": name, "pattern": json, "replacement": replacement, "args": arguments}}
    return Node(made, _KINDS[name]) if name in _KINDS else Node(made, "match", info)


def _matches(pattern: Json, info: MatchInfo, arguments: list[Json]) -> Node:
    """The matches one after another, of which only some things will be asked."""
    wanted: list[Json] = []
    made = {"regex": {"function": "finditer", "pattern": pattern, "replacement": wanted, "args": arguments}}
    return Node(made, "matches", info._replace(wanted=wanted))


def is_function(scope: Scope, tree: ast.expr) -> bool:
    """Whether what replaces a match is a function of it."""
    if isinstance(tree, ast.Lambda):
        return True
    local = scope.names.get(tree.id) if isinstance(tree, ast.Name) else None
    return local.kind == "function" if local is not None else type(scope.static(tree)) is FunctionType


def _called_back(scope: Scope, pattern: re.Pattern[Any], given: dict[str, ast.expr]) -> Node:
    """`sub` with a function: where the matches are and what takes their places, then the text with that."""
    json, info = translate_pattern(pattern.pattern, pattern.flags, "finditer")
    text = scope.expression(given["string"])
    slot, reference = (0, text) if text.is_plain() else scope.bind(text)
    arguments = [value(reference), *([value(scope.expression(given["count"]))] if "count" in given else [])]
    found = _matches(json, info, arguments)
    name = "<match>"
    call_ = ast.Call(given["repl"], [ast.Name(name, ast.Load())], [])

    def inside(inner: Scope) -> tuple[list[Json], Json]:
        match = inner.names[name]
        span = match_method(match, "span", [], {})
        return [], {"tuple": [*span.json["tuple"], value(inner.expression(call_))]}

    made = scope.each_of(ast.Name(name, ast.Store()), found, inside)
    replaced = call("re.replaced", reference, made, kind="str")
    # The function is called between searches.
    return unsure(scope, replaced if text.is_plain() else let(slot, text, replaced))


def _replacement(scope: Scope, pattern: re.Pattern[Any], tree: ast.expr) -> list[Json]:
    """What replaces a match, in pieces of text and groups: `re`'s own parser reads the template, and only it."""
    template = scope.static(tree)
    if type(template) is not str:
        raise Decline("replaces by something other than a constant str")
    check_text(template, "a replacement")
    if "\\" not in template:
        return [{"text": template}] if template else []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = _parser.parse_template(template, pattern)
    except (re.error, IndexError):
        raise Decline("its replacement is malformed") from None
    # A list of literals and group numbers since 3.12, a pair of lists in 3.11.
    if not isinstance(parsed, list):
        groups, literals = parsed
        numbers = dict(groups)
        parsed = [numbers[i] if part is None else part for i, part in enumerate(literals)]
    return [{"text": part} if isinstance(part, str) else {"group": part} for part in parsed if part != ""]


def _pattern(scope: Scope, tree: ast.expr) -> str | re.Pattern[Any]:
    if is_compile(scope, tree):
        return compile_call(scope, tree)
    source = scope.static(tree)
    if type(source) is not str and not isinstance(source, re.Pattern):
        raise Decline("its pattern is not a constant str")
    return source


def _flags(scope: Scope, tree: ast.expr | None) -> int:
    if tree is None:
        return 0
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.BitOr | ast.Add):
        return _flags(scope, tree.left) | _flags(scope, tree.right)
    flag = scope.static(tree)
    if not isinstance(flag, int):
        raise Decline("its flags are not constant")
    return int(flag)


def _compiled(source: str | re.Pattern[Any], flags: int) -> re.Pattern[Any]:
    if isinstance(source, re.Pattern):
        return source
    check_text(source, "its pattern")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _COMPILE(source, flags)
    except (re.error, OverflowError, RecursionError, ValueError):
        raise Decline("its pattern is malformed") from None
