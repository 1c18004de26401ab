"""How `parallelize` cuts a collection into partitions, exactly as PySpark does: lists by chunks, ranges by element."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, pairwise
from typing import Any

# PySpark pickles rows in chunks of this many, and cuts between chunks only.
LONGEST_CHUNK = 1024


def list_slices(rows: Any, slices: int, batch_size: int) -> list[list[Any]]:
    """The partitions of anything with a length.

    Examples
    --------
    >>> list_slices(list(range(10)), 4, 0)
    [[0, 1], [2, 3], [4, 5], [6, 7, 8, 9]]
    >>> list_slices("abc", 5, 0)
    [[], ['a'], [], ['b'], ['c']]
    """
    count = len(rows)
    chunk = max(1, min(count // slices, batch_size or LONGEST_CHUNK))
    chunks = -(-count // chunk)
    ends = [min(count, (i + 1) * chunks // slices * chunk) for i in range(slices)]
    if isinstance(rows, (list, tuple)):
        starts = [0, *ends[:-1]]
        return [list(rows[start:end]) for start, end in zip(starts, ends, strict=True)]
    left = iter(rows)
    return [list(islice(left, end - start)) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def range_slices(numbers: range, slices: int) -> Sequence[range]:
    """The partitions of a range, each a range.

    Examples
    --------
    >>> range_slices(range(10), 4)
    [range(0, 2), range(2, 5), range(5, 7), range(7, 10)]
    """
    count = len(numbers)
    # The division is a float's, as PySpark's is.
    cuts = [int(i * count / slices) for i in range(slices + 1)]
    return [numbers[start:end] for start, end in pairwise(cuts)]
