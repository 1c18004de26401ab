"""Arrow's types of a schema, and tables brought to them."""

from __future__ import annotations

import io
from typing import Any

__all__ = ["batches_of", "by_place", "conformed", "local_relation", "schema_of", "stream_of"]


def _type(message: Any) -> Any:
    """The Arrow type that the client expects for a type of the protocol."""
    import pyarrow as pa

    kind = message.WhichOneof("kind")
    simple = {
        "null": pa.null(), "boolean": pa.bool_(), "byte": pa.int8(), "short": pa.int16(), "integer": pa.int32(),
        "long": pa.int64(), "float": pa.float32(), "double": pa.float64(), "string": pa.string(), "binary": pa.binary(),
        "date": pa.date32(), "timestamp": pa.timestamp("us", "UTC"), "timestamp_ntz": pa.timestamp("us"),
        "day_time_interval": pa.duration("us"), "year_month_interval": pa.int32(),
    }  # fmt: skip
    if kind in simple:
        return simple[kind]
    if kind == "decimal":
        return pa.decimal128(message.decimal.precision, message.decimal.scale)
    if kind == "array":
        return pa.list_(pa.field("element", _type(message.array.element_type)))
    if kind == "map":
        return pa.map_(
            pa.field("key", _type(message.map.key_type), False),
            pa.field("value", _type(message.map.value_type)),
        )
    if kind == "struct":
        return pa.struct([pa.field(each.name, _type(each.data_type)) for each in message.struct.fields])
    if kind == "udt":
        return _type(message.udt.sql_type)
    raise TypeError(f"no Arrow type for {kind}")


def schema_of(message: Any) -> Any:
    """The Arrow schema of a struct of the protocol."""
    import pyarrow as pa

    return pa.schema([pa.field(each.name, _type(each.data_type)) for each in message.struct.fields])


def batches_of(table: Any) -> list[Any]:
    """Its batches: at least one, for columns are to be seen where there are no rows."""
    import pyarrow as pa

    if not table.num_columns:
        return [table]  # Arrow gives no batches, though there are rows
    return table.to_batches() or [
        pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in table.schema], schema=table.schema)
    ]


def stream_of(table: Any) -> bytes:
    """The table, or one batch of it, as Arrow's stream, which the protocol carries."""
    import pyarrow as pa

    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as stream:
        stream.write(table)
    return buffer.getvalue()


def local_relation(table: Any) -> Any:
    """The table as a relation of the protocol."""
    from pyspark.sql.connect.proto import Relation

    relation = Relation()
    relation.local_relation.data = stream_of(table)
    return relation


def conformed(table: Any, schema: Any) -> Any:
    """The table's columns, by place, with the names and types of the schema."""
    import pyarrow as pa

    if not schema:
        # Rows without columns are rows all the same.
        return table.select([])
    columns = [by_place(column, field.type) for column, field in zip(table.columns, schema, strict=False)]
    return pa.table(columns, schema=pa.schema([field.with_nullable(True) for field in schema]))


def by_place(column: Any, wanted: Any) -> Any:
    """A column as another type; fields of structs go by their places."""
    import pyarrow as pa

    if column.type == wanted:
        return column
    return pa.chunked_array([_array(chunk, wanted) for chunk in column.chunks], type=wanted)


def _array(array: Any, wanted: Any) -> Any:
    """An array of the wanted type. Structs go by place: the executor's names may have been made different."""
    import pyarrow as pa

    if array.type == wanted:
        return array
    if pa.types.is_struct(wanted) and pa.types.is_struct(array.type):
        children = [_array(array.field(at), field.type) for at, field in enumerate(wanted)]
        mask = array.is_null() if array.null_count else None
        if array.offset or not children:
            children = [child.slice(0) for child in children]
        return pa.StructArray.from_arrays(
            children, fields=[field.with_nullable(True) for field in wanted], mask=mask
        ).cast(wanted)
    if pa.types.is_list(wanted):
        array = array.cast(pa.list_(array.type.value_type)) if not pa.types.is_list(array.type) else array
        offsets, values = _offsets(array), array.flatten()
        values = _array(values, wanted.value_type)
        return pa.ListArray.from_arrays(
            offsets, values, type=wanted, mask=array.is_null() if array.null_count else None
        )
    if pa.types.is_map(wanted) and pa.types.is_map(array.type):
        start = array.offsets[0].as_py() if len(array.offsets) else 0
        end = array.offsets[-1].as_py() if len(array.offsets) else 0
        keys = _array(array.keys.slice(start, end - start), wanted.key_type)
        items = _array(array.items.slice(start, end - start), wanted.item_type)
        offsets = _shifted(array.offsets, start)
        made = pa.MapArray.from_arrays(offsets, keys, items, mask=array.is_null() if array.null_count else None)
        return made.cast(wanted)
    if pa.types.is_duration(wanted):
        return array.cast(pa.int64()).cast(wanted)
    if pa.types.is_null(wanted):
        return pa.nulls(len(array))
    return array.cast(wanted)


def _shifted(offsets: Any, start: int) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.subtract(offsets, pa.scalar(start, offsets.type)) if start else offsets


def _offsets(array: Any) -> Any:
    """Offsets into what `flatten` gives: null lists have no elements there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(array), 0)
    total = pc.cumulative_sum(lengths).cast(pa.int32())
    return pa.concat_arrays(
        [pa.array([0], pa.int32()), total if isinstance(total, pa.Array) else total.combine_chunks()]
    )
