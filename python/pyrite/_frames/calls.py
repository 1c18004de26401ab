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

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["frame_table", "groups", "run_step"]

# From so many rows on a job pays: below, its beginning takes longer.
_MANY = 5_000

_ROWS, _ARROW_ROWS = 100, 101
_PANDAS, _PANDAS_ITER, _ARROW, _ARROW_ITER = 200, 204, 250, 251
_GROUP_PANDAS, _GROUP_ARROW, _GROUP_ARROW_ITER, _GROUP_PANDAS_ITER = 201, 209, 215, 216
_MAP_PANDAS, _MAP_ARROW = 205, 207
_COGROUP_PANDAS, _COGROUP_ARROW = 206, 210


def run_step(catalog: Catalog, step: Any) -> None:
    """Run the function over the rows; the result gets the step's name."""
    import pyarrow as pa
    from pyspark.sql.connect.proto import DataType

    from pyrite._frames.arrow_types import conformed, schema_of
    from pyrite._frames.catalog import plain_table
    from pyrite._frames.running import run_sql

    name, kind, eval_type, command, label, keys, inputs, output, _ = step
    function, _ = pickle.loads(command)
    tables = []
    for sql, schema in inputs:
        message = DataType.FromString(schema)
        tables.append((conformed(run_sql(catalog, sql), schema_of(message)), message))
    wanted = DataType.FromString(output)
    schema = schema_of(wanted)
    if kind == "scalar":
        table, message = tables[0]
        arguments = table.select(range(keys[0]))
        rest = table.select(range(keys[0], table.num_columns))
        result = _scalar(
            catalog,
            function,
            eval_type,
            label,
            arguments,
            message,
            wanted.struct.fields[-1].data_type,
            schema.field(len(schema) - 1).type,
        )
        made = pa.table([*rest.columns, result], schema=pa.schema([f.with_nullable(True) for f in schema]))
    elif kind == "map":
        made = _mapped(function, eval_type, tables[0][0], schema)
    elif kind == "group":
        made = _grouped(function, eval_type, tables[0][0], keys[0], schema)
    elif kind == "cogroup":
        made = _cogrouped(function, eval_type, [table for table, _ in tables], keys, schema)
    else:
        raise faults.unsupported(f"The Python function {label}")
    catalog.executor.put(name, plain_table(made))


def _scalar(
    catalog: Catalog,
    function: Callable[..., Any],
    eval_type: int,
    label: str,
    table: Any,
    message: Any,
    out: Any,
    wanted: Any,
) -> Any:
    import pyarrow as pa

    if eval_type in (_ROWS, _ARROW_ROWS):
        return _row_by_row(catalog, function, table, message, out, wanted)
    if eval_type in (_PANDAS, _PANDAS_ITER):
        series = [_series(column) for column in table.columns]
        if eval_type == _PANDAS:
            result = function(*series)
        else:
            result = _joined(function(iter([series[0] if len(series) == 1 else tuple(series)])))
        import pandas as pd

        if isinstance(result, pd.DataFrame):
            arrays = [
                pa.array(result.iloc[:, at], type=field.type, from_pandas=True) for at, field in enumerate(wanted)
            ]
            return pa.StructArray.from_arrays(arrays, fields=list(wanted))
        return pa.array(result, type=wanted, from_pandas=True)
    if eval_type == _ARROW:
        return function(*[column.combine_chunks() for column in table.columns]).cast(wanted)
    if eval_type == _ARROW_ITER:
        columns = [column.combine_chunks() for column in table.columns]
        parts = list(function(iter([columns[0] if len(columns) == 1 else tuple(columns)])))
        return pa.chunked_array([part.cast(wanted) for part in parts], type=wanted)
    raise faults.unsupported(f"The kind of Python function that {label} is")


def _joined(parts: Iterator[Any]) -> Any:
    import pandas as pd

    return pd.concat(list(parts), ignore_index=True)


def _series(column: Any) -> Any:
    return column.to_pandas(date_as_object=True)


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


def _batches(table: Any) -> Iterator[Any]:
    return iter(table.to_batches(max_chunksize=10_000))


def _mapped(function: Callable[..., Any], eval_type: int, table: Any, schema: Any) -> Any:
    import pyarrow as pa

    if eval_type == _MAP_ARROW:
        made = list(function(_batches(table)))
        return pa.Table.from_batches([_matched(batch, schema) for batch in made], schema=schema)
    if eval_type == _MAP_PANDAS:
        frames = function(batch.to_pandas(date_as_object=True) for batch in _batches(table))
        return _concatenated([frame_table(frame, schema) for frame in frames], schema)
    raise faults.unsupported("This kind of function over partitions")


def _matched(batch: Any, schema: Any) -> Any:
    import pyarrow as pa

    names = batch.schema.names
    columns = [batch.column(names.index(f.name) if f.name in names else at).cast(f.type) for at, f in enumerate(schema)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def frame_table(frame: Any, schema: Any) -> Any:
    """A pandas DataFrame as a table: by names where they fit, by places where the columns are numbered."""
    import pyarrow as pa

    if frame.empty and not len(frame.columns):
        return schema.empty_table()
    by_name = any(isinstance(name, str) for name in frame.columns)
    if by_name and set(map(str, frame.columns)) != {field.name for field in schema}:
        missing = sorted({field.name for field in schema} - set(map(str, frame.columns)))
        extra = sorted(set(map(str, frame.columns)) - {field.name for field in schema})
        from pyspark.errors import PySparkRuntimeError

        raise PySparkRuntimeError(
            errorClass="RESULT_COLUMN_NAMES_MISMATCH",
            messageParameters={
                "missing": f" Missing: {', '.join(missing)}." if missing else "",
                "extra": f" Unexpected: {', '.join(extra)}." if extra else "",
            },
        )
    columns = [
        pa.array(frame[field.name] if by_name else frame.iloc[:, at], type=field.type, from_pandas=True)
        for at, field in enumerate(schema)
    ]
    return pa.table(columns, schema=schema)


def _concatenated(tables: list[Any], schema: Any) -> Any:
    import pyarrow as pa

    return pa.concat_tables(tables) if tables else schema.empty_table()


def groups(table: Any, keys: int) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The runs of equal keys, which come first and sorted, with the rest of their rows."""
    rest = table.select(range(keys, table.num_columns))
    if not keys:
        if table.num_rows:
            yield (), rest
        return
    values = list(zip(*[table.column(at).to_pylist() for at in range(keys)], strict=True))
    start = 0
    for at in range(1, len(values) + 1):
        if at == len(values) or not _same(values[at], values[start]):
            yield values[start], rest.slice(start, at - start)
            start = at


def _same(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    return all(a == b or (a != a and b != b) for a, b in zip(left, right, strict=True))


def _caller(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    """The function, called with a group's key and values; it may take the values alone."""
    import inspect

    if len(inspect.signature(function).parameters) == count + 1:
        return function
    return lambda _, *values: function(*values)


def _grouped(function: Callable[..., Any], eval_type: int, table: Any, keys: int, schema: Any) -> Any:
    made = []
    call = _caller(function, 1)
    for key, group in groups(table, keys):
        if eval_type in (_GROUP_PANDAS_ITER, _GROUP_ARROW_ITER):
            made.append(_group_by_parts(call, eval_type, key, group, schema))
        elif eval_type == _GROUP_PANDAS:
            made.append(frame_table(call(key, group.to_pandas(date_as_object=True)), schema))
        elif eval_type == _GROUP_ARROW:
            import pyarrow as pa

            made.append(call(tuple(pa.scalar(value) for value in key), group).select(schema.names).cast(schema))
        else:
            raise faults.unsupported("This kind of function over groups")
    return _concatenated(made, schema)


def _group_by_parts(call: Callable[..., Any], eval_type: int, key: tuple[Any, ...], group: Any, schema: Any) -> Any:
    """A function that takes a group in parts and gives its results in parts."""
    if eval_type == _GROUP_PANDAS_ITER:
        parts = call(key, iter([group.to_pandas(date_as_object=True)]))
        return _concatenated([frame_table(part, schema) for part in parts], schema)
    import pyarrow as pa

    keys = tuple(pa.scalar(value) for value in key)
    parts = call(keys, iter(group.to_batches()))
    return pa.Table.from_batches([_matched(part, schema) for part in parts], schema=schema)


def _cogrouped(function: Callable[..., Any], eval_type: int, tables: list[Any], keys: list[int], schema: Any) -> Any:
    if eval_type not in (_COGROUP_PANDAS, _COGROUP_ARROW):
        raise faults.unsupported("This kind of function over two groups")
    sides = [dict(groups(table, count)) for table, count in zip(tables, keys, strict=True)]
    empty = [
        table.select(range(count, table.num_columns)).slice(0, 0) for table, count in zip(tables, keys, strict=True)
    ]
    made = []
    call = _caller(function, 2)
    for key in sorted({*sides[0], *sides[1]}, key=lambda key: tuple((value is not None, value) for value in key)):
        pair = [side.get(key, nothing) for side, nothing in zip(sides, empty, strict=True)]
        if eval_type == _COGROUP_PANDAS:
            made.append(frame_table(call(key, *(each.to_pandas(date_as_object=True) for each in pair)), schema))
        else:
            import pyarrow as pa

            result = call(tuple(pa.scalar(value) for value in key), *pair)
            made.append(result.select(schema.names).cast(schema))
    return _concatenated(made, schema)
