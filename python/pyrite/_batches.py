"""Rows in batches: of so many rows, or pickled ones that grow until their bytes are about as many as is best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

__all__ = ["batches", "growing_batches"]


def batches(rows: Iterable[Any], size: int | None) -> Iterator[list[Any]]:
    """Lists of so many rows; with None one of all. None is empty."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def growing_batches(rows: Iterable[Any], dumps: Callable[[Any], bytes], best: int = 1 << 16) -> Iterator[bytes]:
    """Batches as bytes: each has twice as many rows as the one before, until one has `best` bytes."""
    size, left = 1, iter(rows)
    while batch := list(islice(left, size)):
        data = dumps(batch)
        yield data
        if len(data) < best:
            size *= 2
        elif len(data) > best * 10 and size > 1:
            size //= 2
