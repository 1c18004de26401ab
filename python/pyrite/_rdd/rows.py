"""`RDD`: transformations of one row or one partition at a time."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeVar

from pyrite import _partitions as parts
from pyrite._callsite import operation
from pyrite._lambda import own
from pyrite._rdd.planned import Planned
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Rows(Planned[T]):
    """What `RDD` makes of one row, or of one partition's rows."""

    def map(self, f: Callable[[T], U], preservesPartitioning: bool = False) -> RDD[U]:
        """`f(row)` for each row.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3]).map(lambda x: x * 2).collect()
        [2, 4, 6]
        """
        return self._narrow("map", f, preservesPartitioning, "map")

    def flatMap(self, f: Callable[[T], Iterable[U]], preservesPartitioning: bool = False) -> RDD[U]:
        """All elements of `f(row)`, for each row.

        Examples
        --------
        >>> sc.parallelize(["to be", "or not"]).flatMap(lambda line: line.split()).collect()
        ['to', 'be', 'or', 'not']
        """
        return self._narrow("flat_map", f, preservesPartitioning, "flatMap")

    def filter(self, f: Callable[[T], Any]) -> RDD[T]:
        """The rows for which `f(row)` is true. Keeps the partitioner.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3]).filter(lambda x: x != 2).collect()
        [1, 3]
        """
        return self._narrow("filter", f, True, "filter")

    def mapValues(self: Rows[tuple[K, V]], f: Callable[[V], U]) -> RDD[tuple[K, U]]:
        """`(key, f(value))` for each pair. Keeps the partitioner."""
        return self._narrow("map_values", f, True, "mapValues")

    def flatMapValues(self: Rows[tuple[K, V]], f: Callable[[V], Iterable[U]]) -> RDD[tuple[K, U]]:
        """`(key, element)` for each element of `f(value)`. Keeps the partitioner."""
        return self._narrow("flat_map_values", f, True, "flatMapValues")

    def mapPartitions(self, f: Callable[[Iterator[T]], Iterable[U]], preservesPartitioning: bool = False) -> RDD[U]:
        """What `f(iterator)` gives, called once a partition with its rows.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3, 4], 2).mapPartitions(lambda rows: [sum(rows)]).collect()
        [3, 7]
        """
        return self._narrow("map_partitions", f, preservesPartitioning, "mapPartitions")

    def mapPartitionsWithIndex(
        self, f: Callable[[int, Iterator[T]], Iterable[U]], preservesPartitioning: bool = False
    ) -> RDD[U]:
        """What `f(index, iterator)` gives, called once a partition."""
        return self._narrow("map_partitions_with_index", f, preservesPartitioning, "mapPartitionsWithIndex")

    def mapPartitionsWithSplit(
        self, f: Callable[[int, Iterator[T]], Iterable[U]], preservesPartitioning: bool = False
    ) -> RDD[U]:
        """The old name of `mapPartitionsWithIndex`."""
        warnings.warn(
            "mapPartitionsWithSplit is deprecated; use mapPartitionsWithIndex instead", FutureWarning, stacklevel=2
        )
        return self.mapPartitionsWithIndex(f, preservesPartitioning)

    def keys(self: Rows[tuple[K, V]]) -> RDD[K]:
        """The first element of each pair."""
        return self.map(own.key_of)

    def values(self: Rows[tuple[K, V]]) -> RDD[V]:
        """The second element of each pair."""
        return self.map(own.value_of)

    def keyBy(self, f: Callable[[T], K]) -> RDD[tuple[K, T]]:
        """`(f(row), row)` for each row."""
        return self.map(lambda row: (f(row), row))

    def glom(self) -> RDD[list[T]]:
        """Each partition as one list.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3, 4], 2).glom().collect()
        [[1, 2], [3, 4]]
        """
        return self._over_partitions(parts.listed)

    @action
    def zipWithIndex(self) -> RDD[tuple[T, int]]:
        """Each row with its index. With more than one partition this runs a job, which counts the rows."""
        starts = [0]
        if self.getNumPartitions() > 1:
            starts = [0, *accumulate(self.ctx._engine.counts(self._plan)[:-1])]
        site = operation("zipWithIndex")
        return self._derived(self._plan.numbered(site, starts), site)

    @action
    def zipWithUniqueId(self) -> RDD[tuple[T, int]]:
        """Each row with a number of its own: in partition p of n the numbers p, p + n, p + 2n, and so on."""
        site = operation("zipWithUniqueId")
        return self._derived(self._plan.numbered(site, None, self.getNumPartitions()), site)
