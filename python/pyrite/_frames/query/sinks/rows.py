"""`foreach`: the user's function, or an object's `open`, `process` and `close`, for each row."""

from __future__ import annotations

from typing import Any

from pyrite._frames.query.sinks import Start


def open_sink(start: Start) -> Rows:
    """What was pickled when it was given."""
    return Rows(start)


class Rows:
    """The client has made one function of it, which asks the task's context for the batch."""

    description = (
        "ForeachWriterTable(org.apache.spark.sql.execution.python.streaming.PythonForeachWriter@1,"
        "Right(org.apache.spark.sql.execution.streaming.sources.ForeachWriterTable$$$Lambda$1@1))"
    )
    counts = True

    def __init__(self, start: Start) -> None:
        self._function = start.function
        self._context = start.service.catalog.context

    def add(self, batch_id: int, table: Any, schema: Any) -> None:
        """Call it with the rows of the only partition."""
        from pyrite._frames.rows import rows_of

        context = self._context
        context.setLocalProperty("streaming.sql.batchId", str(batch_id))
        context.parallelize(rows_of(table, schema), 1).mapPartitionsWithIndex(self._function).count()

    def close(self) -> None:
        """Nothing is open."""
