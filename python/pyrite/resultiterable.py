"""The values of one key, as groupByKey and cogroup hand them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import Any, Generic, Protocol, TypeVar

__all__ = ["ResultIterable"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class _SizedIterable(Protocol[T_co], Sized, Iterable[T_co]):
    pass


class ResultIterable(Generic[T], Iterable[T]):
    """Values in input order; can be iterated any number of times and has a length, but no indexing.

    Examples
    --------
    >>> values = ResultIterable([3, 1])
    >>> len(values), list(values), sorted(values)
    (2, [3, 1], [1, 3])
    """

    def __init__(self, data: _SizedIterable[T]) -> None:
        self.data: Any = data
        self.index = 0
        self.maxindex = len(data)

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)
