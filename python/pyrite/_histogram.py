"""`RDD.histogram`: how many rows fall between borders."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isinf, isnan
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

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
            counted = rdd.filter(lambda x: not (x is None or (isinstance(x, float) and isnan(x))))
            least, most = _edges(counted)
            if least == most or buckets == 1:
                return [least, most], [counted.count()]
            borders, step = _even(least, most, buckets)
            return borders, _counts(rdd, least, most, buckets, lambda x: int((x - least) / step))
        if not isinstance(buckets, list | tuple):
            raise TypeError("buckets should be a list or tuple or number(int or long)")
        _check(buckets)
        least, most, number = buckets[0], buckets[-1], len(buckets) - 1
        if _are_even(buckets):
            step = (most - least) / number
            return buckets, _counts(rdd, least, most, number, lambda x: int((x - least) / step))
        return buckets, _counts(rdd, least, most, number, lambda x: bisect_right(buckets, x) - 1)


def _edges(rows: RDD[Any]) -> tuple[Any, Any]:
    """The smallest and the largest row."""
    return rows.map(lambda x: (x, x)).reduce(lambda a, b: (min(a[0], b[0]), max(a[1], b[1])))


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


def _counts(rdd: RDD[Any], least: Any, most: Any, number: int, bucket: Callable[[Any], int]) -> list[int]:
    """How many rows between the edges are in each bucket; the last has those at the last border, too."""
    inside = rdd.filter(lambda x: not (x is None or (isinstance(x, float) and isnan(x)) or x > most or x < least))
    counts = [0] * (number + 1)
    for index, count in inside.map(bucket).countByValue().items():
        counts[index] += count
    last = counts.pop()
    counts[-1] += last
    return counts
