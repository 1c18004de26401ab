"""`pyspark.sql` as far as Pyrite has it: the SparkSession that most programs get their SparkContext from,
and rows with names.
"""

from __future__ import annotations

from typing import NoReturn

from pyrite.sql.row import Row
from pyrite.sql.session import SparkSession

__all__ = ["Row", "SparkSession"]


def __getattr__(name: str) -> NoReturn:
    from pyrite._aliases.names import missing

    raise AttributeError(missing(f"pyspark.sql.{name}"), name=name)
