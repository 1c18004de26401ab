"""`collect`: the rows of a table as Row objects."""

from __future__ import annotations

import functools
from collections import deque
from itertools import repeat
from typing import Any

from pyrite.util import disable_gc

__all__ = ["collect", "rows_of"]

_NUMBERS = frozenset("byte short integer long float double boolean".split())

# Types whose values `to_pylist` gives as Spark does.
_PLAIN = frozenset("null boolean byte short integer long float double decimal string date binary".split())


def collect(frame: Any) -> list[Any] | None:
    """The rows of a DataFrame of this process; None where the client has to do it."""
    from pyrite._frames.sessions import service_of

    service = service_of(frame.sparkSession)
    if service is None:
        return None
    relation = frame._plan.to_proto(frame.sparkSession.client).root
    return rows_of(*service.rows(relation))


def rows_of(table: Any, schema: Any) -> list[Any]:
    """The rows of a table that has a schema of the protocol's."""
    fields = schema.struct.fields
    if not all(field.data_type.WhichOneof("kind") in _PLAIN for field in fields):
        if any(map(_named_twice, fields)):
            from pyrite._frames import faults

            raise faults.unsupported("collect of a struct with several fields of one name")
        from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type
        from pyspark.sql.conversion import ArrowTableToRowsConversion

        return list(ArrowTableToRowsConversion.convert(table, proto_schema_to_pyspark_data_type(schema)))
    from pyrite._row import Row

    names = [field.name for field in fields]
    # A million rows are no garbage: the collector would look through them again and again while they are made.
    with disable_gc():
        columns = [
            _values(column, field.data_type.WhichOneof("kind"))
            for column, field in zip(table.columns, fields, strict=True)
        ]
        values = zip(*columns, strict=True) if names else repeat((), table.num_rows)
        rows = list(map(tuple.__new__, repeat(Row), values))
        # Not by Row's own `__setattr__`, which is a function of Python's.
        deque(map(object.__setattr__, rows, repeat("__fields__"), repeat(names)), maxlen=0)
        return rows


def _named_twice(field: Any) -> bool:
    """Whether a struct in it has two fields of one name."""
    kind = field.data_type
    names = [each.name for each in kind.struct.fields]
    inner = list(kind.struct.fields)
    for held in (kind.array.element_type, kind.map.key_type, kind.map.value_type):
        if held.WhichOneof("kind") in ("struct", "array", "map"):
            inner.append(type(field)(data_type=held))
    return len(set(names)) < len(names) or any(map(_named_twice, inner))


def _values(column: Any, kind: str | None) -> list[Any]:
    """A column's values as Python's."""
    if _one_by_one() and (kind == "string" or (kind in _NUMBERS and not column.null_count)):
        values: list[Any] = column.to_numpy().tolist()
        return values
    plain: list[Any] = column.to_pylist()
    return plain


@functools.cache
def _one_by_one() -> bool:
    """Whether this PyArrow makes an object of its own of each value first: numpy is faster there, but pandas comes along."""
    import pyarrow as pa

    return int(pa.__version__.partition(".")[0]) < 26
