"""`createDataFrame` of rows whose values are of plain types: column by column, with the types that the client would give.

The client looks at each value of each row. All that isn't as plain as this is left to it: its rules, and its errors.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from pyrite import _engine
from pyrite._frames.columns import CLASSES, arrow_type, column
from pyrite._row import Row

__all__ = ["frame_of_rows", "frame_of_table"]

_INFERRED = {int: "long", float: "double", str: "string", bool: "boolean", date: "date"}

_KINDS = frozenset(CLASSES)

# Name, type, nullable.
Column = tuple[str, str, bool]


def frame_of_rows(session: Any, data: Any, schema: Any) -> Any:
    """The DataFrame of a list of tuples, lists, dicts or Rows, all of one class; None where the client has to look."""
    import pyarrow as pa

    if type(data) is not list or not data:
        return None
    found = _columns(data)
    if found is None:
        return None
    names, values = found
    wanted = _wanted(schema, names, values, type(data[0]) is dict)
    if wanted is None or len(wanted) != len(values):
        return None
    try:
        arrays = [column(each, kind) for each, (_, kind, _) in zip(values, wanted, strict=True)]
    except (OverflowError, ValueError):
        return None  # the client has words for what doesn't fit
    return _frame(session, pa.Table.from_arrays(arrays, names=[name for name, _, _ in wanted]), wanted)


def frame_of_table(session: Any, table: Any, schema: Any) -> Any:
    """The DataFrame of a table whose columns are of plain types; None where rows have to be looked at one by one."""
    import pyarrow as pa

    wanted = _given(schema)
    if wanted is None:
        names = table.column_names if schema is None else schema
        kinds = {pa.int64(): "long", pa.float64(): "double", pa.string(): "string", pa.bool_(): "boolean"}
        if not isinstance(names, list | tuple) or not all(type(name) is str for name in names):
            return None
        if len(names) != table.num_columns or not all(field.type in kinds for field in table.schema):
            return None
        wanted = [(name, kinds[field.type], True) for name, field in zip(names, table.schema, strict=True)]
    if len(wanted) != table.num_columns:
        return None
    columns = []
    for held, (_, kind, nullable) in zip(table.columns, wanted, strict=True):
        fits = held.type == arrow_type(kind) or (CLASSES[kind] is int and held.type == pa.int64())
        if not fits or (held.null_count and not nullable):
            return None
        try:
            columns.append(held.cast(arrow_type(kind)))
        except pa.ArrowInvalid:
            return None
    return _frame(session, pa.Table.from_arrays(columns, names=[name for name, _, _ in wanted]), wanted)


def _frame(session: Any, table: Any, columns: Sequence[Column]) -> Any:
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.plan import LocalRelation

    fields = [{"name": name, "type": kind, "nullable": nullable, "metadata": {}} for name, kind, nullable in columns]
    return DataFrame(LocalRelation(table, schema=json.dumps({"type": "struct", "fields": fields})), session)


def _columns(data: list[Any]) -> tuple[list[str], list[Sequence[Any]]] | None:
    """The names and the values of columns, where all rows have the same."""
    kind = type(data[0])
    if any(type(row) is not kind for row in data):
        return None
    if kind is dict:
        keys = data[0].keys()
        if not keys or not all(type(key) is str for key in keys) or any(row.keys() != keys for row in data):
            return None
        names = sorted(keys)
        return names, [[row[name] for row in data] for name in names]
    if kind is not tuple and kind is not list and kind is not Row:
        return None
    try:
        values: list[Sequence[Any]] = list(zip(*data, strict=True))
    except ValueError:
        return None
    names = [f"_{at}" for at in range(1, len(values) + 1)]
    if kind is Row:
        fields = vars(data[0]).get("__fields__")
        if any(vars(row).get("__fields__") != fields for row in data):
            return None
        names = names if fields is None else list(fields)
    if not values or len(names) != len(values) or len(set(names)) != len(names):
        return None
    return names, values


def _wanted(schema: Any, names: list[str], values: list[Sequence[Any]], by_name: bool) -> Sequence[Column] | None:
    """The columns as they will be."""
    given = _given(schema)
    classes = [set(map(type, each)) for each in values]
    if given is not None:
        if by_name or len(given) != len(values):
            return None
        for seen, (_, kind, nullable) in zip(classes, given, strict=True):
            if not seen <= ({CLASSES[kind], type(None)} if nullable else {CLASSES[kind]}):
                return None
        return given
    if schema is not None:
        if not isinstance(schema, list | tuple) or not all(type(name) is str for name in schema):
            return None
        names = list(schema)
        if len(names) != len(values) or len(set(names)) != len(names):
            return None
    made = []
    for name, seen in zip(names, classes, strict=True):
        seen.discard(type(None))
        inferred = _INFERRED.get(next(iter(seen))) if len(seen) == 1 else None
        if inferred is None:
            return None
        made.append((name, inferred, True))
    return made


def _given(schema: Any) -> Sequence[Column] | None:
    """The columns of a schema with types, if they are plain."""
    if isinstance(schema, str):
        return _of_text(schema)
    fields = getattr(schema, "fields", None)
    if not isinstance(fields, list):
        return None
    columns = []
    for field in fields:
        kind = field.dataType.jsonValue()
        if not isinstance(kind, str) or kind not in _KINDS or field.metadata:
            return None
        columns.append((field.name, kind, field.nullable))
    return columns or None


@functools.lru_cache(256)
def _of_text(schema: str) -> Sequence[Column] | None:
    from pyspark.sql.connect.proto import DataType

    fault, message = _engine.frame_type_of_text(schema)
    if fault is not None:
        return None
    fields = DataType.FromString(message).struct.fields
    columns = [(field.name, str(field.data_type.WhichOneof("kind")), field.nullable) for field in fields]
    if any(kind not in _KINDS for _, kind, _ in columns) or any(field.metadata for field in fields):
        return None
    return tuple(columns) or None
