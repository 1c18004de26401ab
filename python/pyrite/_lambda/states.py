"""`mapWithState`'s functions: what they ask of their state and do to it becomes part of what they return.

Such a function is called with a `State`, and changes it. Its tree is pure: parameter 0 is `(whether there is a state,
the state, whether it is timing out)`, parameters 1 and 2 are key and value. It gives `(result, change, state, whether
the result is a row)`, where change is 0 for none, 1 for an update and 2 for a removal. While a function is translated
the state is what it has become so far on the way to where we are: a branch has its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .decline import Decline
from .node import NONE, Node, choice, constant, item, raises, value

#: The number of parameters of such a tree.
PARAMETERS = 3

# No names of a program.
_EXISTS, _VALUE, _CHANGE, _TIMED = "<exists>", "<state>", "<change>", "<timed>"
_STATE = Node({"param": 0})
_UPDATED, _REMOVED = 1, 2


class WithState:
    """A mapping function and whether it takes the time: what a job takes along."""

    def __init__(self, function: Callable[..., Any], timed: bool) -> None:
        self.function = function
        self.timed = timed

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


class Updating:
    """An update function over what a cogroup of states and values gives, as PySpark's `updateStateByKey` calls it."""

    def __init__(self, function: Callable[[list[Any], Any], Any]) -> None:
        self.function = function

    def __call__(self, row: tuple[Any, tuple[Iterable[Any], Iterable[Any]]]) -> list[tuple[Any, Any]]:
        key, (states, values) = row
        state = self.function(list(values), next(iter(states), None))
        return [] if state is None else [(key, state)]


def parameters(names: tuple[str, ...], timed: bool) -> dict[str, Node]:
    """What the parameters of a mapping function stand for, and its state as it is at first."""
    places = [Node({"time": None}, "time")] if timed else []
    places += [Node({"param": 1}), Node({"param": 2}), Node({"state": None}, "state")]
    begin = {
        _EXISTS: Node(item(_STATE, constant(0)).json, "bool"),
        _VALUE: item(_STATE, constant(1)),
        _CHANGE: constant(0),
        _TIMED: constant(timed),
    }
    return {**dict(zip(names, places, strict=True)), **begin}


def leaf(names: Mapping[str, Node], result: Node) -> Node:
    """What a function returns, where these are its names: with the state beside it if it has one."""
    if _CHANGE not in names:
        return result
    kept = constant(True)
    if may_be_none(names, result):
        kept = Node({"compare": {"first": value(result), "rest": [["is_not", "none"]]}}, "bool")
    parts = (result, names[_CHANGE], names[_VALUE], kept)
    return Node({"tuple": [value(part) for part in parts]}, "tuple")


def may_be_none(names: Mapping[str, Node], result: Node) -> bool:
    """Whether the result has to be looked at: of a function with the time None is no row. `leaf` mentions it twice."""
    return _TIMED in names and names[_TIMED].constant(None) is True and result.kind in ("", "none")


def read(names: Mapping[str, Node], method: str, arguments: int) -> Node:
    """A method that only asks."""
    if _CHANGE not in names:
        raise Decline("passes the State to a function")
    exists, now = names[_EXISTS], names[_VALUE]
    if arguments or method not in ("exists", "get", "getOption", "isTimingOut"):
        changes = method in ("update", "remove")
        raise Decline("changes the State within an expression" if changes else f"calls .{method}() of the State")
    if method == "exists":
        return exists
    if method == "isTimingOut":
        return Node(item(_STATE, constant(2)).json, "bool")
    if method == "getOption":
        return now
    known = exists.constant(None)
    if known is None:
        return choice(exists, now, raises("there is no state to get"))
    return now if known else raises("there is no state to get")


class Change(NamedTuple):
    """What a statement does to the state."""

    #: The new state, None for a removal.
    state: Node | None


def change(scope: Any, tree: ast.expr) -> Change | None:
    """The change that a statement of this expression makes, if it is one."""
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Attribute):
        return None
    owner = tree.func.value
    known = scope.names.get(owner.id) if isinstance(owner, ast.Name) else None
    if known is None or known.kind != "state":
        return None
    if _CHANGE not in scope.names:
        raise Decline("passes the State to a function")
    words = {word.arg: word.value for word in tree.keywords}
    if tree.func.attr == "remove" and not tree.args and not words:
        return Change(None)
    given = list(tree.args)
    if not given and "newState" in words:
        given = [words.pop("newState")]
    if tree.func.attr != "update" or words or len(given) != 1 or isinstance(given[0], ast.Starred):
        raise Decline(f"calls .{tree.func.attr}() of the State oddly")
    return Change(scope.expression(given[0]))


def is_removed(names: Mapping[str, Node]) -> bool:
    """Whether the state was removed: then it can't be changed any more."""
    return bool(names[_CHANGE].constant(None) == _REMOVED)


def removed() -> dict[str, Node]:
    """The names after a removal."""
    return {_EXISTS: constant(False), _VALUE: NONE, _CHANGE: constant(_REMOVED)}


def updated(state: Node) -> dict[str, Node]:
    """The names after an update to `state`, which is a reference or a constant."""
    return {_EXISTS: constant(True), _VALUE: state, _CHANGE: constant(_UPDATED)}
