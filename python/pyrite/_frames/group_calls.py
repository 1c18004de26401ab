"""Users' functions of many rows at once: of partitions, of groups, of two groups, aggregates of groups and over windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.pandas_values import PandasValues

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["frame_table", "grouped", "groups"]

_GROUP_PANDAS, _GROUP_ARROW, _GROUP_ARROW_ITER, _GROUP_PANDAS_ITER = 201, 209, 215, 216
_MAP_PANDAS, _MAP_ARROW = 205, 207
_COGROUP_PANDAS, _COGROUP_ARROW = 206, 210
_OF_SERIES, _OF_SERIES_PARTS, _OF_ARRAYS, _OF_ARRAYS_PARTS = (202, 203), (217,), (252, 253), (254,)

Function = Callable[..., Any]


def grouped(
    catalog: Catalog,
    kind: str,
    function: Function,
    eval_type: int,
    label: str,
    tables: list[tuple[Any, Any]],
    keys: list[int],
    wanted: Any,
    facts: dict[str, str],
) -> Any:
    """What a function gives for the rows of one or two tables, each with its schema, whose first columns are keys."""
    from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

    sides = [(table, proto_schema_to_pyspark_data_type(message)) for table, message in tables]
    call = _Call(catalog, function, eval_type, label, proto_schema_to_pyspark_data_type(wanted), wanted)
    if kind == "map":
        return call.mapped(*sides[0])
    if kind == "group":
        return call.groups(*sides[0], keys[0])
    if kind == "cogroup":
        return call.cogroups(sides, keys)
    if kind == "aggregate":
        return call.aggregates(*sides[0], keys[0])
    if kind == "window":
        ends = [int(facts[end]) if facts[end] else None for end in ("lower", "upper")]
        return call.windows(*sides[0], keys, (facts["by_rows"] == "true", *ends))
    raise faults.unsupported(f"The Python function {label}")


class _Call:
    def __init__(
        self, catalog: Catalog, function: Function, eval_type: int, label: str, output: Any, message: Any
    ) -> None:
        from pyrite._frames.arrow_types import schema_of

        self._values = PandasValues(catalog.settings)
        self._batch = max(1, int(catalog.settings.get("spark.sql.execution.arrow.maxRecordsPerBatch") or 10_000))
        self._function, self._eval_type, self._label = function, eval_type, label
        self._output, self._arrow = output, schema_of(message)

    def _unknown(self) -> Exception:
        return faults.unsupported(f"The kind of Python function that {self._label} is")

    # Functions of rows.

    def mapped(self, table: Any, schema: Any) -> Any:
        """A function of an iterator of batches that gives batches."""
        import pyarrow as pa

        batches = iter(table.to_batches(max_chunksize=self._batch))
        if self._eval_type == _MAP_ARROW:
            made = [_matched(batch, self._arrow) for batch in self._function(batches)]
            return pa.Table.from_batches(made, schema=self._arrow)
        if self._eval_type == _MAP_PANDAS:
            frames = (self._values.frame(pa.Table.from_batches([batch]), schema) for batch in batches)
            return self._together([self._table(frame) for frame in self._function(frames)])
        raise self._unknown()

    # Functions of groups.

    def groups(self, table: Any, schema: Any, keys: int) -> Any:
        """A function of a group that gives rows."""
        call, rest = _caller(self._function, 1), schema[keys:]
        made = []
        for key, group in _groups(table, keys):
            of_pandas = self._eval_type in (_GROUP_PANDAS, _GROUP_PANDAS_ITER)
            named = self._key(table, schema, keys, group[0]) if of_pandas else _scalars(key)
            if self._eval_type == _GROUP_PANDAS:
                made.append(self._table(call(named, self._values.frame(group[1], rest))))
            elif self._eval_type == _GROUP_PANDAS_ITER:
                parts = (self._values.frame(part, rest) for part in _parts(group[1], self._batch))
                made.append(self._together([self._table(part) for part in call(named, parts)]))
            elif self._eval_type == _GROUP_ARROW:
                made.append(call(named, group[1]).select(self._arrow.names).cast(self._arrow))
            elif self._eval_type == _GROUP_ARROW_ITER:
                import pyarrow as pa

                parts = call(named, iter(group[1].to_batches(max_chunksize=self._batch)))
                batches = [_matched(part, self._arrow) for part in parts]
                made.append(pa.Table.from_batches(batches, schema=self._arrow))
            else:
                raise self._unknown()
        return self._together(made)

    def cogroups(self, sides: list[tuple[Any, Any]], keys: list[int]) -> Any:
        """A function of the groups of one key on two sides that gives rows."""
        if self._eval_type not in (_COGROUP_PANDAS, _COGROUP_ARROW):
            raise self._unknown()
        found: dict[Any, list[Any]] = {}
        for side, ((table, schema), count) in enumerate(zip(sides, keys, strict=True)):
            for key, (start, group) in _groups(table, count):
                place = (table, schema, count, start)
                found.setdefault(_comparable(key), [key, place, None, None])[side + 2] = group
        empty = [
            table.select(range(count, table.num_columns)).slice(0, 0)
            for (table, _), count in zip(sides, keys, strict=True)
        ]
        call = _caller(self._function, 2)
        made = []
        pairs = sorted(
            found.values(), key=lambda each: tuple((value is not None, value) for value in _comparable(each[0]))
        )
        for key, place, *both in pairs:
            groups = [group if group is not None else nothing for group, nothing in zip(both, empty, strict=True)]
            if self._eval_type == _COGROUP_PANDAS:
                frames = [
                    self._values.frame(group, schema[count:])
                    for group, (_, schema), count in zip(groups, sides, keys, strict=True)
                ]
                made.append(self._table(call(self._key(*place), *frames)))
            else:
                made.append(call(_scalars(key), *groups).select(self._arrow.names).cast(self._arrow))
        return self._together(made)

    # Aggregates.

    def aggregates(self, table: Any, schema: Any, keys: int) -> Any:
        """One value for each group: the keys, then the value."""
        import pyarrow as pa

        rest = schema[keys:]
        if not keys and not len(rest):
            rest = schema
        firsts, results = [], []
        for _, group in _groups(table, keys):
            firsts.append(group[0])
            results.append(self._aggregate(group[1].select(range(len(rest))), rest))
        columns = [table.column(at).take(pa.array(firsts, pa.int64())) for at in range(keys)]
        columns.append(self._column(results))
        return pa.table(columns, names=self._arrow.names)

    def windows(self, table: Any, schema: Any, counts: list[int], frame: Any) -> Any:
        """One value for each row, of the rows of its frame; the rows come sorted. The value goes behind the other columns."""
        import pyarrow as pa

        count, keys, orders = counts
        behind = count + keys + orders
        arguments = table.select(range(count))
        order = table.select([*range(count, behind), *range(count)])
        results: list[Any] = []
        for _, (start, group) in _groups(order, keys):
            length = group.num_rows
            values = arguments.slice(start, length)
            if frame[1] is None and frame[2] is None:
                results += [self._aggregate(values, schema[:count])] * length
                continue
            series = self._given(values, schema[:count])
            found: dict[tuple[int, int], Any] = {}
            for begin, end in _bounds(group, orders, length, frame):
                if (begin, end) not in found:
                    found = {(begin, end): self._result(_cut(series, begin, end, self._of_arrays()))}
                results.append(found[begin, end])
        return pa.table(
            [*table.select(range(behind, table.num_columns)).columns, self._column(results)], names=self._arrow.names
        )

    def _of_arrays(self) -> bool:
        return self._eval_type in _OF_ARRAYS

    def _aggregate(self, table: Any, schema: Any) -> Any:
        if self._eval_type in _OF_SERIES or self._eval_type in _OF_ARRAYS:
            return self._result(self._given(table, schema))
        if self._eval_type in _OF_SERIES_PARTS or self._eval_type in _OF_ARRAYS_PARTS:
            of_arrays = self._eval_type in _OF_ARRAYS_PARTS
            parts = (
                [each.combine_chunks() for each in part.columns] if of_arrays else self._values.series(part, schema)
                for part in _parts(table, self._batch)
            )
            made = self._function(part[0] if len(part) == 1 else tuple(part) for part in parts)
            return made.as_py() if hasattr(made, "as_py") else made
        raise self._unknown()

    def _given(self, table: Any, schema: Any) -> list[Any]:
        if self._of_arrays():
            return [each.combine_chunks() for each in table.columns]
        if self._eval_type not in _OF_SERIES:
            raise self._unknown()
        return self._values.series(table, schema)

    def _result(self, arguments: list[Any]) -> Any:
        made = self._function(*arguments)
        return made.as_py() if hasattr(made, "as_py") else made

    def _column(self, results: list[Any]) -> Any:
        """The results as a column of the function's type."""
        import pyarrow as pa

        wanted = self._arrow.field(len(self._arrow) - 1).type
        if not results:
            return pa.array([], wanted)
        if self._eval_type in _OF_ARRAYS or self._eval_type in _OF_ARRAYS_PARTS:
            return pa.array(results).cast(wanted)
        import pandas as pd

        kind = self._output[len(self._output) - 1].dataType
        if len(set(map(type, results))) == 1:
            return self._values.column(pd.Series(results), kind).cast(wanted)
        return pa.concat_arrays([self._values.column(pd.Series([each]), kind).cast(wanted) for each in results])

    # Results and keys.

    def _key(self, table: Any, schema: Any, count: int, row: int) -> tuple[Any, ...]:
        """The key of a group that begins with this row, as pandas has its values."""
        if not count:
            return ()
        series = self._values.series(table.select(range(count)).slice(row, 1), schema[:count])
        return tuple(each.iloc[0] for each in series)

    def _table(self, frame: Any) -> Any:
        if not _fits(frame, self._arrow):
            return self._arrow.empty_table()
        return self._values.table(frame, self._output).cast(self._arrow)

    def _together(self, tables: list[Any]) -> Any:
        import pyarrow as pa

        return pa.concat_tables(tables) if tables else self._arrow.empty_table()


def _scalars(key: tuple[Any, ...]) -> tuple[Any, ...]:
    import pyarrow as pa

    return tuple(pa.scalar(value) for value in key)


def _parts(table: Any, size: int) -> Iterator[Any]:
    return (table.slice(at, size) for at in range(0, table.num_rows, size))


def _matched(batch: Any, schema: Any) -> Any:
    import pyarrow as pa

    names = batch.schema.names
    columns = [batch.column(names.index(f.name) if f.name in names else at).cast(f.type) for at, f in enumerate(schema)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _cut(values: list[Any], begin: int, end: int, arrays: bool) -> list[Any]:
    return [each.slice(begin, end - begin) if arrays else each.iloc[begin:end] for each in values]


def _bounds(group: Any, orders: int, length: int, frame: Any) -> Iterator[tuple[int, int]]:
    """Where the frame of each row of a sorted group begins and ends."""
    by_rows, lower, upper = frame
    if by_rows:
        for at in range(length):
            begin = 0 if lower is None else min(max(at + lower, 0), length)
            end = length if upper is None else min(max(at + upper + 1, 0), length)
            yield begin, max(begin, end)
        return
    runs = [(start, run.num_rows) for _, (start, run) in _groups(group, orders)] if orders else [(0, length)]
    for start, count in runs:
        yield from [(0 if lower is None else start, length if upper is None else start + count)] * count


def _groups(table: Any, keys: int) -> Iterator[tuple[tuple[Any, ...], tuple[int, Any]]]:
    """The runs of equal keys, which come first and sorted: where each begins, and the rest of its rows."""
    rest = table.select(range(keys, table.num_columns))
    if not keys:
        if table.num_rows:
            yield (), (0, rest)
        return
    values = list(zip(*[table.column(at).to_pylist() for at in range(keys)], strict=True))
    start = 0
    for at in range(1, len(values) + 1):
        if at == len(values) or not _same(values[at], values[start]):
            yield values[start], (start, rest.slice(start, at - start))
            start = at


def groups(table: Any, keys: int) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The runs of equal keys, which come first and sorted, with the rest of their rows."""
    return ((key, rows) for key, (_, rows) in _groups(table, keys))


def frame_table(frame: Any, schema: Any) -> Any:
    """A pandas DataFrame as a table of an Arrow schema: by names where they fit, by places where the columns are numbered."""
    import pyarrow as pa

    if not _fits(frame, schema):
        return schema.empty_table()
    by_name = any(isinstance(name, str) for name in frame.columns)
    columns = [
        pa.array(frame[field.name] if by_name else frame.iloc[:, at], type=field.type, from_pandas=True)
        for at, field in enumerate(schema)
    ]
    return pa.table(columns, schema=schema)


def _fits(frame: Any, schema: Any) -> bool:
    """Whether a function's DataFrame has the columns that it must; False where it has none at all."""
    import pandas as pd
    from pyspark.errors import PySparkRuntimeError, PySparkTypeError

    if not isinstance(frame, pd.DataFrame):
        raise PySparkTypeError(
            errorClass="UDF_RETURN_TYPE",
            messageParameters={"expected": "pandas.DataFrame", "actual": type(frame).__name__},
        )
    if frame.empty and not len(frame.columns):
        return False
    expected, actual = {field.name for field in schema}, set(map(str, frame.columns))
    if not any(isinstance(name, str) for name in frame.columns):
        if len(frame.columns) != len(schema):
            raise PySparkRuntimeError(
                errorClass="RESULT_COLUMN_SCHEMA_MISMATCH",
                messageParameters={"expected": str(len(schema)), "actual": str(len(frame.columns))},
            )
    elif actual != expected:
        missing, extra = sorted(expected - actual), sorted(actual - expected)
        raise PySparkRuntimeError(
            errorClass="RESULT_COLUMN_NAMES_MISMATCH",
            messageParameters={
                "missing": f" Missing: {', '.join(missing)}." if missing else "",
                "extra": f" Unexpected: {', '.join(extra)}." if extra else "",
            },
        )
    return True


def _same(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    return all(a == b or (a != a and b != b) for a, b in zip(left, right, strict=True))


def _comparable(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """A key that is equal to itself and greater than numbers where it is NaN."""
    return tuple(_NAN if value != value else value for value in key)


class _NotANumber(float):
    """One NaN, the greatest of numbers as in Spark."""

    def __eq__(self, other: object) -> bool:
        return other is self

    def __lt__(self, other: float) -> bool:
        return False

    def __gt__(self, other: float) -> bool:
        return other is not self

    def __hash__(self) -> int:
        return 0


_NAN = _NotANumber("nan")


def _caller(function: Function, count: int) -> Function:
    """The function, called with a group's key and values; it may take the values alone."""
    import inspect

    if len(inspect.signature(function).parameters) == count + 1:
        return function
    return lambda _, *values: function(*values)
