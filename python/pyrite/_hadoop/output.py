"""A directory that tasks write a part each into, and that is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from pyrite._places import local
from pyrite.errors import engine_error

if TYPE_CHECKING:
    from pyrite._elsewhere.output import Output
    from pyrite.rdd import RDD

__all__ = ["save"]

# Writes the rows of a partition.
WritePart = Callable[[IO[bytes], Iterator[Any]], None]
# So many seconds it is tried to remove what a failed save has written.
_PATIENCE = 10


def save(rdd: RDD[Any], path: str, write: WritePart, prefix: str = "part-", suffix: str = "") -> None:
    """Write each partition to a file of a new directory, then an empty file `_SUCCESS`.

    Raises
    ------
    Py4JJavaError
        The directory exists.
    """
    if systems := rdd.ctx._elsewhere(path):
        with systems.output(path) as output:
            rdd.ctx._engine.count(rdd.mapPartitionsWithIndex(partial(_sent, output, prefix, suffix, write))._plan)
        return
    target = local(path, "there is no file system for {}")
    if os.path.lexists(target):
        kind = "org.apache.hadoop.mapred.FileAlreadyExistsException"
        raise engine_error(kind, f"Output directory file:{target} already exists")
    beside = _beside(target)
    os.makedirs(beside)
    try:
        rdd.ctx._engine.count(rdd.mapPartitionsWithIndex(partial(_part, beside, prefix, suffix, write))._plan)
        for left in os.listdir(beside):
            if left.startswith("."):  # an attempt that didn't end
                os.remove(os.path.join(beside, left))
        with open(os.path.join(beside, "_SUCCESS"), "wb"):
            pass
        _sync(beside)
        os.rename(beside, target)
        _sync(os.path.dirname(target))
    except BaseException:
        _remove(beside)
        raise


def _sent(output: Output, prefix: str, suffix: str, write: WritePart, index: int, rows: Iterator[Any]) -> Iterable[Any]:
    folder = output.folder if output.folder and os.path.isdir(output.folder) else None
    # A file that is open can't be opened by its name everywhere.
    handle, name = tempfile.mkstemp(dir=folder)
    try:
        with open(handle, "wb") as file:
            write(file, rows)
        output.put(name, f"{prefix}{index:05}{suffix}")
    finally:
        os.remove(name)
    return ()


def _beside(target: str) -> str:
    """A new name beside a directory's, made as `src/sink/staging.rs` makes its own.

    So the engine knows whose it is, and removes at a later save what a killed process left.
    """
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{name}._temporary-{_machine()}-{os.getpid()}-{uuid.uuid4().int >> 64}")


def _machine() -> str:
    """The engine's short name of this machine, or of this container: see `src/sink/process.rs`."""
    known = os.fsencode(socket.gethostname()) if os.name == "posix" else os.environ.get("COMPUTERNAME", "").encode()
    with contextlib.suppress(OSError):
        known += os.fsencode(os.readlink("/proc/self/ns/pid"))
    number = 0xCBF29CE484222325
    for each in known:
        number = (number ^ each) * 0x100000001B3 & (1 << 64) - 1
    return f"{(number ^ number >> 32) & (1 << 32) - 1:08x}"


def _sync(folder: str) -> None:
    """Put a directory's names on the disk, where the platform can."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _remove(folder: str) -> None:
    """Remove a directory into which tasks that haven't ended may still write: once it is gone they can't."""
    end = time.monotonic() + _PATIENCE
    while os.path.lexists(folder) and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.001)


def _part(folder: str, prefix: str, suffix: str, write: WritePart, index: int, rows: Iterator[Any]) -> Iterable[Any]:
    name = f"{prefix}{index:05}{suffix}"
    attempt = os.path.join(folder, f".{name}-{uuid.uuid4().hex}")
    with open(attempt, "wb") as file:
        write(file, rows)
        file.flush()
        os.fsync(file.fileno())
    os.replace(attempt, os.path.join(folder, name))
    return ()
