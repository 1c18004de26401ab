"""`json.dumps`, where it is the one that this interpreter began with, and so is the encoder behind it."""

from __future__ import annotations

import ast
import json
import json.encoder
from typing import Any, NamedTuple

from . import tries
from .capture import MISSING
from .decline import Decline
from .node import Json, Node, call, check_text, constant, item, let, value
from .scope import UNKNOWN, Scope

DUMPS = json.dumps
_encoder: Any = json._default_encoder  # type: ignore[attr-defined]
_ENCODER_METHODS = ("__init__", "encode", "iterencode", "default")
# What `json.dumps` is made of, as it must be for a value to become the text that the engine writes.
_MADE_OF: list[tuple[Any, str, Any]] = [
    (json, "_default_encoder", _encoder),
    (json, "JSONEncoder", json.JSONEncoder),
    *((_encoder, name, MISSING) for name in _ENCODER_METHODS),
    *((json.JSONEncoder, name, json.JSONEncoder.__dict__[name]) for name in _ENCODER_METHODS),
    (json.JSONEncoder, "__getattribute__", MISSING),
    *(
        (json.encoder, name, getattr(json.encoder, name))
        for name in ("c_make_encoder", "encode_basestring", "encode_basestring_ascii")
    ),
]
_ASCII, _SORTED, _PAIRS = 1, 2, 4


class _Style(NamedTuple):
    ascii: bool
    sorted: bool
    item: str
    key: str

    def constant(self, of: Any) -> str:
        """The text of a constant."""
        return json.dumps(of, ensure_ascii=self.ascii, separators=(self.item, self.key))


def dumps(scope: Scope, tree: ast.Call) -> Node:
    """`json.dumps(...)`: the parts of a display are written one after another."""
    found = [(owner, name, owner.__dict__.get(name, MISSING)) for owner, name, _ in _MADE_OF]
    scope.capture.attributes += found
    if any(now[2] is not then[2] for now, then in zip(found, _MADE_OF, strict=True)) or DUMPS is not json.dumps:
        raise Decline("calls json.dumps(), which somebody has changed")
    if len(tree.args) != 1 or isinstance(tree.args[0], ast.Starred):
        raise Decline("calls json.dumps() oddly")
    writing = _Writing(scope, _style(scope, tree.keywords))
    writing.expression(tree.args[0])
    return tries.unsure(scope, writing.made())


def _style(scope: Scope, words: list[ast.keyword]) -> _Style:
    given: dict[str, Any] = {"ensure_ascii": True, "sort_keys": False, "indent": None, "separators": None}
    given |= {"skipkeys": False, "check_circular": True, "allow_nan": True, "cls": None}
    for word in words:
        if word.arg == "default" and (isinstance(word.value, ast.Lambda) or scope.static(word.value) is not UNKNOWN):
            # It is asked for what the engine has no values for.
            continue
        if word.arg not in given:
            raise Decline(f"calls json.dumps() with {word.arg or '**'}")
        parts = word.value.elts if isinstance(word.value, ast.Tuple) else None
        known = scope.static(word.value) if parts is None else tuple(scope.static(part) for part in parts)
        if known is UNKNOWN or (parts and UNKNOWN in known):
            raise Decline(f"calls json.dumps() with {word.arg}= that depends on the row")
        given[word.arg] = known
    separators = given["separators"] or (", ", ": ")
    if not (type(separators) is tuple and [type(part) for part in separators] == [str, str]):
        raise Decline("calls json.dumps() with odd separators")
    plain = all(type(given[name]) is bool for name in ("ensure_ascii", "sort_keys"))
    if not plain or given["indent"] is not None or given["cls"] is not None or given["allow_nan"] is not True:
        raise Decline("calls json.dumps() with indent=, cls= or allow_nan=")
    if given["skipkeys"] is not False or given["check_circular"] is not True:
        raise Decline("calls json.dumps() with skipkeys= or check_circular=")
    for separator in separators:
        constant(separator)
    return _Style(given["ensure_ascii"], given["sort_keys"], *separators)


class _Writing:
    """A text in pieces, and what is bound before it."""

    def __init__(self, scope: Scope, style: _Style) -> None:
        self.scope = scope
        self.style = style
        self.parts: list[Json] = []
        self.lets: list[tuple[int, Node]] = []

    def made(self) -> Node:
        """The whole text."""
        made = Node({"format": self.parts}, "str")
        for slot, bound in reversed(self.lets):
            made = let(slot, bound, made)
        return made

    def text(self, text: str) -> None:
        """Text that stands as it is, behind the last."""
        if self.parts and "text" in self.parts[-1]:
            text = self.parts.pop()["text"] + text
        self.parts.append({"text": text})

    def expression(self, tree: ast.expr) -> None:
        if isinstance(tree, ast.Dict) and tree.keys and (keys := _keys(tree)) is not None:
            self.members(keys, lambda at: self.expression(tree.values[at]))
        elif isinstance(tree, ast.List | ast.Tuple) and not any(isinstance(e, ast.Starred) for e in tree.elts):
            self.text("[")
            for i, part in enumerate(tree.elts):
                self.text(self.style.item if i else "")
                self.expression(part)
            self.text("]")
        elif isinstance(tree, ast.Constant) and type(tree.value) in (str, int, float, bool, type(None)):
            constant(tree.value)
            self.text(self.style.constant(tree.value))
        elif isinstance(tree, ast.Dict) and not tree.keys:
            self.text("{}")
        else:
            self.node(self.scope.expression(tree))

    def node(self, node: Node) -> None:
        if node.kind == "record":
            if not node.is_plain():
                slot, reference = self.scope.bind(node)
                self.lets.append((slot, node))
                node = reference
            whole = Node(node.json, "tuple")
            self.members(node.info, lambda at: self.node(item(whole, constant(at))))
            return
        style = self.style
        if node.kind == "dict":
            self.value(self.call(Node(node.json, "list"), _PAIRS), None)
        elif style.sorted or (style.item, style.key) != (", ", ": "):
            self.value(self.call(node, 0), None)
        else:
            self.value(node, "j" if style.ascii else "J")

    def members(self, keys: list[str], write: Any) -> None:
        order = sorted(range(len(keys)), key=keys.__getitem__) if self.style.sorted else range(len(keys))
        self.text("{")
        for i, at in enumerate(order):
            self.text((self.style.item if i else "") + self.style.constant(keys[at]) + self.style.key)
            write(at)
        self.text("}")

    def call(self, node: Node, options: int) -> Node:
        options |= _ASCII * self.style.ascii | _SORTED * self.style.sorted
        return call("json.dumps", node, constant(options), constant(self.style.item), constant(self.style.key))

    def value(self, node: Node, conversion: str | None) -> None:
        self.parts.append({"value": {"value": value(node), "conversion": conversion, "spec": ""}})


def _keys(tree: ast.Dict) -> list[str] | None:
    """The keys of a display, where they are different texts that stand in the source."""
    keys = [key.value if isinstance(key, ast.Constant) else None for key in tree.keys]
    texts = [check_text(key, "a key") for key in keys if type(key) is str]
    return texts if len(texts) == len(keys) == len(set(texts)) else None
