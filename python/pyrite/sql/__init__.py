"""`pyspark.sql` as far as Pyrite has it: the sessions that programs get their SparkContext from, text files, and rows
with names. Other names can be imported, and say where they are used that they come with DataFrames.
"""

from __future__ import annotations

from typing import Any

from pyrite.sql._later import Later
from pyrite.sql.context import HiveContext, SQLContext
from pyrite.sql.dataframe import DataFrame
from pyrite.sql.readwriter import DataFrameReader
from pyrite.sql.row import Row
from pyrite.sql.session import SparkSession
from pyrite.sql.utils import is_remote

__all__ = ["DataFrame", "DataFrameReader", "HiveContext", "Row", "SQLContext", "SparkSession", "is_remote"]

# They can be imported, too.
BESIDES = frozenset(
    "Catalog Column DataFrameNaFunctions DataFrameStatFunctions DataFrameWriter DataFrameWriterV2 Geography Geometry "
    "GroupedData MergeIntoWriter Observation PandasCogroupedOps UDFRegistration UDTFRegistration VariantVal Window "
    "WindowSpec".split()
)


def __getattr__(name: str) -> Any:
    if name in BESIDES:
        return Later(f"pyspark.sql.{name}")
    from pyrite._aliases.names import missing

    raise AttributeError(missing(f"pyspark.sql.{name}"), name=name)
