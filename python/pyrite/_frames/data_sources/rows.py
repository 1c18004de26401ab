"""What a reader gives, rows or Arrow's batches, as a table of the schema it has promised."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

__all__ = ["arrow_rows"]


def arrow_rows(rows: Iterator[Any], schema: Any, source: Any, most: int) -> Any:
    """All of it; `most` rows are converted at once.

    Raises
    ------
    PySparkRuntimeError
        It isn't what was promised.
    """
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema

    wanted = to_arrow_schema(schema, timezone="UTC")
    for first in rows:
        if isinstance(first, pa.RecordBatch):
            _check_batch(first, wanted)
            return pa.Table.from_batches([first, *rows], wanted)
        rows = chain([first], rows)
        break
    convert = _converter(schema, source)
    batches = []
    while some := list(islice(rows, most)):
        columns = convert(some)
        batches.append(pa.RecordBatch.from_arrays(columns, schema=wanted))
    return pa.Table.from_batches(batches, wanted)


def _mismatch(expected: Any, found: Any) -> Exception:
    from pyspark.errors import PySparkRuntimeError

    error: Exception = PySparkRuntimeError(
        errorClass="DATA_SOURCE_RETURN_SCHEMA_MISMATCH",
        messageParameters={"expected": str(expected), "actual": str(found)},
    )
    return error


def _check_batch(batch: Any, wanted: Any) -> None:
    """Batches are taken as they are: the first one says what they are."""
    if batch.num_columns != len(wanted):
        raise _mismatch(len(wanted), batch.num_columns)
    if any(name not in batch.schema.names for name in wanted.names):
        raise _mismatch(wanted.names, batch.schema.names)
    if not wanted.equals(batch.schema):
        raise _mismatch(wanted, batch.schema)


def _converter(schema: Any, source: Any) -> Any:
    """A function that makes columns of rows."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import Row
    from pyspark.sql.conversion import LocalDataToArrowConversion

    names = schema.fieldNames()
    ways = [LocalDataToArrowConversion._create_converter(field.dataType) for field in schema.fields]

    def cells(row: Any) -> Any:
        if hasattr(row, "__len__") and len(row) != len(names):
            raise _mismatch(len(names), len(row))
        if not isinstance(row, list | tuple):
            raise PySparkRuntimeError(
                errorClass="DATA_SOURCE_INVALID_RETURN_TYPE",
                messageParameters={
                    "type": type(row).__name__,
                    "name": source.name(),
                    "supported_types": "tuple, list, `pyspark.sql.types.Row`, `pyarrow.RecordBatch`",
                },
            )
        if isinstance(row, Row) and hasattr(row, "__fields__"):
            # A row with names goes by them.
            if set(row.__fields__) != set(names):
                raise _mismatch(names, row.__fields__)
            return [row[name] for name in names]
        return row

    def columns(rows: list[Any]) -> list[list[Any]]:
        made: list[list[Any]] = [[] for _ in names]
        for row in rows:
            for column, way, value in zip(made, ways, cells(row), strict=True):
                column.append(value if way is None else way(value))
        return made

    return columns
