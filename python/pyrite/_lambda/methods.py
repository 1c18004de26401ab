"""Methods of str, bytes and list values: which are pure, and where their keyword arguments go."""

from __future__ import annotations

from .decline import Decline
from .functions import METHODS
from .node import NONE, Node, constant, method

_FILLERS = {"sep": NONE, "encoding": constant("utf-8"), "maxsplit": constant(-1)}
_CHANGING = {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "add", "update", "discard"}
_CHANGING |= {"setdefault", "popitem", "appendleft", "popleft", "write"}


def call_method(name: str, of: Node, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    """A method call on a value of a row."""
    known = METHODS.get(name)
    if known is None:
        raise Decline(f"calls .{name}()" + (", which changes its object" if name in _CHANGING else ""))
    places = known.keywords
    given = list(arguments)
    for word in sorted(keywords, key=lambda w: places.index(w) if w in places else 0):
        if not word or word not in places or places.index(word) < len(given):
            raise Decline(f"calls .{name}() with {word}=")
        if word == "count":
            # Only the newest interpreters take it by name.
            raise Decline(f"calls .{name}() with {word}=")
        while len(given) < places.index(word):
            given.append(_FILLERS[places[len(given)]])
        given.append(keywords[word])
    if not known.least <= len(given) <= known.most:
        raise Decline(f"calls .{name}() with {len(given)} arguments")
    return method(name, of, *given, kind=known.kind or (of.kind if of.kind in ("str", "bytes") else ""))
