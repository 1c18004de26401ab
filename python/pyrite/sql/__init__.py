"""`pyspark.sql` as far as Pyrite has it: the SparkSession that most programs get their SparkContext from."""

from __future__ import annotations

from typing import NoReturn

from pyrite.sql.session import SparkSession

__all__ = ["SparkSession"]


def __getattr__(name: str) -> NoReturn:
    from pyrite._aliases.names import missing

    raise AttributeError(missing(f"pyspark.sql.{name}"), name=name)
