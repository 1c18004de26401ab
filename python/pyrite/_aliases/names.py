"""Which PySpark names exist, where Pyrite keeps them, and what is said of those it doesn't have."""

from __future__ import annotations

__all__ = ["DIRECT", "FACADES", "MODULES", "ROOTS", "SPARK_VERSION", "missing"]

# The PySpark release whose answers Pyrite gives.
SPARK_VERSION = "4.3.0"

ROOTS = ("pyspark", "findspark", "py4j")

# Modules that have the same place below `pyspark` and below `pyrite`; each resolves once Pyrite has it.
MODULES = frozenset(
    """
    accumulators broadcast conf context files join profiler rdd rddsampler resultiterable serializers shuffle
    sql.conf sql.context sql.dataframe sql.functions sql.readwriter sql.session sql.types sql.utils sql.window
    statcounter status storagelevel streaming.context streaming.dstream streaming.kafka streaming.listener
    streaming.util taskcontext traceback_utils util
    """.split()
)

# Modules that stand elsewhere.
DIRECT = {
    "findspark": "pyrite._aliases.findspark",
    "py4j.protocol": "pyrite.errors",
    "pyspark.cloudpickle": "cloudpickle",
    "pyspark.version": "pyrite._aliases.version",
}

# Packages that the import system must be able to look into: a facade over the module that holds their names.
FACADES = {
    "py4j": None,
    "pyspark": "pyrite",
    "pyspark.core": None,
    "pyspark.errors": "pyrite.errors",
    "pyspark.errors.exceptions": "pyrite.errors",
    "pyspark.errors.exceptions.base": "pyrite.errors",
    "pyspark.errors.exceptions.captured": "pyrite.errors",
    "pyspark.sql": "pyrite.sql",
    "pyspark.streaming": "pyrite.streaming",
}


def missing(name: str) -> str:
    """The sentence for a name that Pyrite doesn't have."""
    return (
        f"`{name}` is not in Pyrite: it has PySpark's RDD and DStream API, and SparkSession to get a SparkContext from."
    )
