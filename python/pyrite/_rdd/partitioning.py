"""Which partition a key goes to: `portable_hash`, `Partitioner`."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from pyrite import _engine


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


def itself(row: Any) -> Any:
    """The default key of `sortByKey`; the engine sorts by the key as it is."""
    return row
