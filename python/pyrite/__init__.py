"""Pyrite: PySpark's RDD and DStream API without a JVM.

`pyrite.init()` makes `import pyspark` and `import findspark` mean Pyrite in this process. Names are loaded when they
are first used, so that `import pyrite` costs nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyrite.accumulators import Accumulator, AccumulatorParam
    from pyrite.broadcast import Broadcast
    from pyrite.conf import SparkConf
    from pyrite.context import SparkContext
    from pyrite.files import SparkFiles
    from pyrite.profiler import BasicProfiler, Profiler
    from pyrite.rdd import RDD, RDDBarrier
    from pyrite.serializers import CPickleSerializer, MarshalSerializer
    from pyrite.status import SparkExecutorInfo, SparkJobInfo, SparkStageInfo, StatusTracker
    from pyrite.storagelevel import StorageLevel
    from pyrite.taskcontext import BarrierTaskContext, BarrierTaskInfo, TaskContext
    from pyrite.util import InheritableThread, inheritable_thread_target, keyword_only

__version__ = "0.1.0"
__all__ = [
    "RDD",
    "Accumulator",
    "AccumulatorParam",
    "BarrierTaskContext",
    "BarrierTaskInfo",
    "BasicProfiler",
    "Broadcast",
    "CPickleSerializer",
    "InheritableThread",
    "MarshalSerializer",
    "Profiler",
    "RDDBarrier",
    "SparkConf",
    "SparkContext",
    "SparkExecutorInfo",
    "SparkFiles",
    "SparkJobInfo",
    "SparkStageInfo",
    "StatusTracker",
    "StorageLevel",
    "TaskContext",
    "__version__",
    "inheritable_thread_target",
    "init",
    "keyword_only",
]

# Whether `pyspark` is the real one in this process, as a cluster's master asks for: then these names are its names.
_handed_over = False

# PySpark's public names and the module each one lives in.
_HOMES = {
    "Accumulator": "pyrite.accumulators",
    "AccumulatorParam": "pyrite.accumulators",
    "CPickleSerializer": "pyrite.serializers",
    "MarshalSerializer": "pyrite.serializers",
    "BarrierTaskContext": "pyrite.taskcontext",
    "BarrierTaskInfo": "pyrite.taskcontext",
    "BasicProfiler": "pyrite.profiler",
    "Broadcast": "pyrite.broadcast",
    "InheritableThread": "pyrite.util",
    "Profiler": "pyrite.profiler",
    "RDD": "pyrite.rdd",
    "RDDBarrier": "pyrite.rdd",
    "SparkConf": "pyrite.conf",
    "SparkContext": "pyrite.context",
    "SparkExecutorInfo": "pyrite.status",
    "SparkFiles": "pyrite.files",
    "SparkJobInfo": "pyrite.status",
    "SparkStageInfo": "pyrite.status",
    "StatusTracker": "pyrite.status",
    "StorageLevel": "pyrite.storagelevel",
    "TaskContext": "pyrite.taskcontext",
    "inheritable_thread_target": "pyrite.util",
    "keyword_only": "pyrite.util",
}

# Names that old programs read from `pyspark` itself; `import *` doesn't give them.
BESIDES = {"HiveContext": "pyrite.sql", "Row": "pyrite.sql", "SQLContext": "pyrite.sql", "since": "pyrite.util"}


def init(master: str | None = None) -> None:
    """Make `pyspark`, `findspark` and `py4j.protocol` mean Pyrite in this process. Calling it again does nothing.

    With the master of a cluster (`spark://...`, `yarn`, `k8s://...`, `local-cluster[...]`) `pyspark` is the real one,
    with what Pyrite adds to it. A master that isn't given is looked for where `spark-submit` looks: in the options of
    `pyrite submit` or $PYSPARK_SUBMIT_ARGS, in spark-defaults.conf, in $MASTER.

    Raises
    ------
    pyrite.errors.NotInstalledError
        A cluster's master is wanted, and the real PySpark or Java is missing.
    RuntimeError
        The real PySpark was imported before, and Pyrite is wanted; a SparkContext runs here, and a cluster is wanted.
    """
    from pyrite._submit import chosen_master, is_cluster

    chosen = chosen_master(master)
    if chosen is not None and is_cluster(chosen):
        from pyrite._cluster import hand_over

        hand_over(chosen)
        return
    from pyrite._aliases import install

    install()


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name) or BESIDES.get(name)
    if home is not None:
        if _handed_over:
            return getattr(importlib.import_module("pyspark"), name)
        value = getattr(importlib.import_module(home), name)
        globals()[name] = value
        return value
    if not name.startswith("_"):
        from pyrite._aliases.names import MODULES, missing

        if name == "sql" and _handed_over:
            return importlib.import_module("pyspark.sql")

        if name in {*MODULES, "sql", "streaming"} and importlib.util.find_spec(f"pyrite.{name}"):
            return importlib.import_module(f"pyrite.{name}")
        raise AttributeError(missing(f"pyrite.{name}"), name=name)
    raise AttributeError(f"module 'pyrite' has no attribute {name!r}", name=name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
