"""Functions of a partition's iterator, and perhaps of the partition's index before it.

The iterator stands for the list of all rows, which is gone through once. Where the function does the same with each
row, it is told row by row; the engine then needs no more of them than anybody asks for.
"""

from __future__ import annotations

import ast
import itertools
import json as texts
from types import FunctionType
from typing import Any, NamedTuple

from . import blocks, generators, iterables, once, scans, tries
from .capture import Capture
from .codes import constant_body, is_generator
from .decline import Decline
from .locate import locate
from .node import Json, Node, constant, item, let, raises, value
from .rewriting import rewritten
from .scope import Scope, Slots, required
from .translate import begin

_ROWS: Json = {"param": 0}
_INDEX: Json = {"param": 1}
_FIRST: Json = {"compare": {"first": _INDEX, "rest": [["eq", {"int": 0}]]}}


class OfIterator(NamedTuple):
    """How the engine calls such a function: with the index, too, or without."""

    indexed: bool


class _Skip(NamedTuple):
    """Rows that are taken from the iterator at first and dropped."""

    rows: int
    #: Whether only in the first partition.
    first: bool = False
    #: Whether it raises where there are fewer.
    required: bool = False


class _RowWise(NamedTuple):
    """What is done with each row: the pieces, one after the other."""

    pieces: list[dict[str, Json]]
    skip: _Skip | None = None
    most: int | None = None


def translate_partition(function: FunctionType, indexed: bool, capture: Capture) -> tuple[Node, int]:
    """The tree of such a function, and its number of parameters."""
    snapshot = capture.snapshot(function)
    code = snapshot.code
    if required(snapshot) != 1 + indexed:
        raise Decline(f"takes {required(snapshot)} arguments")
    constants = constant_body(code)
    if constants:
        return _written(None, Node(constant(constants[0], "its constant result").json), False), 1 + indexed
    names = code.co_varnames[: 1 + indexed]
    given = {names[-1]: Node(_ROWS, "generator")}
    if indexed:
        given[names[0]] = Node(_INDEX, "int")
    scope: Scope = begin(snapshot, given, capture, Slots(), ())
    tree = scope.tree = rewritten(locate(snapshot.function))
    skip, needed = None, False
    parts: list[ast.stmt]
    if isinstance(tree, ast.Lambda):
        once.check(tree, names[-1])
        made, parts = scope.expression(tree.body), [ast.Return(tree.body)]
    else:
        scope, skip, needed, parts = _behind_header(scope, tree.body, names)
        once.check(tree, names[-1], parts)
        if scans.puts_out(parts, names[-1]) and is_generator(code):
            return _generator(scope, parts, names[-1], skip, needed), 1 + indexed
        made = generators.body(scope, parts, True) if is_generator(code) else blocks.body(scope, parts)
    lazy = is_generator(code) or made.kind == "generator"
    return _made(scope, parts, names[-1], made, lazy, skip, needed), 1 + indexed


def _made(scope: Scope, parts: list[Any], name: str, made: Node, lazy: bool, skip: _Skip | None, needed: bool) -> Node:
    """What is written of a function that gives this."""
    json = iterables.iterated(made)
    if needed:
        json = {"if": {"test": _ROWS, "then": json, "orelse": raises("next() of nothing").json}}
    return _written(skip, Node(json), lazy, not lazy or not _makes_at_once(scope, parts, name))


def _generator(scope: Scope, parts: list[ast.stmt], name: str, skip: _Skip | None, needed: bool) -> Node:
    """A generator whose turns yield: row by row if they can be, else with what turns hand on."""
    try:
        made = _made(scope, parts, name, generators.body(scope, parts, True), True, skip, needed)
        if needed or "rows" in made.json["partition"]["how"] or not _has_loop(made.json):
            return made
    except Decline as declined:
        reason = declined
    else:
        reason = Decline("changes a list in a loop over all rows")
    if needed:
        raise reason
    try:
        how = {"scan": scans.scan(scope, parts, name)}
    except Decline:
        raise reason from None
    return Node({"partition": {"skip": skip and skip._asdict(), "most": None, "lazy": True, "how": how}})


def _has_loop(json: Json) -> bool:
    if isinstance(json, dict):
        return "loop" in json or any(map(_has_loop, json.values()))
    return isinstance(json, list) and any(map(_has_loop, json))


def _written(skip: _Skip | None, made: Node, lazy: bool, may_be_row_wise: bool = True) -> Node:
    how = _row_wise(made.json, lazy) if may_be_row_wise else None
    if how is not None and how.skip is not None and skip is not None:
        how = None
    parts: dict[str, Json] = {"skip": None, "most": None, "lazy": lazy}
    if how is None:
        parts["how"] = {"whole": made.json}
    else:
        skip = skip or how.skip
        parts |= {"most": how.most, "how": {"rows": how.pieces}}
    if skip is not None:
        parts["skip"] = skip._asdict()
    return Node({"partition": parts})


def _makes_at_once(scope: Scope, trees: list[Any], name: str) -> bool:
    """Whether something is made of all rows at once, here or in the function that is called with the iterator."""
    tree = trees[0].value if len(trees) == 1 and isinstance(trees[0], ast.Return) else trees[0] if trees else None
    if isinstance(tree, ast.Call) and len(trees) == 1:
        called = scope.static(tree.func)
        places = [at for at, given in enumerate(tree.args) if isinstance(given, ast.Name) and given.id == name]
        if type(called) is FunctionType and len(places) == 1 and not isinstance(tree.args[0], ast.Starred):
            inner = rewritten(locate(called))
            body = [ast.Return(inner.body)] if isinstance(inner, ast.Lambda) else inner.body
            snapshot = scope.capture.snapshot(called)
            within = begin(snapshot, {}, scope.capture, Slots(), ())
            return _makes_at_once(within, list(body), called.__code__.co_varnames[places[0]])
    return once.makes_at_once(scope, trees, name)


# -- rows that are dropped at first


def _behind_header(
    scope: Scope, statements: list[ast.stmt], names: tuple[str, ...]
) -> tuple[Scope, _Skip | None, bool, list[ast.stmt]]:
    """The statements without one that takes a row or some at first.

    What is dropped, or the row under its name in the scope; and whether there must be a row.
    """
    name = names[-1]
    for at, tree in enumerate(statements):
        if not once.mentions(tree, name):
            continue
        if _is_told_before(tree, statements[:at]):
            break
        rest = statements[:at] + statements[at + 1 :]
        skip = _skipped(scope, tree, name)
        if skip is not None:
            return scope, skip, False, rest
        header = _header(scope, tree, name)
        if header is not None:
            must_be = isinstance(tree, ast.Assign) and isinstance(tree.value, ast.Call) and len(tree.value.args) == 1
            return scope.within(header), None, must_be, rest
        if isinstance(tree, ast.If) and len(tree.body) == 1 and not tree.orelse and len(names) == 2:
            skip = _skipped(scope, tree.body[0], name) if _is_first(tree.test, names[0]) else None
            if skip is not None:
                return scope, skip._replace(first=True), False, rest
        break
    return scope, None, False, statements


def _is_told_before(tree: ast.stmt, before: list[ast.stmt]) -> bool:
    """Whether it can't stand in front of these: they bind what it reads, or mention what it binds."""
    stored = tries.stored(before)
    if any(once.mentions(tree, name) for name in stored):
        return True
    return any(once.mentions(part, name) for name in tries.stored([tree]) for part in before)


def _header(scope: Scope, tree: ast.stmt, name: str) -> dict[str, Node] | None:
    """`header = next(name)`: what the names then are."""
    if not isinstance(tree, ast.Assign) or len(tree.targets) != 1 or not isinstance(tree.targets[0], ast.Name):
        return None
    call = tree.value
    if not isinstance(call, ast.Call) or call.keywords or not 1 <= len(call.args) <= 2:
        return None
    of, *default = call.args
    if not isinstance(of, ast.Name) or of.id != name or scope.static(call.func) is not next:
        return None
    found = item(Node(_ROWS), constant(0))
    if default:
        given = scope.expression(default[0])
        found = Node({"if": {"test": _ROWS, "then": found.json, "orelse": value(given)}})
    left = {"slice": {"of": _ROWS, "start": {"int": 1}, "stop": None, "step": None}}
    # What is bound to the name is evaluated wherever it stands: it costs nothing.
    return {tree.targets[0].id: found, name: Node(left, "generator")}


def _is_first(test: ast.expr, index: str) -> bool:
    """`index == 0`"""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Name) and test.operand.id == index
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    named = [side for side in sides if isinstance(side, ast.Name) and side.id == index]
    zeros = [side for side in sides if isinstance(side, ast.Constant) and side.value == 0 and type(side.value) is int]
    return len(named) == len(zeros) == 1


def _skipped(scope: Scope, tree: ast.stmt, name: str) -> _Skip | None:
    """`next(name)`, `name = islice(name, 1, None)`"""
    call = tree.value if isinstance(tree, ast.Expr | ast.Assign) else None
    if not isinstance(call, ast.Call) or call.keywords or not call.args:
        return None
    of, *others = call.args
    if not isinstance(of, ast.Name) or of.id != name or not all(isinstance(other, ast.Constant) for other in others):
        return None
    called = scope.static(call.func)
    if isinstance(tree, ast.Expr):
        return _Skip(1, required=not others) if called is next and len(others) < 2 else None
    if called is not itertools.islice or len(others) != 2 or not isinstance(tree, ast.Assign):
        return None
    start, stop = (other.value for other in others if isinstance(other, ast.Constant))
    target = tree.targets[0]
    if len(tree.targets) != 1 or not isinstance(target, ast.Name) or target.id != name:
        return None
    return _Skip(start) if type(start) is int and start >= 0 and stop is None else None


# -- what is done with each row


def _row_wise(json: Json, lazy: bool) -> _RowWise | None:
    """The same as pieces of which each has one row after the other, if it is that."""
    if isinstance(json, dict) and "unsure" in json:
        return _row_wise(json["unsure"], lazy)
    if isinstance(json, dict) and "let" in json:
        bound = json["let"]
        gathered = _gathered(bound)
        if gathered is not None:
            return _row_wise(gathered, lazy)
        how = _row_wise(bound["body"], lazy) if _is_constant(bound["value"]) else None
        if how is None:
            return None
        around = [
            {kind: let(bound["slot"], Node(bound["value"]), Node(of)).json for kind, of in piece.items()}
            for piece in how.pieces
        ]
        return how._replace(pieces=around)
    if isinstance(json, dict) and "call" in json:
        called = json["call"]
        if called["function"] == "list" and len(called["args"]) == 1 and not lazy:
            return _row_wise(called["args"][0], lazy)
        if called["function"] != "iter.flatten" or len(called["args"]) != 1:
            return None
        how = _row_wise(called["args"][0], lazy)
        if how is None:
            return None
        *before, last = how.pieces or [{"map": _ROWS}]
        return how._replace(
            pieces=[*before, {"flat": last["map"]}] if "map" in last else [*before, last, {"flat": _ROWS}]
        )
    if isinstance(json, dict) and "comprehension" in json:
        made = json["comprehension"]
        how = _row_wise(made["source"], lazy)
        inner = [*made["conditions"], made["item"]]
        if how is None or any(_reads_rows(part) for part in inner):
            return None
        *conditions, item = (_of_row(part, made["slot"]) for part in inner)
        pieces = [*how.pieces, *({"filter": condition} for condition in conditions)]
        return how._replace(pieces=pieces if item == _ROWS else [*pieces, {"map": item}])
    return _source(json, lazy)


def _gathered(bound: Json) -> Json | None:
    """What is put into an empty list that the function then returns, or what is bound and returned."""
    body = bound["body"]
    if body == {"local": bound["slot"]}:
        return bound["value"]
    if bound["value"] != {"list": []} or not isinstance(body, dict) or "let" not in body:
        return None
    longer = body["let"]
    called = longer["value"].get("call") if isinstance(longer["value"], dict) else None
    if longer["body"] != {"local": longer["slot"]} or called is None or called["function"] != "list.extend":
        return None
    put, items = called["args"]
    mentioned = texts.dumps({"local": bound["slot"]}) in texts.dumps(items)
    return None if put != {"local": bound["slot"]} or mentioned else items


def _source(json: Json, lazy: bool) -> _RowWise | None:
    """The iterator itself, or what `islice` leaves of it."""
    if json == _ROWS:
        return _RowWise([])
    if isinstance(json, dict) and "slice" in json and json["slice"]["of"] == _ROWS and json["slice"]["step"] is None:
        ends = [json["slice"][end] for end in ("start", "stop")]
        start, stop = (None if end in (None, "none") else end.get("int", -1) for end in ends)
        start = 0 if start is None else start
        if start < 0 or (stop is not None and (stop < 0 or not lazy)):
            return None
        return _RowWise([], _Skip(start) if start else None, None if stop is None else max(stop - start, 0))
    if isinstance(json, dict) and "if" in json and json["if"]["test"] == _FIRST and json["if"]["orelse"] == _ROWS:
        then = _source(json["if"]["then"], lazy)
        if then is not None and then.skip is not None and then.most is None:
            return then._replace(skip=then.skip._replace(first=True))
    return None


def _is_constant(json: Json) -> bool:
    """Whether it can't raise, whatever it is."""
    if json == "none":
        return True
    if not isinstance(json, dict):
        return False
    ((tag, of),) = json.items()
    return tag in ("bool", "int", "float", "str", "bytes") or (tag in ("tuple", "list") and all(map(_is_constant, of)))


def _reads_rows(json: Json) -> bool:
    if isinstance(json, dict):
        return json == _ROWS or any(_reads_rows(part) for part in json.values())
    return isinstance(json, list) and any(_reads_rows(part) for part in json)


def _of_row(json: Json, slot: int) -> Json:
    """What is said of a local, said of the row."""
    if isinstance(json, dict):
        return _ROWS if json == {"local": slot} else {tag: _of_row(part, slot) for tag, part in json.items()}
    return [_of_row(part, slot) for part in json] if isinstance(json, list) else json
