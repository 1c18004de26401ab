"""Sets and dicts within a function: the engine has them as lists of elements or of pairs, in the order of insertion.

A set is asked for nothing that depends on its order. A dict whose keys are texts that stand in the source is a record:
a tuple of its values.
"""

from __future__ import annotations

import ast
import collections
from collections.abc import Callable
from typing import Any

from . import containers, dates, iterables, records, tries
from .capture import Contents
from .decline import Decline
from .node import FROZEN, KEPT, MOST_NAMES, NONE, Json, Node, call, constant, item, value
from .scope import UNKNOWN, Scope

_EMPTY = Node({"list": []}, "list")
_SETS = {"union": "or", "intersection": "and", "difference": "sub", "symmetric_difference": "xor"}


#: What is known of a set that isn't what its elements make when they are added one by one.
LOOSE = "loose"


class Missing:
    """What a Counter or a defaultdict gives for a key that it has not, and whether it keeps that."""

    def __init__(self, given: Json, keeps: bool) -> None:
        self.given = given
        self.keeps = keeps

    def number(self) -> int:
        """The class of dict that gives it, as the engine numbers them."""
        if not self.keeps:
            return 1
        for i, given in enumerate((constant(0).json, constant(0.0).json, constant("").json, {"list": []})):
            if self.given == given:
                return 2 + i
        raise Decline("makes a defaultdict of another function")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Missing) and (self.given, self.keeps) == (other.given, other.keeps)

    __hash__ = None  # type: ignore[assignment]


def pairs(json: Json, missing: Missing | None = None) -> Node:
    """A dict of these pairs."""
    return Node(json, "dict", None, missing)


_EMPTY_DICT = pairs({"list": []})


def loose(node: Node) -> Node:
    """A record as a dict of pairs; everything else as it is."""
    if node.kind != "record":
        return node
    whole = Node(node.json, "tuple")
    return pairs(
        {"list": [{"tuple": [constant(k).json, value(item(whole, constant(i)))]} for i, k in enumerate(node.info)]}
    )


def alike(nodes: list[Node]) -> list[Node]:
    """Values of one kind that an `if` chooses from; declines where they are of several."""
    if any(node.kind == "record" for node in nodes) and any(node.kind not in KEPT for node in nodes):
        # A dict or None, say: a value either way.
        return [Node(value(node)) for node in nodes]
    if len({(node.kind, repr(node.info)) for node in nodes}) > 1 or any(
        n.kind == "record" and n.info != nodes[0].info for n in nodes
    ):
        nodes = [loose(node) for node in nodes]
    first = nodes[0]
    if all(node.kind == "set" for node in nodes):
        infos = {node.info for node in nodes}
        info = FROZEN if FROZEN in infos else LOOSE if LOOSE in infos else None
        return [node._replace(info=info) for node in nodes]
    if any(node.kind != first.kind or node.info != first.info for node in nodes):
        if any(node.kind in KEPT - {"set", "dict", "record"} for node in nodes):
            raise Decline("has an accumulator on one side of an if only")
        return [Node(value(node)) for node in nodes]
    return nodes


def dict_display(scope: Scope, tree: ast.Dict) -> Node:
    """`{}`, `{"a": 1}`, `{**d, "a": 1}`"""
    keys = [key.value if isinstance(key, ast.Constant) else None for key in tree.keys]
    if keys and all(type(key) is str for key in keys) and len(set(keys)) == len(keys):
        return Node({"tuple": [value(scope.expression(v)) for v in tree.values]}, "record", None, tuple(keys))
    if None in tree.keys and (merged := records.merged(scope, tree)) is not None:
        return merged
    made = _EMPTY_DICT
    for key, of in zip(tree.keys, tree.values, strict=True):
        if key is None:
            other = loose(scope.expression(of))
            if other.kind != "dict":
                other = call("dict.pairs", other, kind="dict")
            made = pairs(other.json if made == _EMPTY_DICT else call("dict.merge", _list(made), _list(other)).json)
        else:
            name, given = scope.expression(key), scope.expression(of)
            made = _set(made, name, given)
    return tries.unsure(scope, made)


def _set(of: Node, key: Node, given: Node) -> Node:
    return pairs(call("dict.set", _list(of), key, given).json, of.info)


def _list(of: Node) -> Node:
    return Node(of.json, "list")


def copied(of: Node) -> Node:
    """Another set or dict of the same elements: machine code changes one in its place."""
    return of if of.kind == "record" else of._replace(json=call("list", _list(of)).json)


def set_display(scope: Scope, tree: ast.Set) -> Node:
    """`{a, b}`"""
    return _distinct(scope, Node({"list": [value(scope.expression(e)) for e in tree.elts]}, "list"))


def _distinct(scope: Scope, items: Node) -> Node:
    return tries.unsure(scope, call("set.of", items, kind="set"))


def comprehension(scope: Scope, tree: ast.SetComp | ast.DictComp) -> Node:
    """`{f(x) for x in xs}`, `{k: v for k, v in pairs}`"""
    if isinstance(tree, ast.SetComp):
        return _distinct(scope, iterables.comprehension(scope, tree.elt, tree.generators))
    pair = ast.Tuple([tree.key, tree.value], ast.Load())
    made = iterables.comprehension(scope, pair, tree.generators)
    return tries.unsure(scope, pairs(call("dict.of", made).json))


def make(scope: Scope, function: Any, tree: ast.Call) -> Node | None:
    """A call of `set`, `dict`, `Counter` or `defaultdict`."""
    if any(isinstance(a, ast.Starred) for a in tree.args) or len(tree.args) > 1:
        if function is collections.defaultdict and len(tree.args) == 2:
            raise Decline("calls defaultdict() with two arguments")
        if function in (set, frozenset, dict, collections.Counter):
            raise Decline(f"calls {function.__name__}() oddly")
    if function is frozenset and not tree.keywords:
        of = scope.expression(tree.args[0]) if tree.args else _EMPTY
        items = of.json if of.kind == "set" else iterables.iterated(of)
        return _distinct(scope, Node(items, "list"))._replace(info=FROZEN)
    if function is set and not tree.keywords:
        if not tree.args:
            return _EMPTY._replace(kind="set")
        argument = scope.expression(tree.args[0])
        if argument.kind in ("set", "dict", "record"):
            # Both are copied in one go, which isn't as if their elements were added one by one.
            if argument.kind == "set":
                return copied(argument)._replace(info=LOOSE)
            return _distinct(scope, Node(iterables.iterated(argument), "list"))._replace(info=LOOSE)
        return _distinct(scope, Node(iterables.iterated(argument), "list"))
    if function is dict:
        return _dict(scope, tree)
    if function is collections.Counter and not tree.keywords:
        if not tree.args:
            return pairs({"list": []}, Missing(constant(0).json, False))
        argument = scope.expression(tree.args[0])
        if argument.kind in ("dict", "record"):
            raise Decline("makes a Counter of a dict")
        counted = call("dict.counts", Node(iterables.iterated(argument), "list"))
        return tries.unsure(scope, pairs(counted.json, Missing(constant(0).json, False)))
    if function is collections.defaultdict and len(tree.args) == 1 and not tree.keywords:
        factory = scope.static(tree.args[0])
        given: dict[Any, Json] = {
            int: constant(0).json,
            float: constant(0.0).json,
            str: constant("").json,
            list: {"list": []},
        }
        if factory is UNKNOWN or not isinstance(factory, type) or factory not in given:
            raise Decline("makes a defaultdict of another function")
        return pairs({"list": []}, Missing(given[factory], True))
    return None


def _dict(scope: Scope, tree: ast.Call) -> Node:
    if tree.keywords:
        if tree.args or any(word.arg is None for word in tree.keywords):
            raise Decline("calls dict() oddly")
        values = [value(scope.expression(word.value)) for word in tree.keywords]
        return Node({"tuple": values}, "record", None, tuple(word.arg for word in tree.keywords))
    if not tree.args:
        return pairs({"list": []})
    named = _zipped(scope, tree.args[0])
    if named is not None:
        return named
    argument = scope.expression(tree.args[0])
    if argument.kind in ("dict", "record"):
        return copied(loose(argument))._replace(info=None)
    # Of a value of a row it may be a dict, whose items the engine takes then.
    return tries.unsure(scope, pairs(call("dict.of", Node(iterables.iterated(argument), "list")).json))


def _zipped(scope: Scope, tree: ast.expr) -> Node | None:
    """`dict(zip(names, values))` of names that are constants: for so many values it is a record."""
    if not isinstance(tree, ast.Call) or len(tree.args) != 2 or tree.keywords or scope.static(tree.func) is not zip:
        return None
    known = scope.static(tree.args[0])
    names = known.items if isinstance(known, Contents) else known
    if not isinstance(names, tuple) or not 0 < len(names) <= MOST_NAMES or len(set(names)) < len(names):
        return None
    if not all(type(name) is str for name in names) or isinstance(tree.args[1], ast.Starred):
        return None
    items = call("unpack", iterables.as_list(scope, tree.args[1]), constant(len(names)))
    # Of another number of values it is a shorter dict, or the rest of them is left.
    return Node({"unsure": items.json}, "record", None, names)


def look(scope: Scope, of: Node, index: Node) -> Node | None:
    """`d[key]`"""
    if of.kind == "record":
        key = index.constant(None)
        if isinstance(key, str) and key in of.info:
            return item(Node(of.json, "tuple"), constant(of.info.index(key)))
        of = loose(of)
    if dates.is_week(of):
        return item(Node(of.json, "tuple"), index)
    if of.kind == "set":
        raise Decline("uses an index of a set")
    if of.kind != "dict":
        return None
    if of.info is not None and of.info.keeps:
        raise Decline("asks a defaultdict for a key, which it then has")
    if of.info is not None:
        return tries.unsure(scope, call("dict.get", _list(of), index, Node(of.info.given)))
    return tries.unsure(scope, call("dict.item", _list(of), index))


def membership(scope: Scope, left: ast.expr, right: ast.expr) -> Node | None:
    """`key in d`, `element in s`"""
    if isinstance(right, ast.Tuple | ast.List | ast.Constant):
        return None
    container = loose(scope.expression(right))
    if container.kind not in ("set", "dict"):
        return None
    name = "set.has" if container.kind == "set" else "dict.has"
    return tries.unsure(scope, call(name, _list(container), scope.expression(left), kind="bool"))


def comparison(op: str, left: Node, right: Node) -> Node | None:
    """Of two sets whether one is within the other."""
    if left.kind != "set" or right.kind != "set":
        return None
    there, back = (call("set.le", _list(a), _list(b), kind="bool") for a, b in ((left, right), (right, left)))
    if op == "le":
        return there
    if op == "ge":
        return back
    if op in ("eq", "ne"):
        both = Node({"and": [there.json, back.json]}, "bool")
        return both if op == "eq" else Node({"unary": {"op": "not", "of": both.json}}, "bool")
    raise Decline("compares sets in an order")


def without(scope: Scope, tree: ast.BinOp) -> Node | None:
    """`elements - captured` of a set and a set that is captured."""
    if not isinstance(tree.op, ast.Sub) or not isinstance(tree.right, ast.Name | ast.Attribute):
        return None
    captured = containers.held(scope, tree.right)
    if captured is None or captured.type not in (set, frozenset):
        return None
    left = scope.expression(tree.left)
    if left.kind != "set":
        return None
    slot, element = scope.bind(Node("none"))
    kept = {"unary": {"op": "not", "of": containers.lookup(captured, "in", element, kind="bool").json}}
    made = {"slot": slot, "source": left.json, "conditions": [kept], "item": element.json}
    info = FROZEN if left.info == FROZEN else LOOSE
    return tries.unsure(scope, Node({"comprehension": made}, "set", None, info))


def operator(op: str, left: Node, right: Node) -> Node | None:
    """`a & b`, `a | b`, `a - b`, `a ^ b` of sets."""
    if left.kind != "set" or right.kind != "set":
        return None
    if op not in ("and", "or", "sub", "xor"):
        raise Decline("uses a set with such an operator")
    info = FROZEN if left.info == FROZEN else LOOSE
    return call(f"set.{op}", _list(left), _list(right), kind="set")._replace(info=info)


def method(scope: Scope, of: Node, name: str, tree: ast.Call) -> Node | None:
    """A method of a dict or a set that changes nothing."""
    if of.kind not in ("set", "dict", "record"):
        return None
    if tree.keywords:
        raise Decline(f"calls .{name}() of a {of.kind} with keywords")
    arguments = [scope.expression(a) for a in tree.args]
    made = _of_set(name, of, arguments) if of.kind == "set" else _of_dict(name, of, arguments)
    if made is None:
        raise Decline(f"calls .{name}() of a {'set' if of.kind == 'set' else 'dict'}")
    return tries.unsure(scope, made)


def _of_set(name: str, of: Node, arguments: list[Node]) -> Node | None:
    if name == "copy" and not arguments:
        made = copied(of)
        return made if of.info == FROZEN else made._replace(info=LOOSE)
    if len(arguments) != 1:
        return None
    other = arguments[0]
    if other.kind != "set":
        # It may be a set that isn't told from a list before a row is seen.
        other = call("set.items", Node(iterables.iterated(other), "list"), kind="set")
    if name in _SETS:
        return operator(_SETS[name], of, other)
    if name == "issubset":
        return comparison("le", of, other)
    if name == "issuperset":
        return comparison("ge", of, other)
    if name == "isdisjoint":
        common = call("len", _list(call("set.and", _list(of), _list(other))))
        return Node({"compare": {"first": common.json, "rest": [["eq", constant(0).json]]}}, "bool")
    return None


def _of_dict(name: str, of: Node, arguments: list[Node]) -> Node | None:
    if of.kind == "record":
        key = arguments[0].constant(None) if arguments else None
        # A default is evaluated, though it isn't used.
        if name == "get" and isinstance(key, str) and key in of.info and all(a.is_plain() for a in arguments[1:]):
            return item(Node(of.json, "tuple"), constant(of.info.index(key)))
        of = loose(of)
    count = len(arguments)
    if name == "items" and not count:
        return Node(of.json, "generator")
    if name in ("keys", "values") and not count:
        return Node(call(f"dict.{name}", _list(of)).json, "generator")
    if name == "copy" and not count:
        return copied(of)
    if name == "get" and count in (1, 2):
        return call("dict.get", _list(of), arguments[0], arguments[1] if count > 1 else NONE)
    counter = of.info is not None and not of.info.keeps
    if name == "most_common" and counter and count <= 1:
        return call("dict.most_common", _list(of), *(arguments or [NONE]), kind="list")
    return None


def length(of: Node) -> Node | None:
    """`len(...)` of a dict or a set."""
    if of.kind == "record":
        return call("len", Node(of.json, "tuple"), kind="int")
    return call("len", _list(of), kind="int") if of.kind in ("set", "dict") else None


def ordered(name: str, of: Node) -> Node | None:
    """A set where its order doesn't matter: `sorted`, `min`, `max`, `any`, `all` of it."""
    return _list(of) if of.kind == "set" and name in ("sorted", "min", "max", "any", "all") else None


def assigned(scope: Scope, of: Node, index: Node, given: Node) -> Node:
    """The object after `of[index] = given`."""
    if of.kind == "record":
        key = index.constant(None)
        if isinstance(key, str):
            whole = Node(of.json, "tuple")
            parts = [value(item(whole, constant(i))) for i in range(len(of.info))]
            if key in of.info:
                parts[of.info.index(key)] = value(given)
                return Node({"tuple": parts}, "record", None, of.info)
            return Node({"tuple": [*parts, value(given)]}, "record", None, (*of.info, key))
        of = loose(of)
    if of.kind == "dict":
        return tries.unsure(scope, _set(of, index, given))
    if of.kind != "list":
        raise Decline("assigns to an item of what may be no list")
    return tries.unsure(scope, call("list.set", of, index, given, kind="list"))


def current(scope: Scope, of: Node, index: Node) -> Node:
    """`of[index]` where an augmented assignment asks for it."""
    if of.kind == "dict" and of.info is not None:
        return tries.unsure(scope, call("dict.get", _list(of), index, Node(of.info.given)))
    found = look(scope, of, index)
    return item(of, index) if found is None else found


def found(scope: Scope, of: Node, index: Node, default: Node) -> Node:
    """`of.setdefault(index, default)` of a dict, but for what it changes."""
    return tries.unsure(scope, call("dict.get", _list(of), index, default))


_CHANGES: dict[tuple[str, str], Callable[[Node, list[Node]], Node]] = {
    ("list", "append"): lambda of, given: call("list.append", of, *given, kind="list"),
    ("list", "extend"): lambda of, given: call(
        "list.extend", of, Node(iterables.iterated(given[0]), "list"), kind="list"
    ),
    ("list", "insert"): lambda of, given: call("list.insert", of, *given, kind="list"),
    ("list", "remove"): lambda of, given: call("list.remove", of, *given, kind="list"),
    ("list", "sort"): lambda of, _: call("sorted", of, kind="list"),
    ("list", "reverse"): lambda of, _: call("iter.reversed", of, kind="list"),
    ("list", "clear"): lambda *_: _EMPTY,
    ("set", "add"): lambda of, given: call("set.or", _list(of), Node({"list": [value(given[0])]}, "list"), kind="set"),
}
_COUNTS = {
    "append": 1,
    "extend": 1,
    "insert": 2,
    "remove": 1,
    "sort": 0,
    "reverse": 0,
    "clear": 0,
    "add": 1,
    "update": 1,
}


def after(scope: Scope, of: Node, tree: ast.Call) -> Node:
    """The object after a method that changes it was called."""
    assert isinstance(tree.func, ast.Attribute)
    name = tree.func.attr
    of = loose(of)
    if name == "sort" and tree.keywords and not tree.args and of.kind == "list":
        return iterables.ordered(scope, "sorted", of, tree.keywords)
    if tree.keywords or len(tree.args) != _COUNTS.get(name, -1):
        raise Decline(f"calls .{name}() oddly, which changes its object")
    given = [scope.expression(a) for a in tree.args]
    if name == "update" and of.kind in ("set", "dict"):
        return tries.unsure(scope, _updated(of, given[0]))
    change = _CHANGES.get((of.kind, name))
    if change is None:
        raise Decline(f"calls .{name}(), which changes its object")
    if name in ("append", "insert") and given[-1].kind in KEPT - {"set", "dict"}:
        raise Decline(f"puts a {given[-1].kind} into a list")
    made = change(of, given)
    return tries.unsure(scope, made._replace(info=of.info) if of.kind == "set" else made)


def _updated(of: Node, given: Node) -> Node:
    if of.kind == "set":
        other = given if given.kind == "set" else call("set.of", Node(iterables.iterated(given), "list"), kind="set")
        made = call("set.or", _list(of), _list(other), kind="set")
        return made._replace(info=LOOSE if given.kind == "set" else of.info)
    given = loose(given)
    if of.info is not None or given.kind != "dict":
        raise Decline("updates a dict with what is none")
    return pairs(call("dict.merge", _list(of), _list(given)).json)


def deleted(scope: Scope, of: Node, index: Node) -> Node:
    """The object after `del of[index]`."""
    of = loose(of)
    if of.kind == "dict":
        return tries.unsure(scope, pairs(call("dict.del", _list(of), index).json, of.info))
    if of.kind != "list":
        raise Decline("deletes an item of what may be no list")
    return tries.unsure(scope, call("list.del", of, index, kind="list"))


def extended(scope: Scope, of: Node, given: Node) -> Node:
    """The list after `of += given`."""
    return tries.unsure(scope, call("list.extend", of, Node(iterables.iterated(given), "list"), kind="list"))
