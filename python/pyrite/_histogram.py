"""`RDD.histogram`: how many rows fall between borders."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from math import isinf, isnan
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pyrite._lambda import start_value
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")

# Steps between borders that differ by less are one.
_EQUAL = 1e-10


class Histogram(Generic[T]):
    """What `RDD` has of histograms."""

    @action
    def histogram(self, buckets: int | Sequence[Any]) -> tuple[Sequence[Any], list[int]]:
        """The borders and the number of rows between each two of them.

        `buckets` is how many there shall be, of equal width between the smallest and the largest row, or their sorted
        borders. A row at a border is counted above it, at the last border below it. None and NaN don't count.

        Raises
        ------
        ValueError
            There are no rows, no buckets, infinite rows, or the borders aren't sorted, distinct numbers.
        TypeError
            `buckets` is something else, or rows can't be subtracted.

        Examples
        --------
        >>> rdd = sc.parallelize(range(51))
        >>> rdd.histogram(2)
        ([0, 25, 50], [25, 26])
        >>> rdd.histogram([0, 5, 25, 50])
        ([0, 5, 25, 50], [5, 20, 26])
        """
        rdd = cast("RDD[Any]", self)
        # True and False are numbers here, too.
        if isinstance(buckets, int):
            if buckets < 1:
                raise ValueError("number of buckets must be >= 1")
            least, most = _edges(rdd)
            if least == most or buckets == 1:
                return [least, most], [rdd.filter(_counts).count()]
            borders, step = _even(least, most, buckets)
            return borders, _counts_by_width(rdd, least, most, buckets, step)
        if not isinstance(buckets, list | tuple):
            raise TypeError("buckets should be a list or tuple or number(int or long)")
        _check(buckets)
        least, most, number = buckets[0], buckets[-1], len(buckets) - 1
        if _are_even(buckets):
            return buckets, _counts_by_width(rdd, least, most, number, (most - least) / number)
        resume = partial(_bucketed, partial(_between, buckets), least, most, number)
        return buckets, _merged(rdd, rdd._total("between", resume, zero=start_value(tuple(buckets)), as_partial=_whole))


def _counts(x: Any) -> bool:
    return not (x is None or (type(x) is float and isnan(x)))


def _edges(rdd: RDD[Any]) -> tuple[Any, Any]:
    """The smallest and the largest row."""
    edges = rdd._total("stats", _edges_of, as_partial=lambda rows: _edges_of(rows, iter(())))
    return rdd._folded_over(edges, lambda a, b: (min(a[0], b[0]), max(a[1], b[1])))


def _edges_of(state: list[Any], rows: Iterator[Any]) -> list[tuple[Any, Any]]:
    """The edges of one partition, if it has any: what its statistics know of them so far, and its rows."""
    edges: tuple[Any, Any] | None = None
    # Without rows, the smallest is infinite and the largest its negative.
    if state and state[0][4] <= state[0][3]:
        edges = state[0][4], state[0][3]
    for x in filter(_counts, rows):
        edges = (x, x) if edges is None else (min(edges[0], x), max(edges[1], x))
    return [] if edges is None else [edges]


def _even(least: Any, most: Any, number: int) -> tuple[list[Any], Any]:
    """Borders of equal width, whole numbers if that is possible, and the width."""
    try:
        width = (most - least) / number
    except TypeError:
        raise TypeError("Can not generate buckets with non-number in RDD") from None
    if isinf(width):
        raise ValueError("Can not generate buckets with infinite value")
    step = int(width)
    if step * number != most - least:
        step = (most - least) * 1.0 / number
    # The last border would be a little off.
    return [*(i * step + least for i in range(number)), most], step


def _check(borders: Sequence[Any]) -> None:
    if len(borders) < 2:
        raise ValueError("buckets should have more than one value")
    if any(border is None or (isinstance(border, float) and isnan(border)) for border in borders):
        raise ValueError("can not have None or NaN in buckets")
    if sorted(borders) != list(borders):
        raise ValueError("buckets should be sorted")
    if len(set(borders)) != len(borders):
        raise ValueError("buckets should not contain duplicated values")


def _are_even(borders: Sequence[Any]) -> bool:
    try:
        steps = [high - low for low, high in pairwise(borders)]
    except TypeError:
        return False
    return bool(max(steps) - min(steps) < _EQUAL)


def _counts_by_width(rdd: RDD[Any], least: Any, most: Any, number: int, step: Any) -> list[int]:
    resume = partial(_bucketed, partial(_by_width, least, step), least, most, number)
    bounds = start_value((least, most, step))
    return _merged(rdd, rdd._total("even", resume, count=number, zero=bounds, as_partial=_whole))


def _by_width(least: Any, step: Any, x: Any) -> int:
    return int((x - least) / step)


def _between(borders: Sequence[Any], x: Any) -> int:
    return bisect_right(borders, x) - 1


def _bucketed(
    bucket: Callable[[Any], int], least: Any, most: Any, number: int, state: list[int], rows: Iterator[Any]
) -> list[list[int]]:
    """How many rows of one partition are in each bucket, and last how many are at the last border."""
    counts = state or [0] * (number + 1)
    for x in rows:
        if not (x is None or (isinstance(x, float) and isnan(x)) or x > most or x < least):
            counts[bucket(x)] += 1
    return [counts]


def _whole(counts: list[int]) -> list[list[int]]:
    return [counts]


def _merged(rdd: RDD[Any], partitions: list[list[int]]) -> list[int]:
    """The partitions' counts in one; rows at the last border count below it."""
    counts = rdd._folded_over(partitions, lambda a, b: [x + y for x, y in zip(a, b, strict=True)])
    last = counts.pop()
    counts[-1] += last
    return counts
