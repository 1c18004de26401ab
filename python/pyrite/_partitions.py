"""What actions do with one partition. Plain functions, given their arguments by `functools.partial`.

A StopIteration that the user's function lets out would silently end the rows behind it, so it becomes an error here.
"""

from __future__ import annotations

import copy
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
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


def reduced(function: Callable[[Any, Any], Any], rows: Rows) -> list[Any]:
    """The fold of the rows; nothing when there are none."""
    for first in rows:
        return [fold_left(function, rows, first)]
    return []


def folded(zero: Any, function: Callable[[Any, Any], Any], rows: Rows) -> list[Any]:
    """The fold of the rows from a start value."""
    return [fold_left(function, rows, zero)]


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


def summed(rows: Rows) -> list[Any]:
    """The built-in sum of the rows."""
    return [sum(rows)]


def counted(rows: Rows) -> list[int]:
    """How many rows."""
    return [sum(1 for _ in rows)]


def listed(rows: Rows) -> list[list[Any]]:
    """The rows as one list."""
    return [list(rows)]


def tallied(rows: Rows) -> list[defaultdict[Any, int]]:
    """How often each row occurs."""
    counts: defaultdict[Any, int] = defaultdict(int)
    for row in rows:
        counts[row] += 1
    return [counts]


def merged_tallies(left: defaultdict[Any, int], right: defaultdict[Any, int]) -> defaultdict[Any, int]:
    """Two tallies in one, the left one."""
    for key, count in right.items():
        left[key] += count
    return left


def statistics(rows: Rows) -> list[StatCounter]:
    """The rows' StatCounter."""
    return [StatCounter(rows)]


def larger(key: Callable[[Any], Any], left: Any, right: Any) -> Any:
    """The one with the larger key, or the left one."""
    return max(left, right, key=key)


def smaller(key: Callable[[Any], Any], left: Any, right: Any) -> Any:
    """The one with the smaller key, or the left one."""
    return min(left, right, key=key)


def largest(num: int, key: Callable[[Any], Any] | None, rows: Rows) -> list[list[Any]]:
    """The `num` largest rows, largest first."""
    return [heapq.nlargest(num, rows, key=key)]


def larger_of(num: int, key: Callable[[Any], Any] | None, left: list[Any], right: list[Any]) -> list[Any]:
    """The `num` largest of two such lists."""
    return heapq.nlargest(num, left + right, key=key)


def smallest(num: int, key: Callable[[Any], Any] | None, rows: Rows) -> list[list[Any]]:
    """The `num` smallest rows, smallest first."""
    return [heapq.nsmallest(num, rows, key=key)]


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


def numbered(starts: list[int], index: int, rows: Rows) -> Iterator[tuple[Any, int]]:
    """Each row with its index in the whole RDD."""
    for number, row in enumerate(rows, starts[index]):
        yield row, number


def numbered_apart(partitions: int, index: int, rows: Rows) -> Iterator[tuple[Any, int]]:
    """Each row with a number that no other row has: partition `index` uses every `partitions`-th one."""
    for number, row in enumerate(rows):
        yield row, number * partitions + index


def first_fold(zero: Any, function: Callable[[Any, Any], Any], value: Any) -> Any:
    """A key's first value folded into a start value of its own."""
    return function(copy.deepcopy(zero), value)
