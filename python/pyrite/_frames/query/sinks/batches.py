"""`foreachBatch`: the user's function gets a DataFrame and the batch's id."""

from __future__ import annotations

from typing import Any

from pyrite import _engine
from pyrite._frames.query.sinks import Start
from pyrite._frames.running import taken


def open_sink(start: Start) -> Batches:
    """The user's own function: not a copy, as it runs here."""
    return Batches(start)


class FunctionFailed(Exception):
    """The user's function raised: that is the cause."""


class Batches:
    """The rows are a kept table of the session's while a DataFrame of them lives."""

    description = "ForeachBatchSink"
    counts = False

    def __init__(self, start: Start) -> None:
        self._start = start

    def add(self, batch_id: int, table: Any, schema: Any) -> None:
        """Call it."""
        text = taken(_engine.frame_schema_text(schema.SerializeToString()))
        name = self._start.service.catalog.keep(table, text)
        frame = self._start.session._create_remote_dataframe(name)
        try:
            self._start.function(frame, batch_id)
        except Exception as error:
            raise FunctionFailed from error

    def close(self) -> None:
        """Nothing is open."""
