"""`RDD`: transformations of several RDDs, and those that make other partitions."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pyrite import _engine
from pyrite._callsite import operation
from pyrite._lambda import own
from pyrite._mistakes import MAKE_AN_RDD, advised
from pyrite._rdd.planned import Planned
from pyrite._rdd.rows import Rows
from pyrite._traceback import action
from pyrite.join import joined

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def _rdd(other: RDD[Any], method: str) -> RDD[Any]:
    if not isinstance(other, Planned):
        raise AttributeError(f"{method}() needs an RDD, but it was given a {type(other).__name__}; {MAKE_AN_RDD}")
    return other


class Several(Rows[T]):
    """What `RDD` makes of several RDDs, or of all of its partitions."""

    @action
    def union(self, other: RDD[U]) -> RDD[T | U]:
        """The partitions of this RDD, then those of the other; with the same partitioner, partition by partition.

        Raises
        ------
        AttributeError
            `other` is not an RDD.
        """
        made = _engine.Plan.union([self._taken(), _rdd(other, "union")._taken()])
        return self._derived(made, operation("union"), "UnionRDD")

    @action
    def __add__(self, other: RDD[U]) -> RDD[T | U]:
        """The union.

        Raises
        ------
        TypeError
            `other` is not an RDD.
        """
        if not isinstance(other, Planned):
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
            return self._derived(self._taken().repartition(int(numPartitions)), site, "MapPartitionsRDD")
        return self._derived(self._taken().coalesce(int(numPartitions)), site, "CoalescedRDD")

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
        plan = _rdd(other, "zip")._plan
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
        plan = _rdd(other, "cartesian")._taken()
        return self._derived(self._taken().cartesian(plan), operation("cartesian"), "CartesianRDD")

    @action
    def intersection(self, other: RDD[T]) -> RDD[T]:
        """The rows that both have, each once."""
        left: RDD[Any] = self.map(own.beside_nothing)
        right: RDD[Any] = other.map(own.beside_nothing)
        return joined("intersect", (left, right), None, "intersection")

    @action
    def subtract(self, other: RDD[T], numPartitions: int | None = None) -> RDD[T]:
        """The rows that `other` doesn't have, as often as they are here."""
        left: RDD[Any] = self.map(own.beside_true)
        return left.subtractByKey(other.map(own.beside_true), numPartitions).keys()

    @action
    def subtractByKey(
        self: Several[tuple[K, V]], other: RDD[tuple[K, Any]], numPartitions: int | None = None
    ) -> RDD[tuple[K, V]]:
        """The pairs whose key `other` doesn't have."""
        return joined("subtract", (cast("RDD[Any]", self), other), numPartitions, "subtractByKey")
