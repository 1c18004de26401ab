"""Joins: the RDDs' values are marked with the side they come from, grouped by key together, and told apart again.

Keys come out in the order of their first appearance, left RDD first; within a key, for each left value every right one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pyrite._mistakes import MAKE_AN_RDD, advised
from pyrite.resultiterable import ResultIterable

if TYPE_CHECKING:
    from pyrite.rdd import RDD

Sides = tuple[list[Any], list[Any]]
Pairs = list[tuple[Any, Any]]


def inner(left: RDD[Any], right: RDD[Any], partitions: int | None) -> RDD[Any]:
    """Pairs of the keys that both sides have."""
    return _joined(left, right, partitions, _inner)


def left_outer(left: RDD[Any], right: RDD[Any], partitions: int | None) -> RDD[Any]:
    """Every left value, with None where the right side lacks the key."""
    return _joined(left, right, partitions, _left_outer)


def right_outer(left: RDD[Any], right: RDD[Any], partitions: int | None) -> RDD[Any]:
    """Every right value, with None where the left side lacks the key."""
    return _joined(left, right, partitions, _right_outer)


def full_outer(left: RDD[Any], right: RDD[Any], partitions: int | None) -> RDD[Any]:
    """Every value of either side, with None where the other lacks the key."""
    return _joined(left, right, partitions, _full_outer)


def cogroup(rdds: Sequence[RDD[Any]], partitions: int | None) -> RDD[Any]:
    """For each key a tuple of its values in each RDD."""
    return _grouped(rdds, partitions).mapValues(partial(_apart_as_results, len(rdds)))


def _grouped(rdds: Sequence[RDD[Any]], partitions: int | None) -> RDD[Any]:
    """All values of a key, each with the index of its RDD."""
    for rdd in rdds:
        if not hasattr(rdd, "mapValues"):
            error = AttributeError(f"{type(rdd).__name__!r} object has no attribute 'mapValues'")
            raise advised(error, f"this takes another RDD; {MAKE_AN_RDD}")
    together = _marked(rdds[0], 0)
    for side, rdd in enumerate(rdds[1:], 1):
        together = together.union(_marked(rdd, side))
    return together.groupByKey(partitions)


def _marked(rdd: RDD[Any], side: int) -> RDD[Any]:
    return rdd.mapValues(lambda value: (side, value))


def _joined(
    left: RDD[Any], right: RDD[Any], partitions: int | None, pairs: Callable[[Iterable[Any]], Pairs]
) -> RDD[Any]:
    return _grouped((left, right), partitions).flatMapValues(pairs)


def _apart(sides: int, marked: Iterable[tuple[int, Any]]) -> tuple[list[Any], ...]:
    values: tuple[list[Any], ...] = tuple([] for _ in range(sides))
    for side, value in marked:
        values[side].append(value)
    return values


def _apart_as_results(sides: int, marked: Iterable[tuple[int, Any]]) -> tuple[ResultIterable[Any], ...]:
    return tuple(ResultIterable(values) for values in _apart(sides, marked))


def _inner(marked: Iterable[tuple[int, Any]]) -> Pairs:
    left, right = _apart(2, marked)
    return [(v, w) for v in left for w in right]


def _left_outer(marked: Iterable[tuple[int, Any]]) -> Pairs:
    left, right = _apart(2, marked)
    return [(v, w) for v in left for w in right or [None]]


def _right_outer(marked: Iterable[tuple[int, Any]]) -> Pairs:
    left, right = _apart(2, marked)
    return [(v, w) for v in left or [None] for w in right]


def _full_outer(marked: Iterable[tuple[int, Any]]) -> Pairs:
    left, right = _apart(2, marked)
    return [(v, w) for v in left or [None] for w in right or [None]]
