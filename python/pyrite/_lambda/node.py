"""Nodes of the tree that goes to the engine: the JSON of `src/lambda/expr.rs` with what is known of its value."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from . import moments
from .decline import Decline

Json = Any

_LIMIT = 2**63
_PLAIN = ("param", "local", "bool", "int", "float", "str", "state", "time")
# What the engine has no values for, and what a Decline says of it.
NO_VALUES = {
    "match": "uses a match object as a value",
    "found": "uses a match object as a value",
    "matches": "uses an iterator of matches as a value",
    "row": "uses the row as a value",
    "state": "uses the State as a value",
    "time": "uses the time of the batch",
    "generator": "makes a generator",
    "exception": "uses an exception as a value",
    "url": "uses a parsed URL as a value",
    "hash": "uses a hash object as a value",
    "utc": "makes a datetime with a zone",
    "object": "uses an imported object as a value",
    "function": "makes a function",
    "container": "uses a captured container as a value",
    "counter": "uses an accumulator as a value",
}
#: Of those, what may be bound to a name, chosen by an `if` and carried by a loop: the engine has it as another value.
# Dicts and sets are values, too, but within a function they are lists.
KEPT = frozenset({"counter", "set", "dict", "record"})
#: What is known of a set that is a frozenset, which no column holds.
FROZEN = "frozen"
# serde_json reads 128 levels; a tree needs up to three for a node.
DEPTH = 120
#: A record that holds more is the interpreter's.
MOST_NAMES = 256
SIZE = 20_000


class Node(NamedTuple):
    """An expression; `kind` is its type where the source alone tells it, else an empty string."""

    json: Json
    kind: str = ""
    # For a match object: group names and numbers, and whether group 0 ends where Python's does.
    groups: MatchInfo | None = None
    # For a dict: its keys where it is a record; what a missing key gives where it is a Counter or a defaultdict.
    info: Any = None

    def constant(self, unknown: Any) -> Any:
        """The value of a scalar constant, else `unknown`."""
        if isinstance(self.json, dict):
            ((tag, of),) = self.json.items()
            if tag in ("bool", "int", "str"):
                return of
        return unknown

    def is_plain(self) -> bool:
        """Whether it costs nothing to evaluate and can't fail, so that it may stand wherever it is used."""
        return self.json == "none" or next(iter(self.json)) in _PLAIN


class MatchInfo(NamedTuple):
    """What `.group()` needs of the pattern that matched."""

    names: dict[str, int]
    total: int
    whole: bool
    # Whether a match bound to a name is one, evaluated where it was bound.
    matched: Json = None
    # The pattern's text and flags.
    pattern: tuple[str, int] = ("", 0)
    # Of a match of `finditer`: what is wanted of each, in this order.
    wanted: list[Json] | None = None


NONE = Node("none", "none")


def constant(value: Any, what: str = "a constant") -> Node:
    """A Python constant as a node."""
    kind = type(value)
    if value is None:
        return NONE
    if kind is bool:
        return Node({"bool": value}, "bool")
    if kind is int:
        if not -_LIMIT <= value < _LIMIT:
            raise Decline(f"{what} is an int past 64 bits")
        return Node({"int": value}, "int")
    if kind is float:
        return Node({"float": struct.unpack("<Q", struct.pack("<d", value))[0]}, "float")
    if kind is str:
        return Node({"str": check_text(value, what)}, "str")
    if kind is bytes:
        return Node({"bytes": list(value)}, "bytes")
    if kind is tuple:
        return Node({"tuple": [constant(v, what).json for v in value]}, "tuple")
    moment = moments.number(value)
    if moment is not None:
        name, number = moment
        return call("date.constant", constant(name), constant(number), kind=name)
    raise Decline(f"{what} is {article(kind.__name__)}")


def check_text(text: str, what: str) -> str:
    """Refuses lone surrogates: the engine's strings are UTF-8."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise Decline(f"{what} has a lone surrogate")
    return text


def article(word: str) -> str:
    """`a list`, `an int`."""
    return f"an {word}" if word[:1].lower() in "aeiou" else f"a {word}"


def call(function: str, *args: Node, kind: str = "") -> Node:
    """A call by canonical name."""
    return Node({"call": {"function": function, "args": [value(a) for a in args]}}, kind)


def method(name: str, of: Node, *args: Node, kind: str = "") -> Node:
    """A method call."""
    return Node({"method": {"name": name, "of": value(of), "args": [value(a) for a in args]}}, kind)


def binary(op: str, left: Node, right: Node, kind: str = "") -> Node:
    """An arithmetic or bit operator."""
    return Node({"binary": {"op": op, "left": value(left), "right": value(right)}}, kind)


def item(of: Node, index: Node) -> Node:
    """`of[index]`"""
    return Node({"item": {"of": value(of), "index": value(index)}})


def local(slot: int, bound: Node) -> Node:
    """A reference to a local that is bound to `bound`."""
    return bound._replace(json={"local": slot})


def let(slot: int, bound: Node, body: Node) -> Node:
    """`bound` is evaluated once and seen in `body`."""
    return body._replace(json={"let": {"slot": slot, "value": bound.json, "body": body.json}})


def value(node: Node) -> Json:
    """The node's JSON where a value is needed: the engine knows a match object only by its truth and its groups."""
    if node.kind in NO_VALUES:
        raise Decline(NO_VALUES[node.kind])
    if node.kind == "record":
        return record("d0", node.info, node.json).json
    return whole(node) if node.kind in ("set", "dict") else node.json


def whole(node: Node) -> Json:
    """A dict or a set, which within a function is a list, as the value that it is."""
    if node.info == FROZEN:
        raise Decline("makes a frozenset")
    if node.kind == "set":
        return _called("set.make", node.json, {"bool": node.info is None})
    return _called("dict.make", node.json, {"int": 0 if node.info is None else node.info.number()})


def kind_of_value(kind: str) -> str:
    """The kind of what `value` gives: of a dict or a set nothing is known any more."""
    return "" if kind in ("set", "dict", "record") else kind


def _called(function: str, *args: Json) -> Json:
    return {"call": {"function": function, "args": list(args)}}


def record(mark: str, names: tuple[str, ...], values: Json) -> Node:
    """A record, by the mark of its class and its names, of a tuple of values."""
    if len(names) > MOST_NAMES:
        raise Decline("makes a record of many values")
    parts = [constant(part).json for part in (mark, *names)]
    return Node({"call": {"function": "record.of", "args": [values, {"tuple": parts}]}})


def truth(node: Node) -> Json:
    """The node's JSON where only its truth is needed."""
    if node.groups is not None and node.groups.matched is not None:
        return node.groups.matched
    if node.kind in ("set", "dict"):
        return node.json
    return operand(node)


def kept(node: Node) -> Json:
    """The node's JSON where its value is only kept, under a name or for what follows."""
    return node.json if node.kind in KEPT else value(node)


def operand(node: Node) -> Json:
    """The node's JSON where its value goes on to be asked for its truth, or to be a value: a match may, too."""
    return node.json if node.kind == "match" else value(node)


def is_constant_list(json: Json) -> bool:
    """Whether it is a display of scalar constants."""
    scalars = ("bool", "int", "float", "str")
    return "list" in json and all(part == "none" or next(iter(part)) in scalars for part in json["list"])


def choice(test: Node, then: Node, orelse: Node) -> Node:
    """`then if test else orelse`, of values."""
    return Node({"if": {"test": truth(test), "then": value(then), "orelse": value(orelse)}})


def raises(why: str) -> Node:
    """What has no value: evaluated for a row, the function raises."""
    return Node({"raises": why})


def check_size(json: Json) -> None:
    """Declines what the engine's reader would refuse or what would take long to compile."""
    pending, count = [(json, 1)], 0
    while pending:
        part, depth = pending.pop()
        count += 1
        if depth > DEPTH:
            raise Decline("is nested too deeply")
        if isinstance(part, dict):
            pending += [(v, depth + 1) for v in part.values()]
        elif isinstance(part, list):
            pending += [(v, depth + 1) for v in part]
    if count > SIZE:
        raise Decline("is too large")
