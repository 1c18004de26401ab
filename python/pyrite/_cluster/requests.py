"""The settings of a program as `spark-submit`'s arguments, from which PySpark starts its JVM."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence

from pyrite._cluster.requirements import missing, real_pyspark

__all__ = ["run_spark_submit", "submit_arguments"]

_SHELL = "pyspark-shell"


def submit_arguments(master: str, settings: Mapping[str, str], given: str) -> str:
    """The text of $PYSPARK_SUBMIT_ARGS: `settings` and the master; `given` is what stands there, which goes first where
    it holds options that Pyrite doesn't know.
    """
    words = shlex.split(given)
    known = any(key.startswith("spark.") for key in settings)
    before = [] if known else [word for word in words if word != _SHELL]
    spark = {key: value for key, value in settings.items() if key.startswith("spark.")} | {"spark.master": master}
    options = [word for key, value in spark.items() for word in ("--conf", f"{key}={value}")]
    return shlex.join([*before, *options, _SHELL])


def run_spark_submit(words: Sequence[str]) -> int:
    """Hand a program that is to run in the cluster (`--deploy-mode cluster`) to Spark's own script; its exit code."""
    lack, found = missing(), real_pyspark()
    if lack is not None or found is None:
        print(f"pyrite: --deploy-mode cluster is real PySpark's, but {lack}", file=sys.stderr)
        return 2
    home = os.environ.get("SPARK_HOME") or found[1]
    script = os.path.join(home, "bin", "spark-submit.cmd" if os.name == "nt" else "spark-submit")
    return subprocess.call([script, *words])
