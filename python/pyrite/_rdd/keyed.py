"""`RDD`: pairs to the partitions of their keys, and one value of a key's values."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pyrite import _partitions as parts
from pyrite._callsite import operation
from pyrite._lambda import own
from pyrite._rdd.partitioning import Partitioner, portable_hash
from pyrite._rdd.rows import Rows
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite.rdd import RDD
    from pyrite.resultiterable import ResultIterable

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Keyed(Rows[T]):
    """What `RDD` makes of pairs by key."""

    @action
    def partitionBy(
        self: Keyed[tuple[K, V]], numPartitions: int | None, partitionFunc: Callable[[K], int] = portable_hash
    ) -> RDD[tuple[K, V]]:
        """Each pair in partition `partitionFunc(key) % numPartitions`; self, if that is where they are.

        Examples
        --------
        >>> sc.parallelize([(1, 1), (2, 2), (3, 3)]).partitionBy(2).glom().collect()
        [[(2, 2)], [(1, 1), (3, 3)]]
        """
        count, function = self._shuffle_arguments(numPartitions, partitionFunc)
        if self.partitioner == Partitioner(count, partitionFunc):
            return cast("RDD[tuple[K, V]]", self)
        site = operation("partitionBy")
        return self._derived(self._plan.partition_by(count, function, site), site, "MapPartitionsRDD")

    @action
    def combineByKey(
        self: Keyed[tuple[K, V]],
        createCombiner: Callable[[V], U],
        mergeValue: Callable[[U, V], U],
        mergeCombiners: Callable[[U, U], U],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> RDD[tuple[K, U]]:
        """One combination of each key's values.

        In each partition a key's first value goes through `createCombiner`, each further one is merged with
        `mergeValue`; the combinations of several partitions are merged with `mergeCombiners`, in the partitions'
        order. Keys come out in the order of their first appearance.

        Examples
        --------
        >>> pairs = sc.parallelize([("a", 1), ("b", 1), ("a", 2)])
        >>> sorted(pairs.combineByKey(lambda v: [v], lambda l, v: l + [v], lambda l, m: l + m).collect())
        [('a', [1, 2]), ('b', [1])]
        """
        count, function = self._shuffle_arguments(numPartitions, partitionFunc)
        site = operation("combineByKey")
        plan = self._plan.combine(createCombiner, mergeValue, mergeCombiners, count, function, site)
        return self._derived(plan, site)

    @action
    def reduceByKey(
        self: Keyed[tuple[K, V]],
        func: Callable[[V, V], V],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> RDD[tuple[K, V]]:
        """Each key with its values reduced by `func`, from left to right, in each partition first.

        Examples
        --------
        >>> sorted(sc.parallelize([("a", 1), ("b", 1), ("a", 1)]).reduceByKey(lambda a, b: a + b).collect())
        [('a', 2), ('b', 1)]
        """
        count, function = self._shuffle_arguments(numPartitions, partitionFunc)
        site = operation("reduceByKey")
        return self._derived(self._plan.reduce_by_key(func, count, function, site), site)

    @action
    def foldByKey(
        self: Keyed[tuple[K, V]],
        zeroValue: V,
        func: Callable[[V, V], V],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> RDD[tuple[K, V]]:
        """Each key with its values folded into a copy of `zeroValue`, one copy for each key in each partition."""
        first = partial(parts.first_fold, zeroValue, func)
        return self.combineByKey(first, func, func, numPartitions, partitionFunc)

    @action
    def aggregateByKey(
        self: Keyed[tuple[K, V]],
        zeroValue: U,
        seqFunc: Callable[[U, V], U],
        combFunc: Callable[[U, U], U],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> RDD[tuple[K, U]]:
        """As foldByKey, with a function of its own (`combFunc`) for what several partitions give."""
        first = partial(parts.first_fold, zeroValue, seqFunc)
        return self.combineByKey(first, seqFunc, combFunc, numPartitions, partitionFunc)

    @action
    def groupByKey(
        self: Keyed[tuple[K, V]],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> RDD[tuple[K, ResultIterable[V]]]:
        """Each key with all its values, in input order.

        Examples
        --------
        >>> groups = sc.parallelize([("a", 1), ("b", 1), ("a", 2)]).groupByKey()
        >>> sorted(groups.mapValues(list).collect())
        [('a', [1, 2]), ('b', [1])]
        """
        count, function = self._shuffle_arguments(numPartitions, partitionFunc)
        site = operation("groupByKey")
        return self._derived(self._plan.group_by_key(count, function, site), site)

    @action
    def groupBy(
        self,
        f: Callable[[T], K],
        numPartitions: int | None = None,
        partitionFunc: Callable[[K], int] = portable_hash,
    ) -> RDD[tuple[K, ResultIterable[T]]]:
        """Each value of `f` with the rows that gave it."""
        pairs: RDD[Any] = self.keyBy(f)
        return pairs.groupByKey(numPartitions, partitionFunc)

    @action
    def distinct(self, numPartitions: int | None = None) -> RDD[T]:
        """Each row once; of equal ones the first.

        Examples
        --------
        >>> sc.parallelize([3, 1, 2, 3, 1], 2).distinct().glom().collect()
        [[2], [3, 1]]
        """
        pairs: RDD[Any] = self.map(own.beside_nothing)
        return pairs.reduceByKey(own.first_of, numPartitions).map(own.key_of)
