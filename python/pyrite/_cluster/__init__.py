"""A cluster's master hands the program to real PySpark: `pyspark` is it from then on, with what Pyrite adds to it.

`hand_over` comes before the program's first `import pyspark`, or in its first SparkContext: then the program's names
that were Pyrite's become PySpark's.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import pyrite
from pyrite._cluster.requirements import add_spark_home, missing
from pyrite._submit import outside
from pyrite.errors import NotInstalledError

__all__ = ["context", "hand_over", "session"]

_ON_THIS_MACHINE = re.compile(r"local-cluster\[|spark://(127\.|localhost\b|\[::1\])")


def hand_over(master: str) -> None:
    """Make `pyspark` the real one. Calling it again does nothing.

    Raises
    ------
    NotInstalledError
        PySpark or Java is missing.
    RuntimeError
        A SparkContext of Pyrite's is running.
    """
    if pyrite._handed_over:
        return
    at_home = sys.modules.get("pyrite.context")
    if at_home is not None and at_home.SparkContext._active_spark_context is not None:
        raise RuntimeError(
            f"A SparkContext runs on this machine: stop it with sc.stop() before the program goes to {master}."
        )
    lack = missing()
    if lack is not None:
        raise NotInstalledError(
            f"Master {master!r} is a cluster's, which real PySpark runs, but {lack} (Master local[*] runs the program "
            "on this machine without.)"
        )
    from pyrite._aliases import uninstall
    from pyrite._cluster.finder import ClusterFinder
    from pyrite._cluster.renaming import rename

    facades = uninstall()
    add_spark_home()
    _prepare_environment(master)
    sys.meta_path.insert(0, ClusterFinder())
    # The import of what is added brings in the real packages.
    from pyrite._cluster.additions import add

    add()
    pyrite._handed_over = True
    rename(facades)


def context(master: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """The real SparkContext in the place of one that was asked of Pyrite."""
    hand_over(master)
    from pyspark import SparkConf, SparkContext

    given = list(arguments)
    conf = named.get("conf") if len(given) < 8 else given[7]
    if conf is not None and not isinstance(conf, SparkConf):
        real = SparkConf().setAll(conf.getAll())
        if len(given) < 8:
            named = {**named, "conf": real}
        else:
            given[7] = real
    return SparkContext(*given, **named)


def session(master: str, options: dict[str, Any]) -> Any:
    """The real SparkSession in the place of one that was asked of Pyrite."""
    hand_over(master)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for key, value in options.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _prepare_environment(master: str) -> None:
    """What the JVM that PySpark starts reads: the settings with which the program was submitted, and which Python."""
    from pyrite._cluster.requests import submit_arguments

    os.environ["PYSPARK_SUBMIT_ARGS"] = submit_arguments(master, outside(), os.environ.get("PYSPARK_SUBMIT_ARGS", ""))
    if _ON_THIS_MACHINE.match(master):
        # The workers are here, and need this program's Python; names of this machine may lead elsewhere.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
