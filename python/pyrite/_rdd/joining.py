"""`RDD`: pairs of several RDDs that meet by key; `join` has how."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pyrite._rdd.planned import Planned
from pyrite._traceback import action
from pyrite.join import joined

if TYPE_CHECKING:
    from pyrite.rdd import RDD
    from pyrite.resultiterable import ResultIterable

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Joining(Planned[T]):
    """What `RDD` makes of pairs of several RDDs by key."""

    @action
    def join(
        self: Joining[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[V, U]]]:
        """`(key, (value, other's value))` for every pair of values of a key that both have.

        Examples
        --------
        >>> left, right = sc.parallelize([("a", 1), ("b", 4)]), sc.parallelize([("a", 2), ("a", 3)])
        >>> left.join(right).collect()
        [('a', (1, 2)), ('a', (1, 3))]
        """
        return joined("inner", (cast("RDD[Any]", self), other), numPartitions, "join")

    @action
    def leftOuterJoin(
        self: Joining[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[V, U | None]]]:
        """As join, with every value of this RDD: beside None where `other` lacks the key."""
        return joined("left_outer", (cast("RDD[Any]", self), other), numPartitions, "leftOuterJoin")

    @action
    def rightOuterJoin(
        self: Joining[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[V | None, U]]]:
        """As join, with every value of `other`: beside None where this RDD lacks the key."""
        return joined("right_outer", (cast("RDD[Any]", self), other), numPartitions, "rightOuterJoin")

    @action
    def fullOuterJoin(
        self: Joining[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[V | None, U | None]]]:
        """As join, with every value of both."""
        return joined("full_outer", (cast("RDD[Any]", self), other), numPartitions, "fullOuterJoin")

    @action
    def cogroup(
        self: Joining[tuple[K, V]], other: RDD[tuple[K, U]], numPartitions: int | None = None
    ) -> RDD[tuple[K, tuple[ResultIterable[V], ResultIterable[U]]]]:
        """Each key with its values here and its values in `other`."""
        return joined("cogroup", (cast("RDD[Any]", self), other), numPartitions, "cogroup")

    @action
    def groupWith(
        self: Joining[tuple[Any, Any]], other: RDD[tuple[Any, Any]], *others: RDD[tuple[Any, Any]]
    ) -> RDD[Any]:
        """As cogroup, of any number of RDDs."""
        return joined("cogroup", (cast("RDD[Any]", self), other, *others), None, "groupWith")
