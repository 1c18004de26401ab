"""Files of pickled rows, as PySpark's `saveAsPickleFile` writes them: batches of rows, ten of which are one value."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any

from pyrite._hadoop.java_arrays import read_arrays, write_arrays
from pyrite._hadoop.sequence_file import write
from pyrite._hadoop.writables import named
from pyrite._pickling import dumps

__all__ = ["read_pickles", "write_pickles"]

# So many batches are one value of a file.
_ARRAY = 10
# An automatic batch is about so many bytes.
_BEST = 1 << 16


def write_pickles(batch: int, file: IO[bytes], rows: Iterator[Any]) -> None:
    """Write rows in batches of so many; of a good size with 0, one with less."""
    classes = (named("org.apache.hadoop.io.NullWritable"), named("org.apache.hadoop.io.BytesWritable"))
    batches = _automatic(rows) if batch == 0 else _batches(batch, rows)
    write(file, ((None, write_arrays(arrays)) for arrays in _grouped(batches)), classes, None)


def _grouped(batches: Iterable[bytes]) -> Iterator[list[bytes]]:
    left = iter(batches)
    while group := list(islice(left, _ARRAY)):
        yield group


def _batches(size: int, rows: Iterator[Any]) -> Iterator[bytes]:
    while batch := list(islice(rows, size)) if size > 0 else list(rows):
        yield dumps(batch)


def _automatic(rows: Iterator[Any]) -> Iterator[bytes]:
    """Batches that grow until one has the best size."""
    size = 1
    while batch := list(islice(rows, size)):
        pickled = dumps(batch)
        yield pickled
        if len(pickled) < _BEST:
            size *= 2
        elif len(pickled) > 10 * _BEST and size > 1:
            size //= 2


def read_pickles(pairs: Iterable[tuple[Any, Any]]) -> Iterator[Any]:
    """The rows in the values of such a file."""
    for _, value in pairs:
        for array in read_arrays(bytes(value)):
            yield from pickle.loads(array)
