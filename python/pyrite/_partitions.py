"""What actions do with one partition. Plain functions, given their arguments by `functools.partial`.

A StopIteration that the user's function lets out would silently end the rows behind it, so it becomes an error here.
"""

from __future__ import annotations

import copy
import heapq
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import chain, islice
from typing import Any

from pyrite.errors import stop_iteration_error
from pyrite.statcounter import StatCounter

Rows = Iterator[Any]


def fold_left(function: Callable[[Any, Any], Any], rows: Iterable[Any], *start: Any) -> Any:
    """`functools.reduce`, which a StopIteration can't end early."""
    try:
        return reduce(function, rows, *start)
    except StopIteration as error:
        raise stop_iteration_error(error) from error


def resumed(function: Callable[[list[Any], Rows], list[Any]], rows: Rows) -> list[Any]:
    """`function(state, rows)`: the rows begin with how many of them are the state of the kernel that gave up."""
    return function(list(islice(rows, next(rows))), rows)


def reduced(function: Callable[[Any, Any], Any], state: list[Any], rows: Rows) -> list[Any]:
    """The fold of the rows; nothing when there are none."""
    for first in chain(state, rows):
        return [fold_left(function, rows, first)]
    return []


def folded(zero: Any, function: Callable[[Any, Any], Any], state: list[Any], rows: Rows) -> list[Any]:
    """The fold of the rows from a start value."""
    return [fold_left(function, rows, state[0] if state else zero)]


def reduced_by_key(function: Callable[[Any, Any], Any], rows: Rows) -> list[dict[Any, Any]]:
    """The fold of each key's values."""
    merged: dict[Any, Any] = {}
    try:
        for key, value in rows:
            merged[key] = function(merged[key], value) if key in merged else value
    except StopIteration as error:
        raise stop_iteration_error(error) from error
    return [merged]


def merged_dicts(function: Callable[[Any, Any], Any], left: dict[Any, Any], right: dict[Any, Any]) -> dict[Any, Any]:
    """Two results of `reduced_by_key` in one, the left one."""
    for key, value in right.items():
        left[key] = function(left[key], value) if key in left else value
    return left


def summed(state: list[Any], rows: Rows) -> list[Any]:
    """The built-in sum of the rows."""
    start = state[0] if state else 0
    if isinstance(start, tuple):
        total, lost = start
        return [_compensated(total, lost, rows)]
    return [sum(rows, start)]


def _compensated(total: float, lost: float, rows: Rows) -> Any:
    """What `sum` comes to from Python 3.12 on, which adds floats by Neumaier's rule as long as numbers come."""
    for row in rows:
        if type(row) is float or (type(row) in (int, bool) and sys.version_info >= (3, 14)):
            value = float(row)
            added = total + value
            lost += (total - added) + value if abs(total) >= abs(value) else (value - added) + total
            total = added
        elif isinstance(row, int):
            total += float(row)
        else:
            whole = total + lost if lost and math.isfinite(lost) else total
            return sum(rows, whole + row)
    return total + lost if lost and math.isfinite(lost) else total


def listed(rows: Rows) -> list[list[Any]]:
    """The rows as one list."""
    return [list(rows)]


def tallied(state: list[tuple[Any, int]], rows: Rows) -> list[defaultdict[Any, int]]:
    """How often each row occurs."""
    counts: defaultdict[Any, int] = defaultdict(int, state)
    for row in rows:
        counts[row] += 1
    return [counts]


def merged_tallies(left: defaultdict[Any, int], right: defaultdict[Any, int]) -> defaultdict[Any, int]:
    """Two tallies in one, the left one."""
    for key, count in right.items():
        left[key] += count
    return left


def statistics(state: list[tuple[Any, ...]], rows: Rows) -> list[StatCounter]:
    """The rows' StatCounter."""
    counter = StatCounter.of(*state[0]) if state else StatCounter()
    for row in rows:
        counter.merge(row)
    return [counter]


def larger(key: Callable[[Any], Any], left: Any, right: Any) -> Any:
    """The one with the larger key, or the left one."""
    return max(left, right, key=key)


def smaller(key: Callable[[Any], Any], left: Any, right: Any) -> Any:
    """The one with the smaller key, or the left one."""
    return min(left, right, key=key)


def largest(num: int, key: Callable[[Any], Any] | None, state: list[Any], rows: Rows) -> list[list[Any]]:
    """The `num` largest rows, largest first."""
    return [heapq.nlargest(num, chain(state, rows), key=key)]


def larger_of(num: int, key: Callable[[Any], Any] | None, left: list[Any], right: list[Any]) -> list[Any]:
    """The `num` largest of two such lists."""
    return heapq.nlargest(num, left + right, key=key)


def smallest(num: int, key: Callable[[Any], Any] | None, state: list[Any], rows: Rows) -> list[list[Any]]:
    """The `num` smallest rows, smallest first."""
    return [heapq.nsmallest(num, chain(state, rows), key=key)]


def smaller_of(num: int, key: Callable[[Any], Any] | None, left: list[Any], right: list[Any]) -> list[Any]:
    """The `num` smallest of two such lists."""
    return heapq.nsmallest(num, left + right, key=key)


def called(function: Callable[[Any], Any], rows: Rows) -> tuple[()]:
    """Call a function with each row; no rows come out."""
    try:
        for row in rows:
            function(row)
    except StopIteration as error:
        raise stop_iteration_error(error) from error
    return ()


def called_once(function: Callable[[Rows], Any], rows: Rows) -> Iterable[Any]:
    """Call a function with the partition, and go through what it returns if that can be iterated."""
    result = function(rows)
    try:
        rest: Iterator[Any] = iter(result)
        return rest
    except TypeError:
        return ()


_CONSTANT = frozenset({int, float, bool, str, bytes, type(None)})


def first_fold(zero: Any, function: Callable[[Any, Any], Any], value: Any) -> Any:
    """A key's first value folded into a start value of its own."""
    # A deep copy of these is what is copied, but takes longer than most functions.
    if type(zero) not in _CONSTANT and not (type(zero) is tuple and _CONSTANT.issuperset(map(type, zero))):
        zero = copy.deepcopy(zero)
    return function(zero, value)
