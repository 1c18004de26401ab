"""Users' functions: a step's rows go through one, and what it gives becomes a table of the executor's.

They are the copies that the client pickled. Those of single values run as functions of RDDs do where rows are many; the
others, which are few calls with much in each, in this process. What they raise is raised as it is.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.columns import CLASSES, column
from pyrite._frames.json_calls import CALLS
from pyrite._frames.pandas_values import PandasValues

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["run_step"]

# From so many rows on a job pays: below, its beginning takes longer.
_MANY = 5_000

_ROWS, _ARROW_ROWS = 100, 101
_PANDAS, _PANDAS_ITER, _ARROW, _ARROW_ITER = 200, 204, 250, 251


def run_step(catalog: Catalog, step: Any) -> None:
    """Run the function over the rows; the result gets the step's name."""
    import pyarrow as pa
    from pyspark.sql.connect.proto import DataType

    from pyrite._frames.arrow_types import conformed, schema_of
    from pyrite._frames.catalog import plain_table
    from pyrite._frames.group_calls import grouped
    from pyrite._frames.running import run_sql

    name, kind, eval_type, command, label, keys, inputs, output, facts = step
    function = pickle.loads(command)[0] if command else CALLS[label]
    tables = []
    for sql, schema in inputs:
        message = DataType.FromString(schema)
        tables.append((conformed(run_sql(catalog, sql), schema_of(message)), message))
    wanted = DataType.FromString(output)
    schema = schema_of(wanted)
    values = PandasValues(catalog.settings)
    if kind == "scalar":
        table, message = tables[0]
        arguments = table.select(range(keys[0]))
        rest = table.select(range(keys[0], table.num_columns))
        out = wanted.struct.fields[-1].data_type
        result_type = schema.field(len(schema) - 1).type
        if command:
            call = _Scalar(catalog, values, function, eval_type, label, message, out, result_type)
            result = call.column(arguments)
        else:
            result = function(catalog, arguments, message, out, result_type)
        made = pa.table([*rest.columns, result], schema=pa.schema([f.with_nullable(True) for f in schema]))
    else:
        made = grouped(catalog, kind, function, eval_type, label, tables, keys, wanted, dict(facts))
    catalog.executor.put(name, plain_table(made))


class _Scalar:
    """A function of single values, or of columns of them."""

    def __init__(
        self,
        catalog: Catalog,
        values: PandasValues,
        function: Callable[..., Any],
        eval_type: int,
        label: str,
        message: Any,
        out: Any,
        wanted: Any,
    ) -> None:
        self._catalog, self._values, self._function = catalog, values, function
        self._eval_type, self._label = eval_type, label
        self._message, self._out, self._wanted = message, out, wanted

    def column(self, table: Any) -> Any:
        """What it gives for the rows."""
        if self._eval_type in (_ROWS, _ARROW_ROWS):
            return _row_by_row(self._catalog, self._function, table, self._message, self._out, self._wanted)
        if self._eval_type not in (_PANDAS, _PANDAS_ITER, _ARROW, _ARROW_ITER):
            raise faults.unsupported(f"The kind of Python function that {self._label} is")
        import pyarrow as pa

        parts = list(self._parts(table))
        found = sum(map(len, parts))
        if found != table.num_rows:
            from pyspark.errors import PySparkRuntimeError

            raise PySparkRuntimeError(
                errorClass="RESULT_ROWS_MISMATCH",
                messageParameters={"output_length": str(found), "input_length": str(table.num_rows)},
            )
        return pa.chunked_array(parts, type=self._wanted)

    def _parts(self, table: Any) -> Iterator[Any]:
        from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

        size = int(self._catalog.settings.get("spark.sql.execution.arrow.maxRecordsPerBatch") or 10_000)
        count = table.num_columns
        schema = proto_schema_to_pyspark_data_type(self._message)[:count]
        out = proto_schema_to_pyspark_data_type(self._out)
        if count:
            batches: Iterator[Any] = (
                table.slice(at, size if size > 0 else None) for at in range(0, table.num_rows, max(size, 1))
            )
        else:
            batches = iter([table] if table.num_rows else [])
        if self._eval_type in (_ARROW, _ARROW_ITER):
            columns = (tuple(each.combine_chunks() for each in batch.columns) for batch in batches)
            if self._eval_type == _ARROW:
                made = (self._function(*arguments) for arguments in columns)
            else:
                made = self._function(each[0] if count == 1 else each for each in columns)
            return (each.cast(self._wanted) for each in made)
        series = (self._values.series(batch, schema, frames=True) for batch in batches)
        if self._eval_type == _PANDAS:
            made = (self._function(*arguments) for arguments in series)
        else:
            made = self._function(each[0] if count == 1 else tuple(each) for each in series)
        return (self._values.column(each, out).cast(self._wanted) for each in made)


def _row_by_row(catalog: Catalog, function: Callable[..., Any], table: Any, message: Any, out: Any, wanted: Any) -> Any:
    """A function of one row's values, called for each row, in order."""
    from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type
    from pyspark.sql.conversion import ArrowTableToRowsConversion, LocalDataToArrowConversion
    from pyspark.sql.types import StructField, StructType

    count = table.num_columns
    plain = all(field.data_type.WhichOneof("kind") in CLASSES for field in message.struct.fields[:count])
    rows: Any
    if not count:
        rows = [()] * table.num_rows
    elif plain:
        rows = zip(*[each.to_pylist() for each in table.columns], strict=True)
    else:
        schema = proto_schema_to_pyspark_data_type(message)
        rows = ArrowTableToRowsConversion.convert(table, StructType(schema.fields[:count]))
    if plain and count and table.num_rows >= _MANY:
        results = _by_job(catalog.context, function, table)
    else:
        results = [function(*row) for row in rows]
    kind = out.WhichOneof("kind")
    if kind in CLASSES and set(map(type, results)) <= {CLASSES[kind], type(None)}:
        try:
            return column(results, kind).cast(wanted)
        except (OverflowError, ValueError):
            pass  # the client has words for what doesn't fit
    out_type = proto_schema_to_pyspark_data_type(out)
    values = [(_returned(value, out_type),) for value in results]
    made = LocalDataToArrowConversion.convert(values, StructType([StructField("value", out_type)]), False)
    found = made.column(0)
    return found if found.type == wanted else found.cast(wanted)


def _by_job(context: Any, function: Callable[..., Any], table: Any) -> list[Any]:
    """What it gives for each row, by a job of RDDs: compiled, or in worker processes, where a function of theirs would be."""
    rows = context.fromArrow(table.rename_columns([f"_{at}" for at in range(1, table.num_columns + 1)]))
    if table.num_columns == 1:
        given = rows.map(lambda row: function(row[0]))
    elif table.num_columns == 2:
        given = rows.map(lambda row: function(row[0], row[1]))
    else:
        given = rows.map(lambda row: function(*row))
    results: list[Any] = given.collect()
    return results


def _returned(value: Any, wanted: Any) -> Any:
    """What a function gave, where its type lets it be; a value of another type is null, as in Spark's pickled path."""
    from decimal import Decimal

    from pyspark.sql import types as t

    if value is None:
        return None
    if isinstance(wanted, t.StringType):
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)
    if isinstance(wanted, t.IntegralType):
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(wanted, t.FractionalType) and not isinstance(wanted, t.DecimalType):
        return float(value) if isinstance(value, float) else None
    if isinstance(wanted, t.DecimalType):
        return value if isinstance(value, Decimal) else None
    if isinstance(wanted, t.BooleanType):
        return value if isinstance(value, bool) else None
    return value
