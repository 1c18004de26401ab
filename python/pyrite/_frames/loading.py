"""The client is loaded under the `pyspark` alias, once, and what it lacks in one process is added."""

from __future__ import annotations

import functools
import importlib
import sys
import threading
import warnings
from typing import Any

__all__ = ["load"]


# Two threads may ask first: the client's classes are to be added to once.
_lock = threading.RLock()


def load() -> Any:
    """The module of the client's sessions; the first call takes half a second.

    Raises
    ------
    RuntimeError
        The real PySpark was imported before under its own name.
    """
    with _lock:
        return _loaded()


@functools.cache
def _loaded() -> Any:
    import pyrite

    pyrite.init()
    with warnings.catch_warnings():
        # It says at each start that it isn't made for pandas 3; what differs is tested.
        warnings.filterwarnings("ignore", category=FutureWarning, message=".*pandas.*")
        module = importlib.import_module("pyspark.sql.connect.session")
        importlib.import_module("pyspark.sql.connect.dataframe")
    from pyrite._frames.bridges import add

    add()
    _own_names()
    return module


def _own_names() -> None:
    """Programs that import a session's class get Pyrite's, whichever module they take it from."""
    context, session = (importlib.import_module(f"pyrite.sql.{name}") for name in ("context", "session"))
    for name, owns in (
        ("pyspark.sql.session", {"SparkSession": session.SparkSession}),
        ("pyspark.sql.context", {"SQLContext": context.SQLContext, "HiveContext": context.HiveContext}),
    ):
        if name in sys.modules:
            vars(sys.modules[name]).update(owns)
