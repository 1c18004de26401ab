"""Functions of the standard library that work on texts.

They are those of `urllib.parse`, `html`, `os.path`, `csv`, `hashlib`, `base64` and `unicodedata`, and are known by the
module that they are in: it isn't imported for their sake.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

from . import iterables, tries
from .capture import CACHED
from .decline import Decline
from .node import Json, Node, call, constant, item, value
from .scope import UNKNOWN, Scope

Handler = Callable[[Scope, ast.Call], Node]

#: What a generator is that is a reader of csv: nobody else has it.
ROWS = "rows"
_PLACE = os.path.dirname(os.__file__)
_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
#: The parts of a URL that `urlparse` gives; those of `urlsplit` have no params.
_PARTS = ("scheme", "netloc", "path", "params", "query", "fragment")
_SPLIT = tuple(part for part in _PARTS if part != "params")
_OF_NETLOC: dict[str, tuple[str, tuple[bool, ...]]] = {
    "hostname": ("url.host", ()),
    "port": ("url.port", ()),
    "username": ("url.user", (False,)),
    "password": ("url.user", (True,)),
}
#: What is asked of a parsed URL.
URL = frozenset({*_PARTS, *_OF_NETLOC})


def named(function: Any) -> str:
    """The name of a function of the standard library, as `module.name`; an empty one of another."""
    plain = getattr(function, "__wrapped__", None) if type(function) is CACHED else function
    if isinstance(plain, FunctionType):
        file = plain.__code__.co_filename
        if not file.startswith((_PLACE, "<frozen ")):
            return ""
    elif not isinstance(function, BuiltinFunctionType):
        return ""
    module, name = getattr(function, "__module__", None), function.__name__
    if not isinstance(module, str):
        return ""
    if module == "_hashlib":
        module, name = "hashlib", name.removeprefix("openssl_")
    if module == "_csv":
        module = "csv"
    found = getattr(sys.modules.get(module), "__dict__", {}).get(name)
    return f"{module}.{name}" if found is function else ""


def handler(function: Any) -> Handler | None:
    """What translates the call of a function of these."""
    return _HANDLERS.get(named(function)) if function is not UNKNOWN else None


def _given(scope: Scope, tree: ast.Call, names: tuple[str, ...], least: int) -> dict[str, Node]:
    """The arguments by name."""
    if len(tree.args) > len(names) or any(isinstance(a, ast.Starred) for a in tree.args):
        raise Decline(f"calls {ast.unparse(tree.func)}() oddly")
    given = dict(zip(names, (scope.expression(a) for a in tree.args), strict=False))
    for word in tree.keywords:
        if word.arg not in names or word.arg in given:
            raise Decline(f"calls {ast.unparse(tree.func)}() with {word.arg}=")
        given[word.arg] = scope.expression(word.value)
    if any(name not in given for name in names[:least]):
        raise Decline(f"calls {ast.unparse(tree.func)}() oddly")
    return given


def _constant(node: Node, kind: type, what: str) -> Any:
    known = node.constant(UNKNOWN)
    if type(known) is not kind:
        raise Decline(f"calls a function with {what} that depends on the row")
    return known


def _text(name: str, engine: str, kind: str = "str", *more: Any) -> Handler:
    """A function of one text."""

    def made(scope: Scope, tree: ast.Call) -> Node:
        given = _given(scope, tree, (name,), 1)
        return call(engine, given[name], *map(constant, more), kind=kind)

    return made


def _flagged(name: str, flag: str, default: bool, engine: str, kind: str) -> Handler:
    """A function of one text and a flag that is a constant."""

    def made(scope: Scope, tree: ast.Call) -> Node:
        given = _given(scope, tree, (name, flag), 1)
        on = _constant(given[flag], bool, f"{flag}=") if flag in given else default
        return call(engine, given[name], constant(on), kind=kind)

    return made


def _escape(scope: Scope, tree: ast.Call) -> Node:
    """`re.escape(text)`, which translates by a table."""
    text = _given(scope, tree, ("pattern",), 1)["pattern"]
    table = getattr(re, "_special_chars_map", None)
    if not isinstance(table, dict):
        raise Decline("calls re.escape() of an interpreter that has no table for it")
    pairs = constant(tuple((chr(code), put) for code, put in table.items()))
    return tries.unsure(scope, call("str.replace_each", text, pairs, kind="str"))


def _join(scope: Scope, tree: ast.Call) -> Node:
    if tree.keywords or not 1 <= len(tree.args) <= 16 or any(isinstance(a, ast.Starred) for a in tree.args):
        raise Decline("calls os.path.join() oddly")
    return call("path.join", *(scope.expression(a) for a in tree.args), kind="str")


def _url(params: bool) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        of = _given(scope, tree, ("url",), 1)["url"]
        return Node(call("url.split", of, constant(params)).json, "url", None, _PARTS if params else _SPLIT)

    return made


def url_part(of: Node, name: str) -> Node | None:
    """`urlparse(...).netloc` and its like."""
    if of.kind != "url":
        return None
    whole = Node(of.json, "tuple")
    if name in of.info:
        return item(whole, constant(of.info.index(name)))._replace(kind="str")
    if name not in _OF_NETLOC:
        raise Decline(f"reads the attribute .{name} of a URL")
    function, more = _OF_NETLOC[name]
    return call(function, item(whole, constant(of.info.index("netloc"))), *map(constant, more))


def _pairs(engine: str, kind: str) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        given = _given(scope, tree, ("qs", "keep_blank_values"), 1)
        blank = _constant(given["keep_blank_values"], bool, "keep_blank_values=") if len(given) > 1 else False
        return Node(call(engine, given["qs"], constant(blank)).json, kind)

    return made


def _quote(plus: bool) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        given = _given(scope, tree, ("string", "safe"), 1)
        safe = _constant(given["safe"], str, "safe=") if "safe" in given else "" if plus else "/"
        if not safe.isascii() or "%" in safe or " " in safe:
            raise Decline("calls quote() with odd safe characters")
        return call("url.quote", given["string"], constant(safe), constant(plus), kind="str")

    return made


def _hash(name: str) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        data = _given(scope, tree, ("string",), 1)["string"] if not tree.keywords else None
        if data is None:
            raise Decline(f"calls hashlib.{name}() with keywords")
        return Node(value(data), "hash", None, name)

    return made


def hash_method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    """`hashlib.md5(...).hexdigest()`"""
    if of.kind != "hash":
        return None
    if name not in ("hexdigest", "digest") or tree.args or tree.keywords:
        raise Decline(f"calls .{name}() of a hash")
    function = "hash.hex" if name == "hexdigest" else "hash.digest"
    return call(function, constant(of.info), Node(of.json), kind="str" if name == "hexdigest" else "bytes")


def modulo(left: Node, right: Node) -> Node | None:
    """`int(hashlib.md5(...).hexdigest(), 16) % 10`, whose int is past 64 bits."""
    made = left.json.get("call") if isinstance(left.json, dict) else None
    if made is None or made["function"] != "int" or len(made["args"]) != 2 or made["args"][1] != {"int": 16}:
        return None
    hashed = made["args"][0].get("call") if isinstance(made["args"][0], dict) else None
    by = right.constant(0)
    if hashed is None or hashed["function"] != "hash.hex" or type(by) is not int or by < 1:
        return None
    return call("hash.modulo", *map(Node, hashed["args"]), right, kind="int")


def _base64(engine: str) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        return call(engine, _given(scope, tree, ("s",), 1)["s"], kind="bytes")

    return made


def _normalize(scope: Scope, tree: ast.Call) -> Node:
    given = _given(scope, tree, ("form", "unistr"), 2)
    if tree.keywords:
        raise Decline("calls unicodedata.normalize() with keywords")
    _constant(given["form"], str, "a form")
    return call("unicode.normalize", given["form"], given["unistr"], kind="str")


class _Limit:
    """How long a field of `csv` may be now."""

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return {"csv": sys.modules["_csv"].field_size_limit()}


_LIMIT: Any = _Limit()
#: The limit at first, which the engine knows.
_LONGEST = 131_072


def _csv(scope: Scope, tree: ast.Call) -> Node:
    limit = _LIMIT.__dict__["csv"]
    scope.capture.attributes.append((_LIMIT, "csv", limit))
    if limit != _LONGEST:
        raise Decline("calls csv.reader() with a limit of fields of its own")
    words: dict[str, Any] = {"delimiter": ",", "quotechar": '"', "skipinitialspace": False}
    if len(tree.args) != 1 or isinstance(tree.args[0], ast.Starred):
        raise Decline("calls csv.reader() oddly")
    for word in tree.keywords:
        if word.arg not in words:
            raise Decline(f"calls csv.reader() with {word.arg}=")
        words[word.arg] = scope.static(word.value)
    for name in ("delimiter", "quotechar"):
        if type(words[name]) is not str or len(words[name]) != 1 or words[name] in "\n\r \0":
            raise Decline(f"calls csv.reader() with an odd {name}=")
    if type(words["skipinitialspace"]) is not bool or words["delimiter"] == words["quotechar"]:
        raise Decline("calls csv.reader() oddly")
    of = tree.args[0]
    if isinstance(of, ast.Call) and _is_text_file(scope, of):
        lines = scope.expression(of.args[0])
        if lines.kind in ("list", "tuple"):
            raise Decline("calls csv.reader() oddly")
    else:
        lines = iterables.as_list(scope, of)
        if lines.kind not in ("list", "tuple"):
            raise Decline("calls csv.reader() of what may be no list")
    made = call("csv.rows", lines, *(constant(word) for word in words.values()))
    # A row is read when it is asked for.
    return Node(tries.unsure(scope, made).json, "generator", None, ROWS)


def _is_text_file(scope: Scope, tree: ast.Call) -> bool:
    """Whether it is `io.StringIO(text)`."""
    made = scope.static(tree.func)
    return isinstance(made, type) and made.__module__ == "_io" and made.__name__ == "StringIO" and _one(tree)


def _one(tree: ast.Call) -> bool:
    return len(tree.args) == 1 and not tree.keywords and not isinstance(tree.args[0], ast.Starred)


def first_row(scope: Scope, of: Node, default: Node | None) -> Node:
    """`next(csv.reader(...))`"""
    slot, reference = scope.bind(of)
    rows = Node(reference.json, "list")
    first = item(rows, constant(0))._replace(kind="list")
    if default is not None:
        first = Node({"if": {"test": rows.json, "then": first.json, "orelse": value(default)}})
    made: Json = {"let": {"slot": slot, "value": of.json, "body": first.json}}
    return tries.unsure(scope, Node(made, first.kind))


_HANDLERS: dict[str, Handler] = {
    "posixpath.basename": _text("p", "path.base"),
    "posixpath.dirname": _text("p", "path.dir"),
    "posixpath.split": _text("p", "path.split", "tuple"),
    "posixpath.splitext": _text("p", "path.ext", "tuple"),
    "posixpath.join": _join,
    "re.escape": _escape,
    "html.escape": _flagged("s", "quote", True, "html.escape", "str"),
    "html.unescape": _text("s", "html.unescape"),
    "urllib.parse.urlparse": _url(True),
    "urllib.parse.urlsplit": _url(False),
    "urllib.parse.parse_qs": _pairs("url.query", "dict"),
    "urllib.parse.parse_qsl": _pairs("url.pairs", "list"),
    "urllib.parse.unquote": _text("string", "url.unquote", "str", False),
    "urllib.parse.unquote_plus": _text("string", "url.unquote", "str", True),
    "urllib.parse.quote": _quote(False),
    "urllib.parse.quote_plus": _quote(True),
    **{f"hashlib.{name}": _hash(name) for name in _HASHES},
    "base64.b64encode": _base64("base64.encode"),
    "base64.b64decode": _base64("base64.decode"),
    "unicodedata.normalize": _normalize,
    "unicodedata.category": _text("chr", "unicode.category"),
    "unicodedata.combining": _text("chr", "unicode.combining", "int"),
    "csv.reader": _csv,
}
