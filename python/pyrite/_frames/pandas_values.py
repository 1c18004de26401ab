"""Columns as the pandas objects that Spark gives to users' functions, and what these give as columns: by the client's own rules."""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["PandasValues"]


class PandasValues:
    """Both ways, with a session's settings."""

    def __init__(self, settings: Any) -> None:
        self._zone = settings.zone
        self._safe = (settings.get("spark.sql.execution.pandas.convertToArrowArraySafely") or "false") == "true"

    def series(self, table: Any, schema: Any, frames: bool = False) -> list[Any]:
        """A Series for each column; of structs a DataFrame, where `frames` says so."""
        return [self._one(table.select([at]), schema[at : at + 1], frames) for at in range(table.num_columns)]

    def _one(self, table: Any, schema: Any, frames: bool) -> Any:
        import pyarrow as pa

        column = table.column(0)
        if not pa.types.is_nested(column.type) and not pa.types.is_duration(column.type):
            made = column.to_pandas(date_as_object=True)
            if pa.types.is_timestamp(column.type) and column.type.tz is not None:
                made = made.dt.tz_convert(self._zone).dt.tz_localize(None)
            return made.rename(table.column_names[0])
        from pyspark.sql.conversion import ArrowBatchTransformer

        with warnings.catch_warnings():
            # The client isn't made for pandas 3.
            warnings.filterwarnings("ignore", message="The copy keyword is deprecated")
            return ArrowBatchTransformer.to_pandas(
                table.combine_chunks(), self._zone, schema=schema, df_for_struct=frames
            )[0]

    def frame(self, table: Any, schema: Any) -> Any:
        """The columns as one DataFrame."""
        import pandas as pd

        if not table.num_columns:
            return pd.DataFrame(index=range(table.num_rows))
        return pd.concat(self.series(table, schema), axis=1)

    def column(self, values: Any, kind: Any) -> Any:
        """A Series or DataFrame as an array of a type of Spark's."""
        from pyspark.sql.types import StructField, StructType

        return self._batch([values], StructType([StructField("_0", kind)])).column(0)

    def table(self, frame: Any, schema: Any) -> Any:
        """A DataFrame's columns as a table: by names where it has some, by places where they are numbered."""
        import pyarrow as pa

        by_name = any(isinstance(name, str) for name in frame.columns)
        data = frame[schema.names] if by_name else frame.iloc[:, : len(schema)]
        columns = [data.iloc[:, at] for at in range(len(schema))]
        return pa.Table.from_batches([self._batch(columns, schema)])

    def _batch(self, columns: list[Any], schema: Any) -> Any:
        from pyspark.sql.conversion import PandasToArrowConversion

        return PandasToArrowConversion.convert(
            columns, schema, timezone=self._zone, safecheck=self._safe, arrow_cast=True
        )
