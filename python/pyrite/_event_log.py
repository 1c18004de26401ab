"""The event log of a SparkContext: what it did, in files that Spark's history server reads.

It is off unless `spark.eventLog.enabled` is true. A thread without the interpreter's lock writes it into
`spark.eventLog.dir`, which must be there.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pyrite import _engine, _log
from pyrite._page import environment
from pyrite.errors import engine_error

if TYPE_CHECKING:
    from pyrite.context import SparkContext

__all__ = ["EventLog", "start"]

# Spark's own.
_DIRECTORY = "file:///tmp/spark-events"
# What Spark says of a JVM has its names for it.
_NAMES = {"javaVersion": "Java Version", "javaHome": "Java Home", "scalaVersion": "Scala Version"}


class EventLog:
    """The log of a context that runs."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self.place = str(log.place)

    def tell(self, name: str, fields: str, *, needed: bool) -> None:
        """An event that isn't a job's: its name, its fields in JSON. What isn't needed may be left out."""
        self._log.tell(name, fields, needed)

    def stop(self, patience: float) -> None:
        """End it; what waits is written for so many seconds at most."""
        if not self._log.stop(patience):
            _log.logger.warning(
                "The event log %s isn't complete: what waits could not be written within %g s, and is given up.",
                self.place,
                patience,
            )


def start(engine: Any, sc: SparkContext) -> EventLog | None:
    """The log of a context that is being made; None where it shall have none.

    Raises
    ------
    Py4JJavaError
        The directory isn't there or isn't of this machine, or a setting asks for what there isn't.
    """
    enabled = str(sc._conf.get("spark.eventLog.enabled", "false")).strip()
    if enabled.lower() not in ("true", "false"):
        told = f"spark.eventLog.enabled should be boolean, but was {enabled}"
        raise engine_error("java.lang.IllegalArgumentException", told)
    if enabled.lower() == "false":
        return None
    directory = directory_of(str(sc._conf.get("spark.eventLog.dir") or _DIRECTORY).strip())
    known = dict(environment(sc))
    own = {_NAMES.get(name, name): value for name, value in known["runtime"]}
    sections = [
        ("JVM Information", [(name, own.pop(name)) for name in _NAMES.values()]),
        ("Spark Properties", known["sparkProperties"]),
        ("Hadoop Properties", []),
        ("System Properties", list(own.items())),
        ("Metrics Properties", []),
        ("Classpath Entries", []),
    ]
    settings = [(key, str(value)) for key, value in sc._conf.getAll()]
    program = (sc.applicationId, sc.appName, sc.sparkUser(), sc.startTime, sc.version, sc._threads)
    return EventLog(_engine.EventLog(engine, directory, settings, program, sections, _log.logger.warning))


def directory_of(address: str) -> str:
    """The path of a directory of this machine that is named by a path or a `file:` address.

    Raises
    ------
    Py4JJavaError
        It is the address of another system.
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", address)  # a single letter is a drive
    if scheme is None:
        return os.path.abspath(address)
    parts = urlsplit(address)
    if scheme[1].lower() != "file" or parts.netloc not in ("", "localhost"):
        raise engine_error(
            "java.lang.UnsupportedOperationException",
            f"spark.eventLog.dir is {address}, but Pyrite writes event logs to directories of this machine only: "
            "name one, such as file:///tmp/spark-events, and copy the logs from there once programs have ended",
        )
    path = unquote(parts.path)
    if re.match(r"/[A-Za-z]:", path):  # file:///C:/logs
        path = path[1:]
    return os.path.abspath(path)
