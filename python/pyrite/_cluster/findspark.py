"""What `findspark` does where Pyrite has found PySpark: its jars and packages are those of the JVM that isn't started
yet.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

import pyspark

__version__ = "2.0.1"


def init(
    spark_home: str | None = None, python_path: str | None = None, edit_rc: bool = False, edit_profile: bool = False
) -> None:
    """PySpark is found already."""


def find() -> str:
    """$SPARK_HOME, else the folder of PySpark."""
    return os.environ.get("SPARK_HOME") or str(Path(pyspark.__file__).parent)


def add_packages(packages: str | Iterable[str]) -> None:
    """Have Spark fetch these (`group:artifact:version`) when it starts."""
    _add("--packages", packages)


def add_jars(jars: str | Iterable[str]) -> None:
    """Have Spark load these when it starts."""
    _add("--jars", jars)


def _add(option: str, values: str | Iterable[str]) -> None:
    listed = [values] if isinstance(values, str) else list(values)
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"{option} {shlex.quote(','.join(listed))} " + os.environ.get(
        "PYSPARK_SUBMIT_ARGS", "pyspark-shell"
    )
