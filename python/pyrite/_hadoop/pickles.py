"""Files of pickled rows, as PySpark's `saveAsPickleFile` writes them: batches of rows, ten of which are one value."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import IO, Any

from pyrite._batches import batches, growing_batches
from pyrite._hadoop.java_arrays import read_arrays, write_arrays
from pyrite._hadoop.sequence_file import write
from pyrite._hadoop.writables import named
from pyrite._pickling import dumps

__all__ = ["read_pickles", "write_pickles"]

# So many batches are one value of a file.
_ARRAY = 10


def write_pickles(batch: int, file: IO[bytes], rows: Iterator[Any]) -> None:
    """Write rows in batches of so many; of a good size with 0, one with less."""
    classes = (named("org.apache.hadoop.io.NullWritable"), named("org.apache.hadoop.io.BytesWritable"))
    pickled = map(dumps, batches(rows, max(batch, 0) or None)) if batch else growing_batches(rows, dumps)
    write(file, ((None, write_arrays(arrays)) for arrays in batches(pickled, _ARRAY)), classes, None)


def read_pickles(pairs: Iterable[tuple[Any, Any]]) -> Iterator[Any]:
    """The rows in the values of such a file."""
    for _, value in pairs:
        for array in read_arrays(value):
            yield from pickle.loads(array)
