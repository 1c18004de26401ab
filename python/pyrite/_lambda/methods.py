"""Methods of str, bytes and list values: which are pure, and where their keyword arguments go."""

from __future__ import annotations

from .decline import Decline
from .node import NONE, Node, constant, method

# Parameters by name (for keywords), and the kind of the result where every receiver gives the same.
_METHODS: dict[str, tuple[tuple[str, ...], str]] = {
    "capitalize": ((), ""),
    "casefold": ((), "str"),
    "center": (("", ""), ""),
    "count": (("", "", ""), "int"),
    "encode": (("encoding", "errors"), "bytes"),
    "decode": (("encoding", "errors"), "str"),
    "endswith": (("", "", ""), "bool"),
    "expandtabs": (("tabsize",), ""),
    "find": (("", "", ""), "int"),
    "index": (("", "", ""), "int"),
    "isalnum": ((), "bool"),
    "isalpha": ((), "bool"),
    "isascii": ((), "bool"),
    "isdecimal": ((), "bool"),
    "isdigit": ((), "bool"),
    "isidentifier": ((), "bool"),
    "islower": ((), "bool"),
    "isnumeric": ((), "bool"),
    "isprintable": ((), "bool"),
    "isspace": ((), "bool"),
    "istitle": ((), "bool"),
    "isupper": ((), "bool"),
    "join": (("",), ""),
    "ljust": (("", ""), ""),
    "lower": ((), ""),
    "lstrip": (("",), ""),
    "partition": (("",), "tuple"),
    "removeprefix": (("",), ""),
    "removesuffix": (("",), ""),
    "replace": (("", "", "count"), ""),
    "rfind": (("", "", ""), "int"),
    "rindex": (("", "", ""), "int"),
    "rjust": (("", ""), ""),
    "rpartition": (("",), "tuple"),
    "rsplit": (("sep", "maxsplit"), "list"),
    "rstrip": (("",), ""),
    "split": (("sep", "maxsplit"), "list"),
    "splitlines": (("keepends",), "list"),
    "startswith": (("", "", ""), "bool"),
    "strip": (("",), ""),
    "swapcase": ((), ""),
    "title": ((), ""),
    "upper": ((), ""),
    "zfill": (("",), ""),
}
_REQUIRED = {
    "center",
    "count",
    "endswith",
    "find",
    "index",
    "join",
    "ljust",
    "partition",
    "removeprefix",
    "removesuffix",
}
_REQUIRED |= {"rfind", "rindex", "rjust", "rpartition", "startswith", "zfill"}
_FILLERS = {"sep": NONE, "encoding": constant("utf-8"), "maxsplit": constant(-1)}
_CHANGING = {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "add", "update", "discard"}
_CHANGING |= {"setdefault", "popitem", "appendleft", "popleft", "write"}


def call_method(name: str, of: Node, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    """A method call on a value of a row."""
    known = _METHODS.get(name)
    if known is None:
        raise Decline(f"calls .{name}()" + (", which changes its object" if name in _CHANGING else ""))
    places, kind = known
    given = list(arguments)
    for word in sorted(keywords, key=lambda w: places.index(w) if w in places else 0):
        if word not in places or places.index(word) < len(given):
            raise Decline(f"calls .{name}() with {word}=")
        if word == "count":
            # Only the newest interpreters take it by name.
            raise Decline(f"calls .{name}() with {word}=")
        while len(given) < places.index(word):
            given.append(_FILLERS[places[len(given)]])
        given.append(keywords[word])
    least = 2 if name == "replace" else 1 if name in _REQUIRED else 0
    if not least <= len(given) <= len(places):
        raise Decline(f"calls .{name}() with {len(given)} arguments")
    return method(name, of, *given, kind=kind or (of.kind if of.kind in ("str", "bytes") else ""))
