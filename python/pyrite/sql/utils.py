"""`pyspark.sql.utils`: the names of errors that older programs take from here, and what programs ask about
their context.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite.errors import (
    AnalysisException,
    IllegalArgumentException,
    ParseException,
    PySparkException,
    PySparkImportError,
    PySparkNotImplementedError,
    PySparkRuntimeError,
    PythonException,
    QueryExecutionException,
    SparkUpgradeException,
    StreamingQueryException,
    UnknownException,
)
from pyrite.sql._later import Later

if TYPE_CHECKING:
    from pyrite.context import SparkContext

__all__ = [
    "AnalysisException",
    "CapturedException",
    "IllegalArgumentException",
    "ParseException",
    "PySparkImportError",
    "PySparkNotImplementedError",
    "PySparkRuntimeError",
    "PythonException",
    "QueryExecutionException",
    "SparkUpgradeException",
    "StreamingQueryException",
    "UnknownException",
    "get_active_spark_context",
    "is_remote",
]

# What PySpark makes of the JVM's errors; here they are no kind of their own.
CapturedException = PySparkException

# They serve DataFrames.
_BESIDES = frozenset(
    "ForeachBatchFunction NumpyHelper StringConcat dispatch_col_method dispatch_df_method dispatch_table_arg_method "
    "dispatch_window_method enum_to_value escape_meta_characters get_lit_sql_str is_timestamp_ntz_preferred "
    "pyspark_column_op remote_only require_minimum_plotly_version require_test_compiled to_java_array to_scala_map "
    "to_str try_partitioning_remote_functions try_remote_avro_functions try_remote_functions "
    "try_remote_protobuf_functions try_remote_session_classmethod".split()
)


def is_remote() -> bool:
    """Whether Spark Connect serves the program: never."""
    return False


def get_active_spark_context() -> SparkContext:
    """The context that runs.

    Raises
    ------
    PySparkRuntimeError
        There is none.
    """
    from pyrite.context import SparkContext

    context = SparkContext._active_spark_context
    if context is None:
        raise PySparkRuntimeError(errorClass="SESSION_OR_CONTEXT_NOT_EXISTS", messageParameters={})
    return context


def __getattr__(name: str) -> Any:
    if name in _BESIDES:
        return Later(f"pyspark.sql.utils.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
