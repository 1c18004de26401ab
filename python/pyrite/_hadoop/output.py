"""A directory that tasks write a part each into, and that is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from pyrite._hadoop.paths import local
from pyrite.errors import engine_error

if TYPE_CHECKING:
    from pyrite.rdd import RDD

__all__ = ["save"]

# Writes the rows of a partition.
WritePart = Callable[[IO[bytes], Iterator[Any]], None]


def save(rdd: RDD[Any], path: str, write: WritePart, prefix: str = "part-", suffix: str = "") -> None:
    """Write each partition to a file of a new directory, then an empty file `_SUCCESS`.

    Raises
    ------
    Py4JJavaError
        The directory exists.
    """
    target = local(path)
    if os.path.lexists(target):
        kind = "org.apache.hadoop.mapred.FileAlreadyExistsException"
        raise engine_error(kind, f"Output directory file:{target} already exists")
    folder, name = os.path.split(target)
    beside = os.path.join(folder, f".{name}._temporary-{uuid.uuid4().hex}")
    os.makedirs(beside)
    try:
        rdd.ctx._engine.count(rdd.mapPartitionsWithIndex(partial(_part, beside, prefix, suffix, write))._plan)
        for left in os.listdir(beside):
            if left.startswith("."):  # an attempt that didn't end
                os.remove(os.path.join(beside, left))
        with open(os.path.join(beside, "_SUCCESS"), "wb"):
            pass
        os.rename(beside, target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _part(folder: str, prefix: str, suffix: str, write: WritePart, index: int, rows: Iterator[Any]) -> Iterable[Any]:
    name = f"{prefix}{index:05}{suffix}"
    attempt = os.path.join(folder, f".{name}-{uuid.uuid4().hex}")
    with open(attempt, "wb") as file:
        write(file, rows)
        file.flush()
        os.fsync(file.fileno())
    os.replace(attempt, os.path.join(folder, name))
    return ()
