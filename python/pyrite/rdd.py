"""`RDD`: rows in partitions, what can be made of them (transformations) and got out of them (actions).

A transformation only adds a step to the plan; an action has the engine run it. Methods, their defaults and the order of
their results are PySpark's. What a partition's rows go through in an action is in `_partitions`, joins are in `join`.
"""

from __future__ import annotations

import operator
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from pyrite import _engine
from pyrite import _partitions as parts
from pyrite._approximate import Approximate, BoundedFloat
from pyrite._callsite import operation
from pyrite._histogram import Histogram
from pyrite._kafka import Topic
from pyrite._lambda import start_value
from pyrite._mistakes import MAKE_AN_RDD, NotAList, advised
from pyrite._notes import annotate
from pyrite._notyet import RDD as NOT_YET
from pyrite._notyet import absent
from pyrite._piping import Piping
from pyrite._sampling import Sampling
from pyrite._traceback import action
from pyrite._trees import Trees
from pyrite.errors import PySparkRuntimeError, engine_error
from pyrite.join import joined
from pyrite.resultiterable import ResultIterable
from pyrite.statcounter import StatCounter
from pyrite.storagelevel import StorageLevel

if TYPE_CHECKING:
    from pyrite.context import SparkContext

__all__ = ["RDD", "BoundedFloat", "Partitioner", "PipelinedRDD", "portable_hash"]

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
V1 = TypeVar("V1")
V2 = TypeVar("V2")
W = TypeVar("W")


def portable_hash(x: Hashable) -> int:
    """The hash that sends a key to its partition: the same in every process, as PySpark's with PYTHONHASHSEED=0.

    Raises
    ------
    TypeError
        `x` can't be hashed.

    Examples
    --------
    >>> portable_hash("a"), portable_hash(("a", 1)), portable_hash(None)
    (4644417185603328019, 102774922574124034, 0)
    """
    return _engine.portable_hash(x)


class Partitioner:
    """A number of partitions and the function that chooses among them.

    Examples
    --------
    >>> Partitioner(3, lambda key: key)(-1)
    2
    """

    def __init__(self, numPartitions: int, partitionFunc: Callable[[Any], int]) -> None:
        self.numPartitions = numPartitions
        self.partitionFunc = partitionFunc

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Partitioner)
            and self.numPartitions == other.numPartitions
            and self.partitionFunc == other.partitionFunc
        )

    __hash__ = None  # type: ignore[assignment]  # as PySpark's

    def __call__(self, k: Any) -> int:
        """The partition of a key."""
        return self.partitionFunc(k) % self.numPartitions


def _itself(row: Any) -> Any:
    """The default key of `sortByKey`; the engine sorts by the key as it is."""
    return row


def _plan_of(other: RDD[Any], method: str) -> _engine.Plan:
    if not isinstance(other, RDD):
        raise AttributeError(f"{method}() needs an RDD, but it was given a {type(other).__name__}; {MAKE_AN_RDD}")
    return other._plan


class RDD(Sampling[T], Histogram[T], Trees[T], Piping[T], Approximate[T], NotAList, Generic[T]):
    """Rows in partitions, made by a SparkContext or from other RDDs; it never changes.

    Errors of the user's functions come out of the actions as they were raised. Errors of the engine are Py4JJavaErrors.
    """

    def __init__(
        self,
        plan: _engine.Plan,
        ctx: SparkContext,
        deserializer: Any = None,
        *,
        kind: str = "PythonRDD",
        site: str = "",
    ) -> None:
        self._plan = plan
        self.ctx = ctx
        self.is_checkpointed = False
        self.has_resource_profile = False
        self._name: str | None = None
        self._level: StorageLevel | None = None
        self._kind = kind
        self._site = site

    # -- the plan

    def _derived(self, plan: _engine.Plan, site: str, kind: str = "PythonRDD") -> RDD[Any]:
        return RDD(plan, self.ctx, kind=kind, site=site)

    def _narrow(self, kind: str, function: Callable[..., Any], keeps: bool, method: str) -> RDD[Any]:
        site = operation(method)
        return self._derived(self._plan.narrow(kind, function, bool(keeps), site), site)

    def _over_partitions(self, function: Callable[[Any], Iterable[U]]) -> RDD[U]:
        return self._narrow("map_partitions", function, False, "mapPartitions")

    def _per_partition(self, function: Callable[..., Iterable[U]], *args: Any) -> list[U]:
        """The rows that a function of `_partitions` makes of each partition."""
        plan = self._over_partitions(partial(function, *args) if args else function)._plan
        rows: list[U] = self.ctx._engine.run(plan)
        return rows

    def _total(
        self,
        kind: str,
        resume: Callable[..., list[U]],
        function: Callable[..., Any] | None = None,
        *,
        fold: Callable[..., Any] | None = None,
        count: int = 0,
        zero: str | None = None,
        as_partial: Callable[[list[Any]], list[U]] = list,
    ) -> list[U]:
        """What each partition comes to, by a native total where there can be one.

        `resume(state, rows)` goes on from what the total has so far, and does everything where there is none.
        """
        rest = (partial(parts.resumed, resume), operation("mapPartitions"))
        found = self.ctx._engine.total(self._plan, (kind, count), (function, fold), zero, rest)
        if found is None:
            return self._per_partition(resume, [])
        results: list[U] = []
        for native, rows in found:
            results += as_partial(rows) if native else rows
        return results

    def _run(self) -> list[T]:
        rows: list[T] = self.ctx._engine.run(self._plan)
        return rows

    def _reduce_partitions(self) -> int:
        """How many partitions a shuffle makes when the call doesn't say."""
        conf = self.ctx._conf
        return self.ctx.defaultParallelism if conf.contains("spark.default.parallelism") else self.getNumPartitions()

    def _shuffle_arguments(
        self, partitions: int | None, function: Callable[[Any], int]
    ) -> tuple[int, Callable[[Any], int] | None]:
        count = self._reduce_partitions() if partitions is None else int(partitions)
        return count, None if function is portable_hash else function

    # -- facts

    @property
    def context(self) -> SparkContext:
        """The SparkContext that made it."""
        return self.ctx

    @property
    def partitioner(self) -> Partitioner | None:
        """What decided which partition a key is in; None where nothing did, or where it isn't known any more."""
        found = self._plan.partitioner
        return None if found is None else Partitioner(found[0], found[1] or portable_hash)

    @property
    def is_cached(self) -> bool:
        """Whether it is persisted."""
        return self._plan.is_cached

    def id(self) -> int:
        """Its number."""
        return self._plan.id

    def name(self) -> str | None:
        """The name given by setName, or the path of a text file."""
        return self._name

    def setName(self, name: str) -> RDD[T]:
        """Give it a name; returns self."""
        self._name = name
        return self

    @action
    def getNumPartitions(self) -> int:
        """The number of partitions.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3, 4], 2).getNumPartitions()
        2
        """
        return self._plan.num_partitions

    @action
    def toDebugString(self) -> bytes:
        """The plan that makes it, one step a line, indented at shuffles."""
        return self._plan.lineage().encode()

    @action
    def explain(self) -> None:
        """Print the plan, its stages and, for every function, whether it is compiled, and if not, why."""
        sys.stdout.write(self._explained() + "\n")

    def _explained(self) -> str:
        text: str = self.ctx._engine.explain(self._plan)
        return text.rstrip("\n")

    def __repr__(self) -> str:
        name = f"{self._name} " if self._name else ""
        return f"{name}{self._kind}[{self.id()}] at {self._site}".removesuffix(" at ")

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(errorClass="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER", messageParameters={})

    if not TYPE_CHECKING:  # type checkers know what isn't there

        @action
        def __getattr__(self, name: str) -> NoReturn:
            raise absent(self, name, NOT_YET)

    # -- persisting

    def cache(self) -> RDD[T]:
        """Keep the rows once they have been computed; returns self."""
        return self.persist(StorageLevel.MEMORY_ONLY)

    @action
    def persist(self, storageLevel: StorageLevel = StorageLevel.MEMORY_ONLY) -> RDD[T]:
        """Keep the rows once they have been computed; returns self.

        Raises
        ------
        TypeError
            It isn't a StorageLevel.
        Py4JJavaError
            The RDD is persisted with another level.
        """
        if not isinstance(storageLevel, StorageLevel):
            raise TypeError("storageLevel must be of type pyspark.StorageLevel")
        if self.is_cached and self.getStorageLevel() != storageLevel:
            raise engine_error(
                "org.apache.spark.SparkUnsupportedOperationException",
                "Cannot change storage level of an RDD after it was already assigned a level",
            )
        self._level = storageLevel
        self._plan.persist(storageLevel.useMemory, storageLevel.useDisk)
        return self

    def unpersist(self, blocking: bool = False) -> RDD[T]:
        """Give the kept rows up; returns self."""
        self._level = None
        self._plan.unpersist()
        return self

    def getStorageLevel(self) -> StorageLevel:
        """The level it is persisted with, or StorageLevel.NONE."""
        return (self._level or StorageLevel.MEMORY_ONLY) if self.is_cached else StorageLevel.NONE

    # -- one row, one partition at a time

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

    def mapValues(self: RDD[tuple[K, V]], f: Callable[[V], U]) -> RDD[tuple[K, U]]:
        """`(key, f(value))` for each pair. Keeps the partitioner."""
        return self._narrow("map_values", f, True, "mapValues")

    def flatMapValues(self: RDD[tuple[K, V]], f: Callable[[V], Iterable[U]]) -> RDD[tuple[K, U]]:
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

    def keys(self: RDD[tuple[K, V]]) -> RDD[K]:
        """The first element of each pair."""
        return self.map(lambda pair: pair[0])

    def values(self: RDD[tuple[K, V]]) -> RDD[V]:
        """The second element of each pair."""
        return self.map(lambda pair: pair[1])

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

    # -- several RDDs, other partitions

    @action
    def union(self, other: RDD[U]) -> RDD[T | U]:
        """The partitions of this RDD, then those of the other; with the same partitioner, partition by partition.

        Raises
        ------
        AttributeError
            `other` is not an RDD.
        """
        return self._derived(_engine.Plan.union([self._plan, _plan_of(other, "union")]), operation("union"), "UnionRDD")

    @action
    def __add__(self, other: RDD[U]) -> RDD[T | U]:
        """The union.

        Raises
        ------
        TypeError
            `other` is not an RDD.
        """
        if not isinstance(other, RDD):
            kind = type(other).__name__
            raise advised(TypeError(), f"an RDD can be added to an RDD, not a {kind}; {MAKE_AN_RDD}")
        return self.union(other)

    @action
    def coalesce(self, numPartitions: int, shuffle: bool = False) -> RDD[T]:
        """Fewer partitions, each of neighbouring ones; with `shuffle`, any number of them, evenly filled.

        Raises
        ------
        ValueError
            `numPartitions` isn't positive.
        """
        if numPartitions <= 0:
            raise ValueError("Number of partitions must be positive.")
        site = operation("coalesce")
        if shuffle:
            return self._derived(self._plan.repartition(int(numPartitions)), site, "MapPartitionsRDD")
        return self._derived(self._plan.coalesce(int(numPartitions)), site, "CoalescedRDD")

    @action
    def repartition(self, numPartitions: int) -> RDD[T]:
        """That number of partitions, filled from all others in groups of ten rows, as PySpark does.

        Raises
        ------
        ValueError
            `numPartitions` isn't positive.
        """
        return self.coalesce(numPartitions, shuffle=True)

    @action
    def zip(self, other: RDD[U]) -> RDD[tuple[T, U]]:
        """Pairs of the rows that stand side by side. A partition with more rows than the other's fails the job.

        Raises
        ------
        ValueError
            The RDDs don't have equally many partitions.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3]).zip(sc.parallelize(["a", "b", "c"])).collect()
        [(1, 'a'), (2, 'b'), (3, 'c')]
        """
        plan = _plan_of(other, "zip")
        if self.getNumPartitions() != other.getNumPartitions():
            raise ValueError("Can only zip with RDD which has the same number of partitions")
        return self._derived(self._plan.zip(plan), operation("zip"))

    @action
    def cartesian(self, other: RDD[U]) -> RDD[tuple[T, U]]:
        """Every row with every row of `other`: a partition for each two partitions, in it all of `other` for each row.

        Examples
        --------
        >>> sc.parallelize([1, 2]).cartesian(sc.parallelize(["a", "b"])).collect()
        [(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]
        """
        plan = _plan_of(other, "cartesian")
        return self._derived(self._plan.cartesian(plan), operation("cartesian"), "CartesianRDD")

    @action
    def intersection(self, other: RDD[T]) -> RDD[T]:
        """The rows that both have, each once."""
        left: RDD[Any] = self.map(lambda row: (row, None))
        right: RDD[Any] = other.map(lambda row: (row, None))
        return joined("intersect", (left, right), None, "intersection")

    @action
    def subtract(self, other: RDD[T], numPartitions: int | None = None) -> RDD[T]:
        """The rows that `other` doesn't have, as often as they are here."""
        left: RDD[Any] = self.map(lambda row: (row, True))
        return left.subtractByKey(other.map(lambda row: (row, True)), numPartitions).keys()

    @action
    def subtractByKey(
        self: RDD[tuple[K, V]], other: RDD[tuple[K, Any]], numPartitions: int | None = None
    ) -> RDD[tuple[K, V]]:
        """The pairs whose key `other` doesn't have."""
        return joined("subtract", (self, other), numPartitions, "subtractByKey")

    # -- sorting

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
        self: RDD[tuple[K, V]],
        ascending: bool | None = True,
        numPartitions: int | None = None,
        keyfunc: Callable[[Any], Any] = _itself,
    ) -> RDD[tuple[K, V]]:
        """The pairs ordered by `keyfunc(key)`; equal keys keep their order.

        Examples
        --------
        >>> sc.parallelize([("b", 1), ("a", 2), ("C", 3)]).sortByKey(keyfunc=lambda key: key.lower()).collect()
        [('a', 2), ('b', 1), ('C', 3)]
        """
        return self._sorted(None if keyfunc is _itself else keyfunc, True, bool(ascending), numPartitions, "sortByKey")

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
        self: RDD[tuple[K, V]],
        numPartitions: int | None = None,
        partitionFunc: Callable[[Any], int] = portable_hash,
        ascending: bool = True,
        keyfunc: Callable[[Any], Any] = _itself,
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
        key = None if keyfunc is _itself else keyfunc
        return self._derived(self._plan.sort_within(key, bool(ascending), count, function, site), site)

    # -- by key

    @action
    def partitionBy(
        self: RDD[tuple[K, V]], numPartitions: int | None, partitionFunc: Callable[[K], int] = portable_hash
    ) -> RDD[tuple[K, V]]:
        """Each pair in partition `partitionFunc(key) % numPartitions`; self, if that is where they are.

        Examples
        --------
        >>> sc.parallelize([(1, 1), (2, 2), (3, 3)]).partitionBy(2).glom().collect()
        [[(2, 2)], [(1, 1), (3, 3)]]
        """
        count, function = self._shuffle_arguments(numPartitions, partitionFunc)
        if self.partitioner == Partitioner(count, partitionFunc):
            return self
        site = operation("partitionBy")
        return self._derived(self._plan.partition_by(count, function, site), site, "MapPartitionsRDD")

    @action
    def combineByKey(
        self: RDD[tuple[K, V]],
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
        self: RDD[tuple[K, V]],
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
        self: RDD[tuple[K, V]],
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
        self: RDD[tuple[K, V]],
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
        self: RDD[tuple[K, V]],
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
        pairs: RDD[Any] = self.map(lambda row: (row, None))
        return pairs.reduceByKey(lambda first, again: first, numPartitions).map(lambda pair: pair[0])

    @action
    def join(
        self: RDD[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[V, U]]]:
        """`(key, (value, other's value))` for every pair of values of a key that both have.

        Examples
        --------
        >>> left, right = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2), ("a", 3)])
        >>> left.join(right).collect()
        [('a', (1, 2)), ('a', (1, 3))]
        """
        return joined("inner", (self, other), numPartitions, "join")

    @action
    def leftOuterJoin(
        self: RDD[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[V, U | None]]]:
        """As join, with every value of this RDD: beside None where `other` lacks the key."""
        return joined("left_outer", (self, other), numPartitions, "leftOuterJoin")

    @action
    def rightOuterJoin(
        self: RDD[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[V | None, U]]]:
        """As join, with every value of `other`: beside None where this RDD lacks the key."""
        return joined("right_outer", (self, other), numPartitions, "rightOuterJoin")

    @action
    def fullOuterJoin(
        self: RDD[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[V | None, U | None]]]:
        """As join, with every value of both."""
        return joined("full_outer", (self, other), numPartitions, "fullOuterJoin")

    @action
    def cogroup(
        self: RDD[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[ResultIterable[V], ResultIterable[U]]]]:
        """Each key with its values here and its values in `other`."""
        return joined("cogroup", (self, other), numPartitions, "cogroup")

    @action
    def groupWith(self: RDD[tuple[Any, Any]], other: RDD[tuple[Any, Any]], *others: RDD[tuple[Any, Any]]) -> RDD[Any]:
        """As cogroup, of any number of RDDs."""
        return joined("cogroup", (self, other, *others), None, "groupWith")

    # -- actions: rows

    @action
    def collect(self) -> list[T]:
        """All rows, in the partitions' order."""
        return self._run()

    @action
    def take(self, num: int) -> list[T]:
        """The first `num` rows. No more partitions are computed than they need, and none further than they need.

        Examples
        --------
        >>> sc.parallelize(range(100), 10).take(3)
        [0, 1, 2]
        """
        rows: list[T] = []
        total = self.getNumPartitions()
        scanned = 0
        engine = self.ctx._engine
        while len(rows) < num and scanned < total:
            more = 1
            if scanned and not rows:
                more = scanned * 4
            elif scanned:
                more = min(max(int(1.5 * num * scanned / len(rows)) - scanned, 1), scanned * 4)
            last = min(scanned + more, total)
            rows += engine.run(self._plan, list(range(scanned, last)), int(num) - len(rows))
            scanned = last
        return rows[: max(num, 0)]

    @action
    def first(self) -> T:
        """The first row.

        Raises
        ------
        ValueError
            There is none.
        """
        for row in self.take(1):
            return row
        raise ValueError("RDD is empty")

    @action
    def isEmpty(self) -> bool:
        """Whether there is no row."""
        return self.getNumPartitions() == 0 or not self.take(1)

    @action
    def top(self, num: int, key: Callable[[T], Any] | None = None) -> list[T]:
        """The `num` largest rows, largest first.

        Raises
        ------
        ValueError
            The RDD has no partitions.

        Examples
        --------
        >>> sc.parallelize([10, 4, 2, 12, 3]).top(2)
        [12, 10]
        """
        largest = self._extremes("largest", partial(parts.largest, num, key), num, key)
        return self._folded_over(largest, partial(parts.larger_of, num, key))

    def _extremes(
        self, kind: str, resume: Callable[..., list[list[T]]], num: int, key: Callable[[T], Any] | None
    ) -> list[list[T]]:
        if type(num) is not int or not 0 < num < 2**31:
            return self._per_partition(resume, [])
        return self._total(kind, resume, key, count=num, as_partial=lambda rows: [rows])

    @action
    def takeOrdered(self, num: int, key: Callable[[T], Any] | None = None) -> list[T]:
        """The `num` smallest rows, smallest first.

        Raises
        ------
        ValueError
            `num` is negative.

        Examples
        --------
        >>> sc.parallelize([10, 4, 2, 12, 3]).takeOrdered(3, key=lambda x: -x)
        [12, 10, 4]
        """
        if num < 0:
            raise ValueError("top N cannot be negative.")
        if num == 0 or self.getNumPartitions() == 0:
            return []
        smallest = self._extremes("smallest", partial(parts.smallest, num, key), num, key)
        return self._folded_over(smallest, partial(parts.smaller_of, num, key))

    @action
    def lookup(self: RDD[tuple[K, V]], key: K) -> list[V]:
        """The values of a key. With a partitioner, only the key's partition is computed."""
        values = self.filter(lambda pair: pair[0] == key).values()
        partitioner = self.partitioner
        if partitioner is None:
            return values.collect()
        rows: list[V] = self.ctx._engine.run(values._plan, [partitioner(key)])
        return rows

    @action
    def collectAsMap(self: RDD[tuple[K, V]]) -> dict[K, V]:
        """The pairs as a dict; of a key's values the last."""
        return dict(self._run())

    @action
    def collectWithJobGroup(self, groupId: str, description: str, interruptOnCancel: bool = False) -> list[T]:
        """All rows, by jobs of a group. Deprecated: use InheritableThread."""
        warnings.warn(
            "Deprecated in 3.1, Use pyspark.InheritableThread with the pinned thread mode enabled.",
            FutureWarning,
            stacklevel=2,
        )
        self.ctx.setJobGroup(groupId, description, interruptOnCancel)
        return self._run()

    def toLocalIterator(self, prefetchPartitions: bool = False) -> Iterator[T]:
        """All rows, computed one partition at a time as they are asked for."""
        return _LocalIterator(self)

    @action
    def foreach(self, f: Callable[[T], Any]) -> None:
        """Call `f(row)` for each row. It works on copies: what it changes isn't seen outside."""
        self._per_partition(parts.called, f)

    @action
    def foreachPartition(self, f: Callable[[Iterator[T]], Any]) -> None:
        """Call `f(iterator)` for each partition."""
        self.ctx._engine.count(self._over_partitions(partial(parts.called_once, f))._plan)

    @action
    def saveAsTextFile(self, path: str, compressionCodecClass: str | None = None) -> None:
        """Write each partition to a file `part-NNNNN` in a new folder, a row a line; then an empty file `_SUCCESS`.

        A str is written as it is, bytes are decoded, anything else is `str(row)`.

        Raises
        ------
        Py4JJavaError
            The folder exists, or the codec isn't known.
        """
        self._save_text(path, compressionCodecClass)

    @action
    def saveToKafka(
        self,
        topic: str,
        params: Mapping[str, Any],
        key: Callable[[T], str | bytes | None] | None = None,
        value: Callable[[T], str | bytes | None] | None = None,
        transactional: bool = False,
    ) -> None:
        """Write each row as a message to a topic of Kafka; returns when all are acknowledged. Not in PySpark.

        A row that is a str, bytes or None is a message's value, a pair of them its key and value. `key` and `value`
        make them of other rows; with `key` alone the row is the value. `params` are Kafka's settings, such as
        `bootstrap.servers`. With `transactional` nobody who reads committed messages only sees some of them without
        the others; `transactional.id` in `params` names who writes.

        Raises
        ------
        TypeError
            A row is neither, or an argument isn't what it should be.
        Py4JJavaError
            A setting isn't known, there is no such topic, Kafka refuses the messages.
        """
        name = None
        if transactional:
            name = params.get("transactional.id")
            if name is None:
                raise ValueError('transactional=True needs a "transactional.id" in params: the name of who writes')
        Topic(topic, params, key, value, name).save(self)

    def _save_text(self, path: str, codec: str | None = None, overwrite: bool = False) -> None:
        self.ctx._engine.save_text(self._plan, str(path), codec, overwrite)

    # -- actions: numbers

    @action
    def count(self) -> int:
        """The number of rows."""
        count: int = self.ctx._engine.count(self._plan)
        return count

    @action
    def reduce(self, f: Callable[[T, T], T]) -> T:
        """The rows reduced by `f`, from left to right: each partition first, then the partitions' results.

        Raises
        ------
        ValueError
            There are no rows.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3, 4, 5]).reduce(lambda a, b: a + b)
        15
        """
        return self._reduced("reduce", f, f)

    def _reduced(self, kind: str, f: Callable[..., T], function: Callable[..., Any] | None) -> T:
        """The rows folded by `f`, which is what the total of this kind does with the function that it is given."""
        folded: T = self._folded_over(self._total(kind, partial(parts.reduced, f), function, fold=f), f)
        return folded

    @staticmethod
    def _folded_over(results: list[U], f: Callable[..., U]) -> U:
        """The partitions' results in one."""
        if not results:
            raise ValueError("Can not reduce() empty RDD")
        try:
            folded: U = parts.fold_left(f, results)
        except Exception as error:
            annotate(error, error.__traceback__, operation("reduce"), None)
            raise
        return folded

    @action
    def fold(self, zeroValue: T, op: Callable[[T, T], T]) -> T:
        """As reduce, starting from `zeroValue` in each partition and once more for the partitions' results."""
        return self._folded(zeroValue, op, op)

    @action
    def aggregate(self, zeroValue: U, seqOp: Callable[[U, T], U], combOp: Callable[[U, U], U]) -> U:
        """As fold, with a function of its own (`combOp`) for the partitions' results.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3, 4]).aggregate((0, 0), lambda a, x: (a[0] + x, a[1] + 1),
        ...                                        lambda a, b: (a[0] + b[0], a[1] + b[1]))
        (10, 4)
        """
        return self._folded(zeroValue, seqOp, combOp)

    def _folded(self, zero: U, seqOp: Callable[[U, T], U], combOp: Callable[[U, U], U]) -> U:
        resume, constant = partial(parts.folded, zero, seqOp), start_value(zero)
        if constant is None:
            results = self._per_partition(resume, [])
        else:
            results = self._total("fold", resume, seqOp, zero=constant)
        folded: U = parts.fold_left(combOp, results, zero)
        return folded

    @action
    def sum(self: RDD[Any]) -> Any:
        """The sum of the rows; 0 when there are none."""
        total: Any = parts.fold_left(operator.add, self._total("sum", parts.summed), 0)
        return total

    @overload
    def max(self) -> T: ...
    @overload
    def max(self, key: Callable[[T], Any] | None) -> T: ...
    @action
    def max(self, key: Callable[[T], Any] | None = None) -> T:
        """The largest row.

        Raises
        ------
        ValueError
            There are no rows.
        """
        return self._reduced("max", max if key is None else partial(parts.larger, key), key)

    @overload
    def min(self) -> T: ...
    @overload
    def min(self, key: Callable[[T], Any] | None) -> T: ...
    @action
    def min(self, key: Callable[[T], Any] | None = None) -> T:
        """The smallest row.

        Raises
        ------
        ValueError
            There are no rows.
        """
        return self._reduced("min", min if key is None else partial(parts.smaller, key), key)

    @action
    def countByValue(self: RDD[K]) -> defaultdict[K, int]:
        """How often each row occurs.

        Raises
        ------
        ValueError
            The RDD has no partitions.
        """
        tallies = self._total("tally", parts.tallied, as_partial=lambda rows: [defaultdict(int, rows)])
        return self._folded_over(tallies, parts.merged_tallies)

    @action
    def countByKey(self: RDD[tuple[K, V]]) -> defaultdict[K, int]:
        """How often each key occurs.

        Raises
        ------
        ValueError
            The RDD has no partitions.
        """
        return self.keys().countByValue()

    @action
    def reduceByKeyLocally(self: RDD[tuple[K, V]], func: Callable[[V, V], V]) -> dict[K, V]:
        """As reduceByKey, as a dict."""
        results = self._per_partition(parts.reduced_by_key, func)
        return self._folded_over(results, partial(parts.merged_dicts, func))

    @action
    def stats(self: RDD[Any]) -> StatCounter:
        """Count, mean, variance, smallest and largest of numbers, in one pass.

        Raises
        ------
        ValueError
            The RDD has no partitions.
        """
        counters = self._total("stats", parts.statistics, as_partial=lambda rows: parts.statistics(rows, iter(())))
        return self._folded_over(counters, StatCounter.mergeStats)

    @action
    def mean(self: RDD[Any]) -> float:
        """The mean; 0.0 when there are no rows."""
        return self.stats().mean()

    @action
    def variance(self: RDD[Any]) -> float:
        """The population's variance."""
        return self.stats().variance()

    @action
    def stdev(self: RDD[Any]) -> float:
        """The population's standard deviation."""
        return self.stats().stdev()

    @action
    def sampleVariance(self: RDD[Any]) -> float:
        """The sample's variance."""
        return self.stats().sampleVariance()

    @action
    def sampleStdev(self: RDD[Any]) -> float:
        """The sample's standard deviation."""
        return self.stats().sampleStdev()


# PySpark's name for what a narrow operation returns; here that is an RDD like any other.
PipelinedRDD = RDD


class _LocalIterator(Iterator[T]):
    """The rows of an RDD, one partition computed after the other."""

    def __init__(self, rdd: RDD[T]) -> None:
        self._rdd = rdd
        self._partitions: Iterator[int] | None = None
        self._rows: Iterator[T] = iter(())

    @action
    def __next__(self) -> T:
        if self._partitions is None:
            self._partitions = iter(range(self._rdd.getNumPartitions()))
        while True:
            for row in self._rows:
                return row
            index = next(self._partitions)
            self._rows = iter(self._rdd.ctx._engine.run(self._rdd._plan, [index]))
