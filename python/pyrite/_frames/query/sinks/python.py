"""A Python data source's `streamWriter`: tasks write a batch, the writer commits it by its number."""

from __future__ import annotations

from typing import Any

from pyrite._frames import faults
from pyrite._frames.data_sources import registry, tasks
from pyrite._frames.data_sources.failing import calling, must_be, performing
from pyrite._frames.data_sources.writing import abort, writer_schema
from pyrite._frames.query.sinks import Start


def open_sink(start: Start, form: str, pickled: bytes) -> Python:
    """The writer is made with the first batch, whose schema it is told."""
    return Python(start, form, pickled)


class Python:
    """A batch that comes again has the same number: who commits by it writes each once."""

    counts = True
    # A checkpoint is asked for.
    durable = True

    def __init__(self, start: Start, form: str, pickled: bytes) -> None:
        self.description = f"org.apache.spark.sql.execution.datasources.v2.python.PythonTable@{id(self) & 0xFFFFFFFF:x}"
        self._context = start.service.catalog.context
        self._form, self._pickled, self._mode = form, pickled, start.mode
        self._options = dict(start.options)
        if start.path is not None:
            self._options.setdefault("path", start.path)

    def _writer(self, struct: Any) -> Any:
        from pyspark.sql.datasource import DataSourceStreamArrowWriter, DataSourceStreamWriter

        source = registry.made(self._pickled, self._options)
        with calling("initialize", "writer"):
            writer = source.streamWriter(struct, self._mode == "complete")
            must_be(writer, (DataSourceStreamWriter, DataSourceStreamArrowWriter))
        return writer

    def add(self, batch_id: int, table: Any, schema: Any) -> None:
        """Write, then commit."""
        if self._mode == "update":
            text = f"requirement failed: {self._form} does not support Update mode."
            raise faults.exception("IllegalArgumentException", None, None, {}, text)
        from pyspark.sql.datasource import DataSourceStreamArrowWriter

        struct = writer_schema(schema)
        writer = self._writer(struct)
        by_batch = isinstance(writer, DataSourceStreamArrowWriter)
        messages: list[Any] = [None]
        try:
            messages = tasks.write(self._context, writer, table, struct, by_batch=by_batch)
            with performing("commit"):
                writer.commit(messages, batch_id)
        except Exception:
            abort(lambda: writer.abort(messages, batch_id), self._form)
            raise

    def close(self) -> None:
        """Nothing is open."""
