"""`RDD`: rows in order. The engine samples keys, cuts ranges and sorts each."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

from pyrite import _engine
from pyrite._callsite import operation
from pyrite._rdd.partitioning import itself, portable_hash
from pyrite._rdd.planned import Planned
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Sorting(Planned[T]):
    """What `RDD` has of orders."""

    @action
    def sortBy(self, keyfunc: Callable[[T], Any], ascending: bool = True, numPartitions: int | None = None) -> RDD[T]:
        """The rows ordered by `keyfunc(row)`; equal keys keep their order.

        Errors of `keyfunc` and of comparisons come out of the action, not of this call.

        Examples
        --------
        >>> sc.parallelize([("a", 1), ("b", 3), ("c", 2)]).sortBy(lambda pair: pair[1], False).collect()
        [('b', 3), ('c', 2), ('a', 1)]
        """
        return self._sorted(keyfunc, False, ascending, numPartitions, "sortBy")

    @action
    def sortByKey(
        self: Sorting[tuple[K, V]],
        ascending: bool | None = True,
        numPartitions: int | None = None,
        keyfunc: Callable[[Any], Any] = itself,
    ) -> RDD[tuple[K, V]]:
        """The pairs ordered by `keyfunc(key)`; equal keys keep their order.

        Examples
        --------
        >>> sc.parallelize([("b", 1), ("a", 2), ("C", 3)]).sortByKey(keyfunc=lambda key: key.lower()).collect()
        [('a', 2), ('b', 1), ('C', 3)]
        """
        return self._sorted(None if keyfunc is itself else keyfunc, True, bool(ascending), numPartitions, "sortByKey")

    def _sorted(
        self, key: Callable[[Any], Any] | None, by_key: bool, ascending: bool, partitions: int | None, method: str
    ) -> RDD[Any]:
        site = operation(method)
        count = self._reduce_partitions() if partitions is None else int(partitions)
        if count <= 0:
            return self._derived(_engine.Plan.empty(0), site)
        return self._derived(self._plan.sort(key, by_key, bool(ascending), count, site), site)

    @action
    def repartitionAndSortWithinPartitions(
        self: Sorting[tuple[K, V]],
        numPartitions: int | None = None,
        partitionFunc: Callable[[Any], int] = portable_hash,
        ascending: bool = True,
        keyfunc: Callable[[Any], Any] = itself,
    ) -> RDD[tuple[K, V]]:
        """As partitionBy, with the pairs of each partition ordered by `keyfunc(key)`; equal keys keep their order.

        Examples
        --------
        >>> pairs = sc.parallelize([(0, 5), (3, 8), (2, 6), (0, 8), (3, 8), (1, 3)])
        >>> pairs.repartitionAndSortWithinPartitions(2, lambda key: key % 2).glom().collect()
        [[(0, 5), (0, 8), (2, 6)], [(1, 3), (3, 8), (3, 8)]]
        """
        site = operation("repartitionAndSortWithinPartitions")
        count, function = self._shuffle_arguments(numPartitions, partitionFunc)
        key = None if keyfunc is itself else keyfunc
        return self._derived(self._plan.sort_within(key, bool(ascending), count, function, site), site)
