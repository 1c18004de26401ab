"""`pyspark.sql.functions`: each name can be imported, and says where it is used that it comes with DataFrames."""

from __future__ import annotations

from pyrite.errors import PySparkImportError
from pyrite.sql._later import Later, comes_later


def __getattr__(name: str) -> Later:
    if name == "__all__":
        # `import *` would put a name in the place of each of Python's own sum, max, round ...
        raise PySparkImportError(comes_later("from pyspark.sql.functions import *"))
    if name.startswith("__"):
        raise AttributeError(name)
    return Later(f"pyspark.sql.functions.{name}")
