"""`pyspark.sql` as far as Pyrite has it: the sessions that programs get their SparkContext from, text files, and rows
with names. Other names can be imported, and say where they are used that they come with DataFrames.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pyrite._extra import installed
from pyrite.sql._later import Later
from pyrite.sql.context import HiveContext, SQLContext
from pyrite.sql.row import Row
from pyrite.sql.session import SparkSession
from pyrite.sql.utils import is_remote

if TYPE_CHECKING:
    from pyrite.sql.dataframe import DataFrame
    from pyrite.sql.readwriter import DataFrameReader

__all__ = ["DataFrame", "DataFrameReader", "HiveContext", "Row", "SQLContext", "SparkSession", "is_remote"]

# They can be imported, too.
BESIDES = frozenset(
    "Catalog Column DataFrameNaFunctions DataFrameStatFunctions DataFrameWriter DataFrameWriterV2 Geography Geometry "
    "GroupedData MergeIntoWriter Observation PandasCogroupedOps UDFRegistration UDTFRegistration VariantVal Window "
    "WindowSpec".split()
)


# The module of the client's that each is in.
_HOMES = {
    "Catalog": "catalog",
    "Column": "column",
    "DataFrame": "dataframe",
    "DataFrameNaFunctions": "dataframe",
    "DataFrameReader": "readwriter",
    "DataFrameStatFunctions": "dataframe",
    "DataFrameWriter": "readwriter",
    "DataFrameWriterV2": "readwriter",
    "Geography": "types",
    "Geometry": "types",
    "GroupedData": "group",
    "MergeIntoWriter": "merge",
    "Observation": "observation",
    "PandasCogroupedOps": "pandas.group_ops",
    "UDFRegistration": "udf",
    "UDTFRegistration": "udtf",
    "VariantVal": "types",
    "Window": "window",
    "WindowSpec": "window",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES and installed():
        import pyrite

        pyrite.init()
        return getattr(importlib.import_module(f"pyspark.sql.{_HOMES[name]}"), name)
    if name == "DataFrame":
        return importlib.import_module("pyrite.sql.dataframe").DataFrame
    if name == "DataFrameReader":
        return importlib.import_module("pyrite.sql.readwriter").DataFrameReader
    if name in BESIDES:
        return Later(f"pyspark.sql.{name}")
    from pyrite._aliases.names import missing

    raise AttributeError(missing(f"pyspark.sql.{name}"), name=name)
