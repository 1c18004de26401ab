"""`StreamingContext.getOrCreate`: a program goes on from its checkpoints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pyrite import _engine, _log
from pyrite._places import local
from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.errors import engine_error
from pyrite.streaming import _output
from pyrite.streaming._recording import calls_of, settings_of
from pyrite.streaming._sources import changed

if TYPE_CHECKING:
    from pyrite.streaming.context import StreamingContext


def directory_of(path: str | os.PathLike[str] | None) -> str:
    """A checkpoint directory as the file system knows it.

    Raises
    ------
    Py4JJavaError
        It names no directory of this machine.
    """
    if path is None or path == "":
        kind = "a null" if path is None else "an empty"
        raise engine_error("java.lang.IllegalArgumentException", f"Can not create a Path from {kind} string")
    return local(
        path, "checkpoints are written to a directory of this machine, not to {}: give ssc.checkpoint() a path"
    )


def recovered(kind: type[StreamingContext], path: str | os.PathLike[str]) -> StreamingContext | None:
    """A context that goes on from the newest checkpoint that can be used; None where there is none.

    Raises
    ------
    Py4JJavaError
        There are checkpoints, and none of them can be used.
    """
    directory = directory_of(path)
    first: BaseException | None = None
    before: int | None = None
    while True:
        try:
            found = _engine.Found.newest(directory, _output.engine_log(), before)
        except Exception:
            if first is None:
                raise
            found = None
        if found is None:
            if first is not None:
                raise first
            return None
        active = SparkContext._active_spark_context
        changes = _changes(found)
        try:
            ssc = _from(kind, found, directory, changes)
        except Exception as error:  # noqa: BLE001 - an older one may do
            if SparkContext._active_spark_context is not active and SparkContext._active_spark_context is not None:
                SparkContext._active_spark_context.stop()
            _log.logger.warning("The checkpoint %s can't be used: %s: %s", found.path, type(error).__name__, error)
            if first is None:
                first = failed(directory, found.path, error, changes)
            before = found.time
        else:
            if first is not None:
                _log.logger.warning("Going on from an older checkpoint, %s.", found.path)
            for change in changes:
                _log.logger.warning("Going on from the checkpoint %s. %s.", found.path, change)
            return ssc


def _changes(found: Any) -> list[str]:
    try:
        return changed(settings_of(found.program).get("sources", {}))
    except Exception:  # noqa: BLE001 - why it can't be read is told already
        return []


def failed(directory: str, path: str, error: Exception, changes: Iterable[str]) -> BaseException:
    """What to raise where a checkpoint's functions or states can't be read."""
    said = f"{type(error).__name__}: {error}".rstrip(".")
    raised = engine_error(
        "org.apache.spark.SparkException",
        f"Failed to read checkpoint from directory {directory}: {path}: "
        + "".join(f"{text}. " for text in (said, *changes))
        + "Make the modules importable that the program had when it was written; to start anew, give another directory "
        "or remove this one.",
    )
    raised.__cause__ = error
    return raised


def _from(kind: type[StreamingContext], found: Any, directory: str, changes: list[str]) -> StreamingContext:
    settings = settings_of(found.program)
    wrote, runs = tuple(settings["python"]), sys.version_info[:2]
    if wrote != runs:
        raise RuntimeError(
            f"Python {wrote[0]}.{wrote[1]} wrote its functions, which Python {runs[0]}.{runs[1]} can't read: "
            f"run the program with Python {wrote[0]}.{wrote[1]}"
        )
    sc = SparkContext._active_spark_context
    if sc is None:
        conf = SparkConf().setAll([(key, value) for key, value in settings["conf"]])
        sc = SparkContext(settings["master"], settings["appName"], conf=conf)
    # Seconds are cut off at a millisecond, and 1.001 of them are a little less than 1001 ms.
    ssc = kind(sc, (found.interval_ms + 0.5) / 1000)
    if ssc._clock is not None:
        jump = int(sc._conf.get("spark.streaming.manualClock.jump", "0") or 0)
        ssc._clock.set(found.settled + jump)
    ssc._streaming.replay(calls_of(found.program, ssc))
    ssc._recover(found, directory, changes)
    return ssc
