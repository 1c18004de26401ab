"""What may be asked of a match object: its groups, and where they are.

One that `re.finditer` gives is a tuple of what is wanted of it, which grows with each thing that is asked.
"""

from __future__ import annotations

from typing import Any

from .decline import Decline
from .node import Json, MatchInfo, Node, constant, item, value
from .pattern import anchored, translate_pattern

_PLACES = ("start", "end", "span")


def element(of: Node, slot: int) -> Node:
    """One of the matches that `re.finditer` gives, under a local."""
    return Node({"local": slot}, "found", of.groups)


def match_method(of: Node, name: str, arguments: list[Node], keywords: dict[str, Node]) -> Node:
    """A method of a match object."""
    if name == "groupdict" and not arguments and not keywords:
        return _named(of)
    if keywords or name not in ("group", "groups", *_PLACES):
        raise Decline(f"calls .{name}() of a match object")
    if name == "group":
        return group(of, arguments or [constant(0)])
    if name in _PLACES:
        return _place(of, name, arguments)
    if arguments or of.groups is None:
        raise Decline("calls .groups() of a match object with a default")
    if of.kind == "found":
        return Node({"tuple": [_wanted(of, {"group": i + 1}).json for i in range(of.groups.total)]}, "tuple")
    return Node({"method": {"name": "groups", "of": of.json, "args": []}}, "tuple")


def _named(of: Node) -> Node:
    """`match.groupdict()`: a dict of the groups that have names, in their order."""
    if of.groups is None:
        raise Decline("uses groups of a match that may come from several patterns")
    names = tuple(of.groups.names)
    if not names:
        raise Decline("calls .groupdict() of a match whose groups have no names")
    return Node({"tuple": [value(group(of, [constant(name)])) for name in names]}, "record", None, names)


def group(of: Node, which: list[Node]) -> Node:
    """`match.group(1)`, `match["name"]`: by number; several make a tuple."""
    info = of.groups
    if info is None:
        raise Decline("uses groups of a match that may come from several patterns")
    made = []
    for node in which:
        number = _number(info, node)
        if of.kind == "found":
            made.append(_wanted(of, {"group": number}).json)
            continue
        if number == 0 and not info.whole:
            raise Decline("uses group 0 of a pattern that ends in $")
        made.append({"method": {"name": "group", "of": of.json, "args": [{"int": number}]}})
    return Node(made[0]) if len(made) == 1 else Node({"tuple": made}, "tuple")


def _number(info: MatchInfo, node: Node) -> int:
    number: Any = node.json.get("int", node.json.get("str")) if isinstance(node.json, dict) else None
    number = info.names.get(number) if isinstance(number, str) else number
    if number is None or not 0 <= number <= info.total or node.kind == "bool":
        raise Decline("uses a group that the pattern has not or that depends on the row")
    return int(number)


def _wanted(of: Node, what: Json) -> Node:
    """A part of a match of `finditer`."""
    wanted = None if of.groups is None else of.groups.wanted
    if wanted is None:
        raise Decline("uses a match object as a value")
    if what not in wanted:
        wanted.append(what)
    kind = "str" if what == {"group": 0} else "" if "group" in what else "int"
    return item(Node(of.json, "tuple"), constant(wanted.index(what)))._replace(kind=kind)


def _place(of: Node, name: str, arguments: list[Node]) -> Node:
    info = of.groups
    if info is None or len(arguments) > 1:
        raise Decline(f"calls .{name}() of a match object oddly")
    number = _number(info, arguments[0]) if arguments else 0
    asked: list[Json] = [{what: number} for what in (("start", "end") if name == "span" else (name,))]
    if of.kind == "found":
        made = [_wanted(of, what) for what in asked]
    else:
        found = _first(of, info, asked)
        if name == "span":
            return found
        made = [item(found, constant(0))]
    if name != "span":
        return made[0]._replace(kind="int")
    return Node({"tuple": [part.json for part in made]}, "tuple")


def _first(of: Node, info: MatchInfo, asked: list[Json]) -> Node:
    """What is asked of the first match, which is found again."""
    call = of.json.get("regex") if isinstance(of.json, dict) else None
    if call is None:
        raise Decline("asks where a match is that may come from several patterns")
    pattern, _ = translate_pattern(*info.pattern, "finditer", scans=False)
    if call["function"] != "search":
        pattern = anchored(pattern, call["function"])
    arguments = [call["args"][0], constant(1).json]
    found = {"regex": {"function": "finditer", "pattern": pattern, "replacement": asked, "args": arguments}}
    # Of no match it would raise something else.
    return Node({"unsure": item(Node(found, "list"), constant(0)).json}, "tuple")
