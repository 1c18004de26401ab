"""Captured lists, tuples and dicts of functions, types and constants that are small: what is in them is known when a
function is compiled, and compared at every freeze.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType
from typing import Any

from . import calls, containers, inlining
from .capture import is_constant
from .codes import fingerprint
from .decline import Decline
from .logic import choose
from .node import Node, call, constant, item, let, raises, value
from .scope import UNKNOWN, Scope

_MOST = 64
_TURNS = 32
_OBJECTS = (FunctionType, BuiltinFunctionType, MethodDescriptorType, type)
_STEP = (ast.Constant, ast.Name)


class Bind(ast.stmt):
    """A statement that gives names what they stand for: a turn of a loop that is written out."""

    def __init__(self, names: dict[str, Node]) -> None:
        super().__init__()
        self.names = names


def _settled(found: Any, depth: int = 3) -> Any:
    """A copy of what is in a container; UNKNOWN where it is large or holds what may change otherwise."""
    if type(found) in (dict, list, tuple) and len(found) <= _MOST and depth:
        if type(found) is not dict:
            items = [_settled(each, depth - 1) for each in found]
            return UNKNOWN if any(each is UNKNOWN for each in items) else type(found)(items)
        if not all(map(is_constant, found)):
            return UNKNOWN
        values = [_settled(each, depth - 1) for each in found.values()]
        return UNKNOWN if any(each is UNKNOWN for each in values) else dict(zip(found, values, strict=True))
    if type(found) in (set, frozenset) and len(found) <= _MOST and all(map(is_constant, found)):
        return frozenset(found)
    return found if is_constant(found) or isinstance(found, _OBJECTS) else UNKNOWN


def _alike(now: Any, then: Any) -> bool:
    """Whether two such copies hold the same: objects themselves, constants with their types."""
    if type(now) is not type(then):
        return False
    if type(now) in (list, tuple):
        return len(now) == len(then) and all(map(_alike, now, then))
    if type(now) is dict:
        same = len(now) == len(then) and all(map(_alike, now, then))
        return same and all(map(_alike, now.values(), then.values()))
    return now is then or (is_constant(now) and bool(fingerprint(now) == fingerprint(then)))


def _found(scope: Scope, tree: ast.expr, settle: Callable[[Any], Any], checked: bool = True) -> Any:
    """What is in the container that an expression names, as it is now, which may then be checked at every freeze."""
    path: list[Any] = []
    while isinstance(tree, ast.Subscript):
        key = scope.static(tree.slice) if isinstance(tree.slice, _STEP) else UNKNOWN
        if key is UNKNOWN or not is_constant(key):
            return UNKNOWN
        path.insert(0, key)
        tree = tree.value
    if not isinstance(tree, ast.Name | ast.Attribute) or (isinstance(tree, ast.Name) and tree.id in scope.names):
        return UNKNOWN
    found = containers.place_of(scope, tree)
    if found is None or found[0].broadcast:
        return UNKNOWN
    place = found[0]

    def now(function: FunctionType) -> Any:
        known = containers.now(place, function)
        for key in path:
            if type(known) not in (dict, list, tuple):
                return UNKNOWN
            try:
                known = known[key]
            except (LookupError, TypeError):
                return UNKNOWN
        return settle(known)

    then = now(scope.capture.root.function)
    if then is UNKNOWN:
        return UNKNOWN
    if checked:
        scope.capture.checks.append(lambda function: _alike(now(function), then))
    return then


def contents(scope: Scope, tree: ast.expr, checked: bool = True) -> Any:
    """What is in a captured container, UNKNOWN for another expression."""
    return _found(scope, tree, lambda found: _settled(found) if type(found) in containers.TYPES else UNKNOWN, checked)


def static_item(scope: Scope, tree: ast.Subscript) -> Any:
    """`container[key]` by a key that is known, where it is a constant, a function or a type."""
    return _found(scope, tree, lambda found: UNKNOWN if type(found) in (dict, list, set) else _settled(found))


def constant_item(scope: Scope, tree: ast.Subscript) -> Node | None:
    """The same as a value, where the container is no column: of values of several types, or nested."""
    if isinstance(tree.slice, ast.Slice) or not isinstance(tree.slice, _STEP):
        return None
    if not isinstance(tree.value, ast.Subscript):
        held = contents(scope, tree.value, False)
        items = held.values() if type(held) is dict else held if type(held) in (list, tuple) else ()
        if len({type(each) for each in items}) < 2:
            return None
    found = static_item(scope, tree)
    return constant(found) if found is not UNKNOWN and is_constant(found) else None


def translation(scope: Scope, tree: ast.expr) -> dict[int, Any] | None:
    """A captured table for `str.translate`."""

    def settle(found: Any) -> Any:
        if type(found) is not dict or len(found) > 4 * _MOST:
            return UNKNOWN
        plain = all(type(k) is int and type(v) in (int, str, type(None)) for k, v in found.items())
        return dict(found) if plain else UNKNOWN

    found = _found(scope, tree, settle)
    return None if found is UNKNOWN else found


def stands_for(found: Any) -> Node | None:
    """A constant, or an object that may be called."""
    if is_constant(found):
        return constant(found)
    if isinstance(found, _OBJECTS):
        return Node({"raises": "an object as a value"}, "object", None, found)
    return None


def _targets(target: ast.expr, found: Any) -> dict[str, Node] | None:
    if isinstance(target, ast.Name):
        node = stands_for(found)
        return None if node is None else {target.id: node}
    if not isinstance(target, ast.Tuple | ast.List) or type(found) not in (tuple, list):
        return None
    if len(target.elts) != len(found):
        return None
    names: dict[str, Node] = {}
    for part, each in zip(target.elts, found, strict=True):
        inner = _targets(part, each)
        if inner is None or inner.keys() & names.keys():
            return None
        names.update(inner)
    return names


def _iterated(scope: Scope, tree: ast.expr) -> list[Any] | None:
    """The items of a captured container that an expression goes through; None for others and lists of constants."""
    if isinstance(tree, ast.Call) and not tree.keywords:
        function = tree.func
        if isinstance(function, ast.Attribute) and not tree.args and function.attr in ("items", "keys", "values"):
            found = contents(scope, function.value) if _is_name(function.value) else UNKNOWN
            return list(getattr(found, function.attr)()) if type(found) is dict else None
        if isinstance(function, ast.Name) and len(tree.args) == 1 and scope.static(function) is enumerate:
            inner = _iterated(scope, tree.args[0])
            return None if inner is None else list(enumerate(inner))
        return None
    found = contents(scope, tree, False) if _is_name(tree) else UNKNOWN
    if type(found) not in (dict, list, tuple) or (type(found) is not dict and all(map(is_constant, found))):
        return None
    return list(contents(scope, tree))


def _is_name(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Name | ast.Attribute | ast.Subscript)


def written_out(scope: Scope, tree: ast.For, statements: list[ast.stmt]) -> list[ast.stmt] | None:
    """The statements of a loop over such a container, one turn after the other; None for other loops."""
    if tree.orelse or any(isinstance(part, ast.Break | ast.Continue) for s in statements for part in ast.walk(s)):
        return None
    items = _iterated(scope, tree.iter)
    if items is None or len(items) > _TURNS:
        return None
    turns = [_targets(tree.target, each) for each in items]
    out: list[ast.stmt] = []
    for names in turns:
        if names is None:
            return None
        out += [Bind(names), *tree.body]
    return out


def comprehension(scope: Scope, made: ast.expr, loop: ast.comprehension) -> Node | None:
    """`[f(x) for f in functions]`, `[f(x) for f, x in zip(functions, values)]`: a list of as many items."""
    if loop.ifs:
        return None
    tree = loop.iter
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and scope.static(tree.func) is zip:
        return _zipped(scope, made, loop.target, tree)
    items = _iterated(scope, tree)
    if items is None or len(items) > _TURNS:
        return None
    parts = []
    for each in items:
        names = _targets(loop.target, each)
        if names is None:
            return None
        parts.append(value(scope.within(names).expression(made)))
    return Node({"list": parts}, "list")


def _zipped(scope: Scope, made: ast.expr, target: ast.expr, tree: ast.Call) -> Node | None:
    if len(tree.args) != 2 or tree.keywords or not isinstance(target, ast.Tuple) or len(target.elts) != 2:
        return None
    sides = [None if isinstance(side, ast.Starred) else _iterated(scope, side) for side in tree.args]
    if (sides[0] is None) == (sides[1] is None):
        return None
    at = 0 if sides[1] is None else 1
    items = sides[at]
    other = scope.expression(tree.args[1 - at])
    if items is None or len(items) > _TURNS or other.kind not in ("list", "tuple", "str"):
        return None
    slot, reference = scope.bind(other)
    parts = []
    for i, each in enumerate(items):
        names = _targets(target.elts[at], each)
        if names is None:
            return None
        names.update(scope.targets(target.elts[1 - at], item(reference, constant(i))))
        parts.append(value(scope.within(names).expression(made)))
    # `zip` ends with the shorter of both: rows of fewer values are left to Python.
    test = Node({"compare": {"first": value(call("len", reference)), "rest": [["ge", constant(len(items)).json]]}})
    whole = {"if": {"test": test.json, "then": {"list": parts}, "orelse": raises("fewer values than functions").json}}
    return let(slot, other, Node(whole, "list"))


def as_tuple(json: Any) -> Any:
    """A display of a list as that of a tuple; anything else as it is."""
    if isinstance(json, dict):
        if "list" in json:
            return {"tuple": json["list"]}
        if "let" in json and (body := as_tuple(json["let"]["body"])) is not json["let"]["body"]:
            return {"let": {**json["let"], "body": body}}
        if "if" in json and "list" in json["if"]["then"] and "raises" in json["if"]["orelse"]:
            return {"if": {**json["if"], "then": as_tuple(json["if"]["then"])}}
    return json


def chosen(scope: Scope, tree: ast.Call) -> Node | None:
    """`functions[key](x)`, `functions.get(key, default)(x)`: whichever function the key chooses."""
    function, given = tree.func, None
    if isinstance(function, ast.Subscript) and not isinstance(function.slice, ast.Slice):
        table, key = function.value, function.slice
    elif isinstance(function, ast.Call) and isinstance(function.func, ast.Attribute) and function.func.attr == "get":
        if not 1 <= len(function.args) <= 2 or function.keywords:
            return None
        table, (key, *default) = function.func.value, function.args
        given = default[0] if default else ast.Constant(None)
    else:
        return None
    found = contents(scope, table, False) if _is_name(table) else UNKNOWN
    if type(found) is not dict or not found or tree.keywords or len(found) > _TURNS:
        return None
    if not all(isinstance(each, _OBJECTS) for each in found.values()):
        return None
    contents(scope, table)
    if len({type(each) for each in found}) > 1:
        raise Decline("looks into a dict of functions whose keys are of several types")
    index = containers.numbered(scope, list(found), scope.expression(key), given is not None)
    slot, reference = scope.bind(index)
    bound = inlining.Bound(scope, "a function of a dict")
    arguments = [bound.reference(scope.expression(a)) for a in tree.args]
    ways = [calls.call_static(scope, each, arguments) for each in found.values()]
    last = _default(scope, given, arguments) if given is not None else ways.pop()
    for at, way in reversed(list(enumerate(ways))):
        test = Node({"compare": {"first": value(reference), "rest": [["eq", constant(at).json]]}}, "bool")
        last = choose(test, way, last)
    return let(slot, index, bound.around(last))


def _default(scope: Scope, tree: ast.expr, arguments: list[Node]) -> Node:
    if isinstance(tree, ast.Lambda):
        return inlining.call_lambda(scope, tree, arguments)
    if isinstance(tree, ast.Constant):
        return raises("a key that a dict of functions has not")
    function = scope.static(tree)
    if function is UNKNOWN:
        raise Decline("calls a function that depends on the row")
    return calls.call_static(scope, function, arguments)
