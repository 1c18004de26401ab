"""What a cluster's master needs on this machine: the real PySpark, and Java."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple

__all__ = ["Java", "add_spark_home", "java", "missing", "real_pyspark"]

_VERSION = re.compile(r"""__version__.*?=\s*["']([^"']+)""")
_JAVA_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_GET_JAVA = (
    "install one (Debian and Ubuntu: apt install openjdk-17-jre-headless; Anaconda: conda install openjdk=17) and "
    "set JAVA_HOME to it."
)


class Java(NamedTuple):
    """The Java that Spark's scripts would start."""

    path: str
    #: 17 of 17.0.15; None if it doesn't say.
    major: int | None


def real_pyspark() -> tuple[str, str] | None:
    """The version of the real PySpark and the folder where Python finds it, whatever `pyspark` means here."""
    spec = PathFinder.find_spec("pyspark", [*sys.path, *_of_spark_home()])
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    try:
        found = _VERSION.search((folder / "version.py").read_text(encoding="utf-8"))
    except OSError:
        return None
    return (found[1], str(folder)) if found else None


def java() -> Java | None:
    """The Java of $JAVA_HOME, else that of the PATH."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which("java", path=os.path.join(home, "bin")) if home else shutil.which("java")
    if path is None:
        return None
    try:
        done = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _JAVA_VERSION.search(done.stderr + done.stdout)
    # macOS has a `java` that only says that there is none.
    return Java(path, int(found[1]) if found else None) if done.returncode == 0 else None


def missing() -> str | None:
    """What is missing, and what to do: the second half of a sentence."""
    pyspark = real_pyspark()
    if pyspark is None:
        return (
            f'it is not in this Python ({sys.executable}): pip install "pyrite[spark]", or "pyspark==4.3.*", adds it.'
        )
    found, least = java(), 17 if int(pyspark[0].partition(".")[0]) >= 4 else 8
    if found is None:
        where = f"in JAVA_HOME ({os.environ['JAVA_HOME']})" if os.environ.get("JAVA_HOME") else "on this machine"
        return f"there is no Java {where}, which PySpark runs on: {_GET_JAVA}"
    if found.major is not None and found.major < least:
        return f"PySpark {pyspark[0]} needs Java {least} or newer, and {found.path} is Java {found.major}: {_GET_JAVA}"
    return None


def add_spark_home() -> None:
    """Let Python find the PySpark that a Spark in $SPARK_HOME brings, where none is installed."""
    if PathFinder.find_spec("pyspark") is None:
        sys.path[1:1] = _of_spark_home()


def _of_spark_home() -> list[str]:
    home = os.environ.get("SPARK_HOME")
    if not home or not os.path.isdir(os.path.join(home, "python", "pyspark")):
        return []
    return [os.path.join(home, "python"), *map(str, sorted(Path(home, "python", "lib").glob("py4j-*-src.zip")))]
