"""What `findspark` does when there is no Spark to find: nothing."""

from __future__ import annotations

from pathlib import Path

import pyrite

__version__ = "2.0.1"


def init(
    spark_home: str | None = None,
    python_path: str | None = None,
    edit_rc: bool = False,
    edit_profile: bool = False,
) -> None:
    """Spark needs no finding: it is Pyrite, in this process."""


def find() -> str:
    """The folder that stands for SPARK_HOME: Pyrite's own."""
    return str(Path(pyrite.__file__).parent)


def add_packages(packages: object) -> None:
    """Pyrite's sources are built in."""


def add_jars(jars: object) -> None:
    """There is no JVM that could load them."""
