"""`json.loads`, where it is the one that this interpreter began with, and so is the decoder behind it."""

from __future__ import annotations

import ast
import json
from typing import Any

from .capture import MISSING, Capture
from .decline import Decline
from .node import Node, call, constant
from .scope import Scope

LOADS = json.loads
_decoder: Any = json._default_decoder  # type: ignore[attr-defined]
# What `json.loads` is made of, as it must be for a text to mean what the engine says: owner, name and object. What is
# missing is found in the class.
_MADE_OF: list[tuple[Any, str, Any]] = [
    (json, "_default_decoder", _decoder),
    (_decoder, "scan_once", _decoder.scan_once),
    (_decoder, "decode", MISSING),
    (_decoder, "raw_decode", MISSING),
    (json.JSONDecoder, "decode", json.JSONDecoder.__dict__["decode"]),
    (json.JSONDecoder, "raw_decode", json.JSONDecoder.__dict__["raw_decode"]),
    (json.JSONDecoder, "__getattribute__", MISSING),
]
_IS_C = type(_decoder.scan_once).__module__ == "_json"


def loads(capture: Capture, text: Node) -> Node:
    """`json.loads(text)`"""
    if not _IS_C:
        raise Decline("calls json.loads() of an interpreter without _json")
    found = [(owner, name, owner.__dict__.get(name, MISSING)) for owner, name, _ in _MADE_OF]
    # What becomes of the function is so for as long as they are the same objects.
    capture.attributes += found
    if any(now[2] is not then[2] for now, then in zip(found, _MADE_OF, strict=True)):
        raise Decline("calls json.loads(), which somebody has changed")
    return call("json.loads", text)


def empty(scope: Scope, tree: ast.expr) -> Node | None:
    """`{}` or `[]` beside what was loaded, as a value of the same kind."""
    text = "{}" if isinstance(tree, ast.Dict) and not tree.keys else None
    if isinstance(tree, ast.List) and not tree.elts:
        text = "[]"
    return None if text is None else loads(scope.capture, constant(text))
