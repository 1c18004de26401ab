"""Captured containers and broadcasts: how their places are noted when a function is translated, and found at each job.

A tree names a container by a number only; what is in it is converted for the job that freezes the function.
"""

from __future__ import annotations

import ast
import sys
import weakref
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from pyrite import _engine

from . import numpys
from .capture import Capture, Contents, OfType, cell_value, is_constant
from .decline import Decline
from .node import Node, constant, value
from .scope import Scope

TYPES = (dict, list, tuple, set, frozenset)
# Broadcasts never change: each is converted once.
_broadcasts: weakref.WeakKeyDictionary[Any, _engine.Captured] = weakref.WeakKeyDictionary()
# A list or tuple of no more elements stands in the tree, where it is compared element by element.
_SHORT = 16


class Place(NamedTuple):
    """Where a captured object is found again."""

    #: The function that captures it (None is the frozen one), a module, or nothing for an object that never changes.
    owner: FunctionType | ModuleType | None
    #: Its name there, or the object itself.
    name: Any
    #: Whether it is the value of the broadcast that is found there.
    broadcast: bool = False
    #: Whether it is the number of the accumulator that is found there.
    counter: bool = False


class Held(NamedTuple):
    """A captured container: its number, and its type where the source tells it."""

    number: int
    type: type | None


def is_broadcast(kind: type) -> bool:
    """Whether the class is PySpark's broadcast variable, whose `value` nobody has replaced."""
    module = sys.modules.get("pyrite.broadcast")
    return module is not None and kind is module.Broadcast and isinstance(kind.__dict__.get("value"), property)


def held(scope: Scope, tree: ast.expr) -> Held | None:
    """The captured container, or the broadcast's value, that an expression names."""
    found = place_of(scope, tree)
    if found is None:
        return None
    place, known = found
    kind = known.type if isinstance(known, OfType) else type(known)
    if place.broadcast:
        return Held(scope.capture.place(place), None)
    if kind not in TYPES:
        return None
    return Held(scope.capture.place(place), kind)


def place_of(scope: Scope, tree: ast.expr) -> tuple[Place, Any] | None:
    """Where the object is that an expression names, and what is remembered of it."""
    if isinstance(tree, ast.Name) and tree.id in scope.names and scope.names[tree.id].kind == "container":
        # Another name of it, which this function has given it.
        return place_of(scope, scope.names[tree.id].info)
    if isinstance(tree, ast.Name) and tree.id not in scope.names:
        snapshot = scope.snapshot
        owner = None if snapshot is scope.capture.root else snapshot.function
        return Place(owner, tree.id), scope.static(tree)
    if not isinstance(tree, ast.Attribute):
        return None
    if tree.attr == "value":
        inner = place_of(scope, tree.value)
        if inner is not None and isinstance(inner[1], OfType) and is_broadcast(inner[1].type):
            return inner[0]._replace(broadcast=True), inner[1]
    owner = scope.static(tree.value)
    if type(owner) is ModuleType:
        return Place(owner, tree.attr), scope.static(tree)
    return None


def named(scope: Scope, tree: ast.expr) -> Node | None:
    """A captured container that is given another name."""
    found = place_of(scope, tree) if isinstance(tree, ast.Attribute | ast.Name) else None
    if found is None or not (found[0].broadcast or getattr(found[1], "type", None) in (dict, set)):
        return None
    return Node({"raises": "a container as a value"}, "container", None, tree)


def current(capture: Capture, function: FunctionType) -> tuple[_engine.Captured, ...]:
    """The captured objects as they are now, for the function that is frozen, converted for one job."""
    return tuple(_converted(place, function) for place in capture.places)


def _converted(place: Place, function: FunctionType) -> _engine.Captured:
    if place.owner is None and not isinstance(place.name, str):
        return _engine.Captured(place.name[0])
    found = now(place, function)
    if place.counter:
        return _engine.Captured(_counter(found))
    if not place.broadcast:
        return _engine.Captured(found)
    if not is_broadcast(type(found)):
        raise Decline("captures a broadcast that is none any more")
    # What a task gets, which is not the program's own copy; this raises if the broadcast was destroyed.
    shared = found._in_tasks()
    known = _broadcasts.get(found)
    if known is None:
        known = _broadcasts[found] = _engine.Captured(shared.value)
    return known


def _counter(found: Any) -> int:
    """The number of an accumulator that adds ints up."""
    module = sys.modules["pyrite.accumulators"]
    if type(found) is not module.Accumulator or found.accum_param is not module.INT_ACCUMULATOR_PARAM:
        raise Decline("adds to an accumulator of something else than ints")
    return int(found.aid)


def now(place: Place, function: FunctionType) -> Any:
    """What is found at a place; `function` is the frozen one."""
    owner: Any = function if place.owner is None else place.owner
    return owner.__dict__.get(place.name) if isinstance(owner, ModuleType) else _captured(owner, place.name)


def _captured(function: FunctionType, name: str) -> Any:
    if name in function.__code__.co_freevars:
        return cell_value((function.__closure__ or ())[function.__code__.co_freevars.index(name)])
    return function.__globals__.get(name)


def item(scope: Scope, tree: ast.Subscript) -> Node | None:
    """`container[key]` of a captured container."""
    if isinstance(tree.slice, ast.Slice):
        return None
    container = held(scope, tree.value)
    if container is None or container.type in (set, frozenset):
        return None
    if container.type in (list, tuple) and (_short(scope, tree.value) or isinstance(tree.slice, ast.Constant)):
        return None
    return lookup(container, "item", scope.expression(tree.slice))


def get(scope: Scope, tree: ast.Call) -> Node | None:
    """`container.get(key)`, `container.get(key, default)` of a captured dict or broadcast."""
    function = tree.func
    if not isinstance(function, ast.Attribute) or function.attr != "get":
        return None
    container = held(scope, function.value)
    if container is None or container.type not in (dict, None):
        return None
    if tree.keywords or not 1 <= len(tree.args) <= 2:
        raise Decline("calls .get() oddly")
    key, *default = [scope.expression(a) for a in tree.args]
    return lookup(container, "get", key, default[0] if default else None)


def membership(scope: Scope, left: ast.expr, tree: ast.expr) -> Node | None:
    """`key in container` of a captured container or a set of constants."""
    container = _set_of_constants(scope, tree) or held(scope, tree)
    if container is None or (container.type in (list, tuple) and _short(scope, tree)):
        return None
    return lookup(container, "in", scope.expression(left), kind="bool")


def broadcast_value(scope: Scope, tree: ast.Attribute) -> Node | None:
    """`broadcast.value` where it is no container."""
    found = place_of(scope, tree) if tree.attr == "value" else None
    if found is None or not found[0].broadcast:
        return None
    return Node({"captured": scope.capture.place(found[0])})


def arrays(scope: Scope, tree: ast.expr) -> Node | None:
    """A captured array of numpy's, or list of such, as a value."""
    found = place_of(scope, tree)
    if found is None or not isinstance(found[1], OfType) or found[0].broadcast:
        return None
    kind = numpys.kind_of(now(found[0], scope.snapshot.function))
    return Node({"captured": scope.capture.place(found[0])}, kind) if kind else None


def _set_of_constants(scope: Scope, tree: ast.expr) -> Held | None:
    if not isinstance(tree, ast.Set):
        return None
    elements = [scope.static(e) for e in tree.elts if not isinstance(e, ast.Starred)]
    if not all(map(is_constant, elements)):
        return None
    return Held(scope.capture.place(Place(None, (frozenset(elements),))), frozenset)


def _short(scope: Scope, tree: ast.expr) -> bool:
    """Whether a list or tuple is one that stands in the tree: short, or of several types."""
    known = scope.static(tree)
    items = known.items if isinstance(known, Contents) else known
    if not isinstance(items, tuple) or not is_constant(items):
        return False
    return len(items) <= _SHORT or len(set(map(type, items))) > 1


def lookup(container: Held, how: str, key: Node, default: Node | None = None, kind: str = "") -> Node:
    """What is found in a captured container."""
    json = {"table": container.number, "how": how, "key": value(key), "default": None}
    if default is not None:
        json["default"] = value(default)
    return Node({"lookup": json}, kind)


def numbered(scope: Scope, keys: list[Any], key: Node, or_less: bool) -> Node:
    """The number of a key among constants; -1 for another where that may be, which raises KeyError otherwise."""
    place = scope.capture.place(Place(None, ({each: i for i, each in enumerate(keys)},)))
    default = constant(-1) if or_less else None
    return lookup(Held(place, dict), "get" if or_less else "item", key, default, "int")
