"""What is iterated: `range`, `zip`, `map` and their kin, itertools, and what orders by a key. All are lists here, and
count as generators: who needs a value of theirs has none.
"""

from __future__ import annotations

import ast
import functools
import heapq
import itertools
import math
import zlib
from collections.abc import Callable
from typing import Any

from . import calls, inlining, library, operators, tables, tries
from .decline import Decline
from .node import Json, Node, call, constant, item, kind_of_value, let, truth, value
from .scope import UNKNOWN, Scope

Handler = Callable[[Scope, ast.Call], Node]


def iterated(node: Node) -> Json:
    """The list that iterating a value goes through."""
    if node.kind == "generator":
        return node.json
    if node.kind == "record":
        return {"list": [constant(key).json for key in node.info]}
    if node.kind == "dict":
        return call("dict.keys", Node(node.json, "list")).json
    if node.kind == "set":
        raise Decline("depends on the order of a set")
    return value(node)


def as_list(scope: Scope, tree: ast.expr) -> Node:
    """An expression that is iterated."""
    node = scope.comprehension(tree) if isinstance(tree, ast.GeneratorExp) else scope.expression(tree)
    return node if node.kind in ("list", "tuple", "str", "") else Node(iterated(node), "list")


def comprehension(scope: Scope, made: ast.expr, loops: list[ast.comprehension]) -> Node:
    """A comprehension of one or more `for`: that of an outer one is a list of lists, which is flattened."""
    loop, *rest = loops
    if loop.is_async:
        raise Decline("awaits")
    later = tries.stored([each.target for each in rest])
    if rest and later & tries.loaded([*loop.ifs, rest[0].iter]):
        # They are its own from its begin on.
        raise Decline("asks in a comprehension for what it binds later")
    out = None if rest else tables.comprehension(scope, made, loop)
    if out is not None:
        return out
    if isinstance(loop.iter, ast.Call) and scope.static(loop.iter.func) is itertools.groupby:
        if rest or not _once(loop.target, [made, *loop.ifs]):
            raise Decline("calls groupby() whose groups may be gone through twice")
        groups = _groups(scope, loop.iter)
        return scope.each_of(
            loop.target,
            groups,
            lambda inner: ([truth(inner.expression(c)) for c in loop.ifs], value(inner.expression(made))),
        )

    def inside(inner: Scope) -> tuple[list[Json], Json]:
        conditions = [truth(inner.expression(c)) for c in loop.ifs]
        if rest:
            return conditions, value(comprehension(inner, made, rest))
        return conditions, value(inner.expression(made))

    node = scope.each(loop.target, loop.iter, inside)
    return tries.unsure(scope, call("iter.flatten", node, kind="list")) if rest else node


def handler(function: Any) -> Handler | None:
    """What translates the call of a function of these."""
    try:
        return _HANDLERS.get(function)
    except TypeError:
        return None


def handle(scope: Scope, made: Handler, tree: ast.Call) -> Node:
    """A call of a function of these."""
    node = made(scope, tree)
    # These are called as they stand.
    plain = made in _ORDERED and not any(word.arg == "key" for word in tree.keywords)
    return node if plain else tries.unsure(scope, node)


def _plain(tree: ast.Call, least: int, most: int, words: tuple[str, ...] = ()) -> list[ast.expr]:
    name = ast.unparse(tree.func)
    if any(isinstance(a, ast.Starred) for a in tree.args) or not least <= len(tree.args) <= most:
        raise Decline(f"calls {name}() oddly")
    for word in tree.keywords:
        if word.arg not in words:
            raise Decline(f"calls {name}() with {word.arg}=")
    return tree.args


def _word(tree: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in tree.keywords if word.arg == name), None)


def _generator(node: Node) -> Node:
    return Node(node.json, "generator")


def _range(scope: Scope, tree: ast.Call) -> Node:
    return _generator(call("iter.range", *(scope.expression(a) for a in _plain(tree, 1, 3))))


def _iter(scope: Scope, tree: ast.Call) -> Node:
    (of,) = _plain(tree, 1, 1)
    return _generator(Node(iterated(as_list(scope, of)), "list"))


def _zip(scope: Scope, tree: ast.Call) -> Node:
    if len(tree.args) == 1 and isinstance(starred := tree.args[0], ast.Starred) and not tree.keywords:
        return _generator(call("iter.zip_of", as_list(scope, starred.value)))
    return _generator(call("iter.zip", *(as_list(scope, a) for a in _plain(tree, 1, 16))))


def _enumerate(scope: Scope, tree: ast.Call) -> Node:
    of, *start = _plain(tree, 1, 2, ("start",))
    given = start[0] if start else _word(tree, "start")
    items = as_list(scope, of)
    return _generator(call("iter.enumerate", items, constant(0) if given is None else scope.expression(given)))


def _reversed(scope: Scope, tree: ast.Call) -> Node:
    (of,) = _plain(tree, 1, 1)
    node = scope.expression(of)
    if node.kind == "generator" and not (isinstance(of, ast.Call) and scope.static(of.func) is range):
        raise Decline("calls reversed() of an iterator")
    return _generator(call("iter.reversed", Node(iterated(node), "list")))


def _chain(scope: Scope, tree: ast.Call) -> Node:
    parts = [call("list", as_list(scope, a)).json for a in _plain(tree, 1, 16)]
    return _generator(call("iter.flatten", Node({"list": parts}, "list")))


def _from_iterable(scope: Scope, tree: ast.Call) -> Node:
    (of,) = _plain(tree, 1, 1)
    return _generator(call("iter.flatten", as_list(scope, of)))


def _combinations(scope: Scope, tree: ast.Call) -> Node:
    of, size = _plain(tree, 2, 2)
    return _generator(call("iter.combinations", as_list(scope, of), scope.expression(size)))


def _product(scope: Scope, tree: ast.Call) -> Node:
    return _generator(call("iter.product", *(as_list(scope, a) for a in _plain(tree, 1, 8))))


def _accumulate(scope: Scope, tree: ast.Call) -> Node:
    (of,) = _plain(tree, 1, 1)
    return _generator(call("iter.accumulate", as_list(scope, of)))


def _islice(scope: Scope, tree: ast.Call) -> Node:
    of, *bounds = _plain(tree, 2, 4)
    ends = [scope.static(bound) for bound in bounds]
    if not all(end is None or (type(end) is int and end >= 0) for end in ends):
        raise Decline("calls islice() with what is no constant")
    start, stop, step = (None, *ends, None) if len(ends) == 1 else (*ends, None, None)[:3]
    if step == 0:
        raise Decline("calls islice() oddly")
    items = scope.expression(of) if isinstance(of, ast.Name) else as_list(scope, of)
    # The items of a generator are a list.
    items = items if items.kind == "generator" else call("list", as_list(scope, of))
    given = (None if end is None else constant(end).json for end in (start, stop, step))
    return Node({"slice": dict(zip(("of", "start", "stop", "step"), (items.json, *given), strict=True))}, "generator")


def _once(target: ast.expr, trees: list[ast.expr]) -> bool:
    """Whether a run of `groupby`, an iterator, is gone through no more than once, as soon as it is there."""
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2 or not isinstance(group := target.elts[1], ast.Name):
        return False
    places = [part for tree in trees for part in ast.walk(tree) if isinstance(part, ast.Name) and part.id == group.id]
    if len(places) > 1:
        return False
    loops = [
        part
        for tree in trees
        for part in ast.walk(tree)
        if isinstance(part, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp | ast.Lambda)
    ]
    for place in places:
        for loop in loops:
            inside = any(part is place for part in ast.walk(loop))
            if inside and (isinstance(loop, ast.Lambda) or loop.generators[0].iter is not place):
                return False
    return True


def _groupby(scope: Scope, tree: ast.Call) -> Node:
    raise Decline("calls groupby() elsewhere than in a comprehension")


def _groups(scope: Scope, tree: ast.Call) -> Node:
    of, *key = _plain(tree, 1, 2, ("key",))
    given = key[0] if key else _word(tree, "key")
    return call("iter.groups", keyed(scope, as_list(scope, of), given), kind="list")


def keyed(scope: Scope, items: Node, key: ast.expr | None) -> Node:
    """Pairs of what a key function gives and the item."""
    slot, element = scope.bind(Node("none"))
    name = element if key is None or scope.static(key) is None else applied(scope, key, [element])
    pair = {"tuple": [value(name), element.json]}
    return Node({"comprehension": {"slot": slot, "source": value(items), "conditions": [], "item": pair}}, "list")


def applied(scope: Scope, function: ast.expr, arguments: list[Node]) -> Node:
    """A call of a function that an expression names."""
    if isinstance(function, ast.Lambda):
        return inlining.call_lambda(scope, function, arguments)
    if isinstance(function, ast.Call):
        maker = scope.static(function.func)
        if maker is operators.ITEMGETTER and not function.keywords:
            keys = [scope.static(a) for a in function.args]
            if all(type(key) is int for key in keys) and keys:
                items = [item(arguments[0], constant(key)) for key in keys]
                return items[0] if len(items) == 1 else Node({"tuple": [value(i) for i in items]}, "tuple")
    if isinstance(function, ast.Attribute) and scope.static(function) is UNKNOWN and len(arguments) == 1:
        # A bound method: `key=words.count`, `key=d.get`.
        name = "<argument>"
        inner = scope.within({name: arguments[0]})
        return inner.expression(ast.Call(function, [ast.Name(name, ast.Load())], []))
    static = scope.static(function)
    if static is UNKNOWN:
        raise Decline(f"calls {ast.unparse(function)[:40]}")
    return calls.call_static(scope, static, arguments)


def ordered(scope: Scope, name: str, items: Node, words: list[ast.keyword]) -> Node:
    """`sorted`, `min` and `max` with a key."""
    given = {word.arg: word.value for word in words}
    if given.keys() - {"key", *(("reverse",) if name == "sorted" else ())}:
        raise Decline(f"calls {name}() with {', '.join(map(str, given))}=")
    pairs = keyed(scope, items, given.get("key"))
    if name != "sorted":
        return call(f"list.{name}_by", pairs)
    reverse = given.get("reverse")
    return call("list.sorted_by", pairs, constant(False) if reverse is None else scope.expression(reverse), kind="list")


def _ordered(name: str) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        if not any(word.arg == "key" for word in tree.keywords) or len(tree.args) != 1:
            return calls.call_builtin(scope, name, tree)
        return ordered(scope, name, as_list(scope, tree.args[0]), tree.keywords)

    return made


def _largest(reverse: bool) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        count, of, *key = _plain(tree, 2, 3, ("key",))
        given = key[0] if key else _word(tree, "key")
        limit = scope.static(count)
        if type(limit) is not int or limit < 0:
            raise Decline("calls nlargest() or nsmallest() with what is no constant")
        pairs = keyed(scope, as_list(scope, of), given)
        sorted_ = call("list.sorted_by", pairs, constant(reverse), kind="list")
        return Node({"slice": {"of": sorted_.json, "start": None, "stop": constant(limit).json, "step": None}}, "list")

    return made


def _next(scope: Scope, tree: ast.Call) -> Node:
    of, *rest = _plain(tree, 1, 2)
    if not isinstance(of, ast.GeneratorExp):
        node = scope.expression(of)
        if node.kind == "generator" and node.info == library.ROWS and isinstance(of, ast.Call):
            return library.first_row(scope, node, scope.expression(rest[0]) if rest else None)
    if not isinstance(of, ast.GeneratorExp) or not rest:
        raise Decline("calls next() of what is no generator expression")
    items = scope.comprehension(of)
    slot, reference = scope.bind(items)
    given = scope.expression(rest[0])
    made = {"if": {"test": reference.json, "then": item(reference, constant(0)).json, "orelse": value(given)}}
    return let(slot, items, Node(made))


def _reduce(scope: Scope, tree: ast.Call) -> Node:
    function, of, *start = _plain(tree, 2, 3)
    items = as_list(scope, of)
    slot, whole = scope.bind(items)
    first = scope.expression(start[0]) if start else item(whole, constant(0))
    rest = whole.json
    if not start:
        rest = {"slice": {"of": whole.json, "start": constant(1).json, "stop": None, "step": None}}
    so_far, element = scope.slots.take(), scope.slots.take()
    kind = kind_of_value(first.kind) if start else ""
    next_ = applied(scope, function, [Node({"local": so_far}, ""), Node({"local": element})])
    json = {
        "carried": [[so_far, value(first)]],
        "over": {"items": {"slot": element, "of": rest}},
        "turn": {"tuple": [value(next_)]},
        "exits": False,
        "body": {"local": so_far},
    }
    return let(slot, items, Node({"loop": json}, kind if kind == next_.kind else ""))


def _mapped(mapping: bool) -> Handler:
    def made(scope: Scope, tree: ast.Call) -> Node:
        if len(tree.args) != 2 or tree.keywords:
            if not mapping or len(tree.args) < 3 or tree.keywords:
                raise Decline("calls map() or filter() oddly")
            function, *sources = tree.args
            zipped = call("iter.zip", *(as_list(scope, a) for a in sources))
            slot, element = scope.bind(Node("none"))
            parts = [item(element, constant(i)) for i in range(len(sources))]
            json = {
                "slot": slot,
                "source": zipped.json,
                "conditions": [],
                "item": value(applied(scope, function, parts)),
            }
            return Node({"comprehension": json}, "generator")
        function, of = tree.args
        source = value(as_list(scope, of))
        slot, element = scope.bind(Node("none"))
        given = element if not mapping and scope.static(function) is None else applied(scope, function, [element])
        conditions = [] if mapping else [truth(given)]
        json = {
            "slot": slot,
            "source": source,
            "conditions": conditions,
            "item": value(given) if mapping else element.json,
        }
        return Node({"comprehension": json}, "generator")

    return made


def _format(scope: Scope, tree: ast.Call) -> Node:
    of, *spec = _plain(tree, 1, 2)
    given = scope.static(spec[0]) if spec else ""
    if type(given) is not str:
        raise Decline("has a format that depends on the row")
    part = {"value": value(scope.expression(of)), "conversion": None, "spec": given}
    return Node({"format": [{"value": part}]}, "str")


def _factorial(scope: Scope, tree: ast.Call) -> Node:
    (of,) = _plain(tree, 1, 1)
    return call("math.factorial", scope.expression(of), kind="int")


def _crc32(scope: Scope, tree: ast.Call) -> Node:
    (of,) = _plain(tree, 1, 1)
    return call("zlib.crc32", scope.expression(of), kind="int")


_HANDLERS: dict[Any, Handler] = {
    range: _range,
    iter: _iter,
    zip: _zip,
    enumerate: _enumerate,
    reversed: _reversed,
    map: _mapped(True),
    filter: _mapped(False),
    sorted: _ordered("sorted"),
    min: _ordered("min"),
    max: _ordered("max"),
    next: _next,
    format: _format,
    functools.reduce: _reduce,
    heapq.nlargest: _largest(True),
    heapq.nsmallest: _largest(False),
    itertools.chain: _chain,
    itertools.combinations: _combinations,
    itertools.product: _product,
    itertools.accumulate: _accumulate,
    itertools.islice: _islice,
    itertools.groupby: _groupby,
    math.factorial: _factorial,
    zlib.crc32: _crc32,
}
_ORDERED = [_HANDLERS[function] for function in (sorted, min, max)]
#: Of classes, by their names.
CLASS_METHODS: dict[tuple[Any, str], Handler] = {(itertools.chain, "from_iterable"): _from_iterable}
