"""`RDD.treeAggregate` and `treeReduce`: partitions' results are combined in several levels, as PySpark groups them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pyrite import _partitions as parts
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")
U = TypeVar("U")


class Trees(Generic[T]):
    """What `RDD` has of results that are combined in a tree."""

    @action
    def treeAggregate(self, zeroValue: U, seqOp: Callable[[U, T], U], combOp: Callable[[U, U], U], depth: int = 2) -> U:
        """As `aggregate`, in `depth` levels; `zeroValue` is used in partitions only.

        Raises
        ------
        ValueError
            `depth` is below 1.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3, 4], 10).treeAggregate(0, lambda a, b: a + b, lambda a, b: a + b)
        10
        """
        rdd = cast("RDD[Any]", self)
        _check(depth)
        partitions = rdd.getNumPartitions()
        if partitions == 0:
            return zeroValue
        level: RDD[Any] = rdd.mapPartitions(partial(parts.folded, zeroValue, seqOp, []))
        left: float = partitions
        scale = max(ceil(partitions ** (1.0 / depth)), 2)
        # Another level as long as it saves results.
        while left > scale + left / scale:
            left /= scale
            level = (
                level.mapPartitionsWithIndex(partial(_sorted_into, int(left))).reduceByKey(combOp, int(left)).values()
            )
        result: U = level.reduce(combOp)
        return result

    @action
    def treeReduce(self, f: Callable[[T, T], T], depth: int = 2) -> T:
        """As `reduce`, with the partitions' results combined in `depth` levels.

        Raises
        ------
        ValueError
            `depth` is below 1, or there are no rows.

        Examples
        --------
        >>> sc.parallelize([-5, -4, -3, -2, -1, 1, 2, 3, 4], 10).treeReduce(lambda a, b: a + b)
        -5
        """
        _check(depth)

        def merged(a: tuple[Any, bool], b: tuple[Any, bool]) -> tuple[Any, bool]:
            if a[1]:
                return b
            return a if b[1] else (f(a[0], b[0]), False)

        rows = cast("RDD[Any]", self).map(lambda x: (x, False))
        result, is_empty = rows.treeAggregate((None, True), merged, merged, depth)
        if is_empty:
            raise ValueError("Cannot reduce empty RDD.")
        return cast("T", result)


def _check(depth: int) -> None:
    if depth < 1:
        raise ValueError(f"Depth cannot be smaller than 1 but got {depth}.")


def _sorted_into(groups: int, partition: int, results: Iterator[U]) -> Iterator[tuple[int, U]]:
    return ((partition % groups, result) for result in results)
