"""Formatted strings: f-strings, `%` and `str.format` become the same parts."""

from __future__ import annotations

import ast
import re
import string
from typing import Any

from . import dates, tries
from .decline import Decline
from .node import Json, Node, check_text, constant, item, value
from .scope import Scope

_PERCENT = re.compile(
    r"%(?P<name>\([^)]*\))?(?P<flags>[-+ #0]*)(?P<width>\*|[0-9]+)?(?:\.(?P<precision>\*|[0-9]*))?[hlL]?(?P<type>.)",
    re.DOTALL,
)
_FLOATS = "eEfFgG"
_DIRECTIVE = re.compile("%[A-Za-z]")


def _text(text: str) -> Json:
    return {"text": check_text(text, "a format")}


def _part(node: Node, conversion: str | None, spec: str) -> Json:
    # With a specification of its own it would raise.
    said = tries.told(node) if conversion == "s" or not (conversion or spec) else None
    node = node if said is None else said
    return {"value": {"value": value(node), "conversion": conversion, "spec": check_text(spec, "a format")}}


def _shown(scope: Scope, node: Node, conversion: str | None, spec: str) -> Json:
    """A value in a format; a specification with directives is a date's."""
    if conversion is None and node.kind in ("", "date", "datetime") and _DIRECTIVE.search(spec):
        return _part(dates.formatted(scope, node, spec), None, "")
    return _part(node, conversion, spec)


def _format(parts: list[Json]) -> Node:
    return Node({"format": [p for p in parts if p != {"text": ""}]}, "str")


def fstring(scope: Scope, tree: ast.JoinedStr) -> Node:
    """An f-string."""
    parts = []
    for part in tree.values:
        if isinstance(part, ast.Constant):
            parts.append(_text(str(part.value)))
        elif isinstance(part, ast.FormattedValue):
            conversion = None if part.conversion < 0 else chr(part.conversion)
            spec = _constant_spec(scope, part.format_spec)
            parts.append(_shown(scope, scope.expression(part.value), conversion, spec))
    return _format(parts)


def _constant_spec(scope: Scope, tree: ast.expr | None) -> str:
    if tree is None:
        return ""
    values: list[Any] = []
    for part in getattr(tree, "values", [None]):
        if isinstance(part, ast.FormattedValue) and part.conversion < 0 and part.format_spec is None:
            known = scope.static(part.value)
            values.append(str(known) if type(known) in (int, str) else None)
        else:
            values.append(part.value if isinstance(part, ast.Constant) else None)
    if any(v is None for v in values):
        raise Decline("has a format whose width or precision depends on the row")
    return "".join(values)


def percent(scope: Scope, template: str, argument: ast.expr) -> Node:
    """`template % argument`"""
    parts: list[tuple[str | None, str, str]] = []
    texts: list[str] = []
    names: list[str] = []
    at = 0
    pending = ""
    while (start := template.find("%", at)) >= 0:
        pending += template[at:start]
        found = _PERCENT.match(template, start)
        if found is None:
            raise Decline("has a % format that is incomplete")
        at = found.end()
        if found["type"] == "%":
            if found.group() != "%%":
                raise Decline(f"uses the % format {found.group()}")
            pending += "%"
            continue
        texts.append(pending)
        pending = ""
        if found["name"]:
            names.append(found["name"][1:-1])
        parts.append(_percent_spec(found))
    texts.append(pending + template[at:])
    types = [kind for _, _, kind in parts]
    if names and len(names) != len(parts):
        raise Decline("has a % format that mixes names and places")
    nodes = _percent_named(scope, argument, names) if names else _percent_arguments(scope, argument, types)
    made: list[Json] = []
    for text, (conversion, spec, _), node in zip(texts, parts, nodes, strict=False):
        made += [_text(text), _part(node, conversion, spec)]
    return _format([*made, _text(texts[-1])])


def _percent_named(scope: Scope, argument: ast.expr, names: list[str]) -> list[Node]:
    """The values of `%(name)s`, in the order of the template."""
    whole = scope.expression(argument)
    if whole.kind != "record" or any(name not in whole.info for name in names):
        raise Decline("has a % format with names of what is no dict with these keys")
    if isinstance(whole.json, dict) and "tuple" in whole.json:
        if any(
            name not in names and not Node(part).is_plain()
            for name, part in zip(whole.info, whole.json["tuple"], strict=True)
        ):
            raise Decline("has a % format that leaves values unused")
        return [tries.unsure(scope, Node(whole.json["tuple"][whole.info.index(name)])) for name in names]
    of = Node(whole.json, "tuple")
    return [item(of, constant(whole.info.index(name))) for name in names]


def _percent_arguments(scope: Scope, argument: ast.expr, types: list[str]) -> list[Node]:
    if isinstance(argument, ast.Tuple):
        if len(argument.elts) != len(types):
            raise Decline("has a % format with a wrong number of values")
        return [scope.expression(e) for e in argument.elts]
    node = scope.expression(argument)
    if len(types) != 1:
        raise Decline("has a % format whose values come as one tuple")
    node = tries.told(node) or node
    if types[0] in "sra" and node.kind not in ("str", "int", "float", "bool", "none", "list"):
        # A tuple would be spread over the format.
        raise Decline("has a % format of one value that may be a tuple")
    return [node]


def _percent_spec(found: re.Match[str]) -> tuple[str | None, str, str]:
    """The conversion and the `format` specification that write the same, and the type."""
    flags, width, precision, kind = found["flags"], found["width"] or "", found["precision"], found["type"]
    refused = Decline(f"uses the % format {found.group()}")
    if "#" in flags or "*" in (width, precision) or width.startswith("0"):
        raise refused
    if kind in "sra":
        if kind == "a" or "0" in flags:
            raise refused
        align = ("<" if "-" in flags else ">") if width else ""
        return kind, align + width + (f".{precision or 0}" if precision is not None else ""), kind
    sign = "+" if "+" in flags else " " if " " in flags else ""
    zero = "0" if "0" in flags and "-" not in flags and width else ""
    align = "<" if "-" in flags and width else ""
    if kind in "diu" and precision is None:
        return None, f"{align}{sign}{zero}{width}d", "d"
    if kind in "xXo" and precision is None:
        return None, f"{align}{sign}{zero}{width}{kind}", kind
    if kind in _FLOATS:
        return None, f"{align}{sign}{zero}{width}.{6 if precision is None else precision or 0}{kind}", kind
    raise refused


def str_format(scope: Scope, template: str, tree: ast.Call) -> Node:
    """`template.format(...)`"""
    positional = [scope.expression(a) for a in tree.args]
    named = {k.arg: scope.expression(k.value) for k in tree.keywords if k.arg is not None}
    used: set[int | str] = set()
    automatic = 0
    parts: list[Json] = []
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        raise Decline("has a format that is malformed") from None
    numbered = {name == "" for _, name, _, _ in fields if name is not None and not name.isidentifier()}
    if len(numbered) > 1:
        raise Decline("has a format that mixes numbered and unnumbered fields")
    for text, name, spec, conversion in fields:
        parts.append(_text(text))
        if name is None:
            continue
        if "{" in (spec or ""):
            raise Decline("has a format whose width or precision depends on the row")
        key: int | str = name
        if name == "":
            key, automatic = automatic, automatic + 1
        elif name.isascii() and name.isdigit():
            key = int(name)
        known = named.get(name) if isinstance(key, str) else positional[key] if key < len(positional) else None
        if known is None:
            raise Decline(f"has a format field {{{name}}} that is not a plain argument")
        if conversion not in (None, "s", "r", "a"):
            raise Decline("has a format that is malformed")
        used.add(key)
        parts.append(_shown(scope, known, conversion, spec or ""))
    if len(used) != len(positional) + len(named):
        raise Decline("has a format that leaves arguments unused")
    return _format(parts)


def arguments(template: str) -> int:
    """How many positional arguments a template asks for."""
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError:
        raise Decline("has a format that is malformed") from None
    if all(not name for name in names):
        return len(names)
    if not all(name.isdigit() for name in names):
        raise Decline("has a format field that is not a plain argument")
    return max((int(name) + 1 for name in names), default=0)
