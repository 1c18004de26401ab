"""What a function returns that adds to accumulators: the summands stand beside it."""

from __future__ import annotations

from collections.abc import Mapping

from .decline import Decline
from .node import Node, value

#: No name of a program: its node says which names are accumulators.
ALL = "<counters>"


def leaf(names: Mapping[str, Node], result: Node) -> Node:
    """What a function returns, where these are its names: with what was added beside it."""
    if ALL not in names:
        return result
    parts = [names[name] for name in names[ALL].info]
    if any(part.kind != "counter" for part in parts):
        raise Decline("gives an accumulator's name to something else")
    return Node({"tuple": [value(result), *(part.json for part in parts)]}, "tuple")
