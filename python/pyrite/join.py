"""Joins: pairs of several RDDs meet by key in the engine.

Keys come out in the order of their first appearance, left RDD first; within a key, for each left value every right one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pyrite import _engine
from pyrite._callsite import operation
from pyrite._mistakes import MAKE_AN_RDD, advised

if TYPE_CHECKING:
    from pyrite.rdd import RDD

Kind = Literal["inner", "left_outer", "right_outer", "full_outer", "cogroup", "subtract", "intersect"]


def itself(value: Any) -> Any:
    """The value. The engine knows this function and doesn't call it."""
    return value


def joined(kind: Kind, rdds: Sequence[RDD[Any]], partitions: int | None, method: str) -> RDD[Any]:
    """What `kind` makes of the values that the RDDs have for each key.

    Raises
    ------
    AttributeError
        One of them is no RDD.
    """
    for rdd in rdds:
        if not hasattr(rdd, "mapValues"):
            error = AttributeError(f"{type(rdd).__name__!r} object has no attribute 'mapValues'")
            raise advised(error, f"this takes another RDD; {MAKE_AN_RDD}")
    # PySpark's mark values so: rows may be longer than pairs.
    rdds = [rdd.mapValues(itself) for rdd in rdds]
    first = rdds[0]
    if partitions is None:
        # PySpark groups the union of all by key, and lets that decide.
        together = rdds[0]
        for rdd in rdds[1:]:
            together = together._derived(_engine.Plan.union([together._plan, rdd._plan]), "union")
        partitions = together._reduce_partitions()
    site = operation(method)
    plan = first._plan.join(kind, [rdd._plan for rdd in rdds[1:]], int(partitions), None, site)
    return first._derived(plan, site)


def python_join(rdd: RDD[Any], other: RDD[Any], numPartitions: int | None) -> RDD[Any]:
    """`rdd.join`, by the name of PySpark's function."""
    return joined("inner", (rdd, other), numPartitions, "join")


def python_left_outer_join(rdd: RDD[Any], other: RDD[Any], numPartitions: int | None) -> RDD[Any]:
    """`rdd.leftOuterJoin`."""
    return joined("left_outer", (rdd, other), numPartitions, "leftOuterJoin")


def python_right_outer_join(rdd: RDD[Any], other: RDD[Any], numPartitions: int | None) -> RDD[Any]:
    """`rdd.rightOuterJoin`."""
    return joined("right_outer", (rdd, other), numPartitions, "rightOuterJoin")


def python_full_outer_join(rdd: RDD[Any], other: RDD[Any], numPartitions: int | None) -> RDD[Any]:
    """`rdd.fullOuterJoin`."""
    return joined("full_outer", (rdd, other), numPartitions, "fullOuterJoin")


def python_cogroup(rdds: Sequence[RDD[Any]], numPartitions: int | None) -> RDD[Any]:
    """`rdd.cogroup`, of any number of RDDs."""
    return joined("cogroup", rdds, numPartitions, "cogroup")
