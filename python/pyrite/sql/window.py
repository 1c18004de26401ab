"""`pyspark.sql.window`: its names can be imported, and say where they are used that they come with DataFrames."""

from __future__ import annotations

from pyrite.sql._later import Later

__all__ = ["Window", "WindowSpec"]

Window = Later("pyspark.sql.Window")
WindowSpec = Later("pyspark.sql.WindowSpec")
