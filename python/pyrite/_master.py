"""What `master` asks for: how many threads run tasks here, or a cluster, which is real Spark's."""

from __future__ import annotations

import os
import re

from pyrite._submit import is_cluster
from pyrite.conf import SparkConf
from pyrite.errors import engine_error

_LOCAL = re.compile(r"local(?:\[\s*([0-9]+|\*)\s*(?:,\s*([0-9]+)\s*)?\])?")
_SUPPORTED = "Pyrite supports local, local[N], local[*] and local[N,F] (N threads, F tries)."


def threads_of(master: str) -> int:
    """The number of task threads.

    Raises
    ------
    Py4JJavaError
        The master isn't local, or is no master at all.
    """
    found = _LOCAL.fullmatch(master)
    if found is None:
        if is_cluster(master):
            raise _refused(
                f"Master {master!r} is a cluster's, which real PySpark runs: begin the program with "
                f'pyrite.init("{master}"), or run it with `pyrite submit --master {master} program.py`.'
            )
        if master.startswith("sc://"):
            raise _refused(f"Master {master!r} is Spark Connect's, which has no RDDs and no streams. {_SUPPORTED}")
        raise _refused(f"Could not parse Master URL: '{master}'. {_SUPPORTED}")
    count = found[1]
    if count is None:
        return 1
    if count == "*":
        return available_cores()
    if int(count) == 0:
        raise _refused(f"Asked to run locally with 0 threads. {_SUPPORTED}")
    return int(count)


def tries_of(master: str, conf: SparkConf) -> int:
    """How often a task is tried before its job fails: the F of `local[N,F]`, `spark.task.maxFailures`, or once."""
    found = _LOCAL.fullmatch(master)
    given = (found[2] if found else None) or conf.get("spark.task.maxFailures") or "1"
    try:
        tries = int(given)
    except ValueError:
        raise engine_error(
            "java.lang.IllegalArgumentException", f"spark.task.maxFailures should be int, but was {given}"
        ) from None
    if tries < 1:
        raise engine_error(
            "java.lang.IllegalArgumentException", f"spark.task.maxFailures must be at least 1, but was {given}"
        )
    return tries


def available_cores() -> int:
    """The cores that this process may use; containers and `taskset` give fewer than the machine has."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _refused(message: str) -> Exception:
    return engine_error("org.apache.spark.SparkException", message)
