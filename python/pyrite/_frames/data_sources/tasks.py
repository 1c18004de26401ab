"""What runs as tasks: a partition's rows are read, or a part's rows are written, by a copy of the reader or the writer."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyrite._pickling import dumps

__all__ = ["read", "read_between", "write"]


def read(context: Any, reader: Any, partitions: list[Any], source: Any, schema: Any, most: int) -> Any:
    """The rows of partitions, in their order, as an Arrow table of the schema."""
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema

    # What can't be pickled says so here, as where Spark sends it to its workers.
    function = _Reading(dumps((reader, source)), schema, most)
    pickled = [dumps(partition) for partition in partitions]
    found = context.parallelize(pickled, len(pickled)).mapPartitions(function).collect()
    batches = [pa.ipc.open_stream(each).read_all() for each in found]
    wanted = to_arrow_schema(schema, timezone="UTC")
    return pa.concat_tables(batches) if batches else wanted.empty_table()


def read_between(context: Any, reader: Any, start: Any, end: Any, source: Any, schema: Any, most: int) -> Any:
    """The rows that a simple reader gives once more."""
    return read(context, _Between(reader), [(start, end)], source, schema, most)


class _Between:
    """A simple reader as one of partitions, which are pairs of offsets."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def read(self, offsets: tuple[Any, Any]) -> Any:
        """The rows between two."""
        return self._reader.readBetweenOffsets(*offsets)


class _Reading:
    """The task's function."""

    def __init__(self, pickled: bytes, schema: Any, most: int) -> None:
        self._pickled, self._schema, self._most = pickled, schema, most

    def __call__(self, partitions: Iterable[bytes]) -> Iterator[bytes]:
        from pyspark.errors import PySparkRuntimeError

        from pyrite._frames.arrow_types import stream_of
        from pyrite._frames.data_sources.rows import arrow_rows

        for partition in partitions:
            reader, source = pickle.loads(self._pickled)
            rows = reader.read(pickle.loads(partition))
            if not isinstance(rows, Iterator):
                raise PySparkRuntimeError(
                    errorClass="DATA_SOURCE_INVALID_RETURN_TYPE",
                    messageParameters={
                        "type": type(rows).__name__,
                        "name": source.name(),
                        "supported_types": "iterator",
                    },
                )
            yield stream_of(arrow_rows(rows, self._schema, source, self._most))


def write(context: Any, writer: Any, table: Any, schema: Any, *, by_batch: bool, parts: int = 1) -> list[Any]:
    """The messages that the writer gives for the parts of the rows.

    Raises
    ------
    Exception
        What the writer raised; nothing is told of other parts then.
    """
    from pyrite._frames.arrow_types import stream_of

    function = _Writing(dumps(writer), schema, by_batch=by_batch)
    size = max(1, -(-table.num_rows // parts))
    given = [stream_of(table.slice(at, size)) for at in range(0, table.num_rows, size)] or [stream_of(table)]
    found = context.parallelize(given, len(given)).mapPartitions(function).collect()
    return [pickle.loads(each) for each in found]


class _Writing:
    """The task's function."""

    def __init__(self, pickled: bytes, schema: Any, *, by_batch: bool) -> None:
        self._pickled, self._schema, self._by_batch = pickled, schema, by_batch

    def __call__(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        import pyarrow as pa
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql.datasource import WriterCommitMessage

        for part in parts:
            writer = pickle.loads(self._pickled)
            table = pa.ipc.open_stream(part).read_all()
            given: Iterator[Any] = iter(table.to_batches()) if self._by_batch else _rows(table, self._schema)
            message = writer.write(given)
            if not isinstance(message, WriterCommitMessage):
                raise PySparkRuntimeError(
                    errorClass="DATA_SOURCE_TYPE_MISMATCH",
                    messageParameters={
                        "expected": "'WriterCommitMessage' as the return type of the `write` method",
                        "actual": type(message).__name__,
                    },
                )
            yield dumps(message)


def _rows(table: Any, schema: Any) -> Iterator[Any]:
    from pyspark.sql.conversion import ArrowTableToRowsConversion

    convert: Callable[..., Any] = ArrowTableToRowsConversion.convert
    yield from convert(table, schema)
