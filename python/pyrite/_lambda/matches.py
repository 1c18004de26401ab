"""What may be asked of a match object: its groups."""

from __future__ import annotations

from typing import Any

from .decline import Decline
from .node import Node, constant


def match_method(of: Node, name: str, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    """A method of a match object."""
    if keywords or name not in ("group", "groups"):
        raise Decline(f"calls .{name}() of a match object")
    if name == "group":
        return group(of, arguments or [constant(0)])
    if arguments or of.groups is None:
        raise Decline("calls .groups() of a match object with a default")
    return Node({"method": {"name": "groups", "of": of.json, "args": []}}, "tuple")


def group(of: Node, which: list[Node]) -> Node:
    """`match.group(1)`, `match["name"]`: by number; several make a tuple."""
    info = of.groups
    if info is None:
        raise Decline("uses groups of a match that may come from several patterns")
    made = []
    for node in which:
        number: Any = node.json.get("int", node.json.get("str")) if isinstance(node.json, dict) else None
        number = info.names.get(number) if isinstance(number, str) else number
        if number is None or not 0 <= number <= info.total or node.kind == "bool":
            raise Decline("uses a group that the pattern has not or that depends on the row")
        if number == 0 and not info.whole:
            raise Decline("uses group 0 of a pattern that ends in $")
        made.append({"method": {"name": "group", "of": of.json, "args": [{"int": number}]}})
    return Node(made[0]) if len(made) == 1 else Node({"tuple": made}, "tuple")
