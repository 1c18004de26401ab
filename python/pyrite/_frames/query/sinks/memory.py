"""A table in memory, as a view that has the query's name."""

from __future__ import annotations

import threading
from typing import Any

from pyrite import _engine
from pyrite._frames import faults
from pyrite._frames.catalog import plain_table
from pyrite._frames.query.sinks import Start
from pyrite._frames.running import taken


def open_sink(start: Start) -> Memory:
    """It needs a name."""
    if not start.name:
        raise faults.exception(
            "AnalysisException", "_LEGACY_ERROR_TEMP_1194", None, {}, "queryName must be specified for memory sink."
        )
    return Memory(start)


class Memory:
    """Rows of all batches, or of the last one in complete mode."""

    description = "MemorySink"
    counts = True

    def __init__(self, start: Start) -> None:
        self._catalog = start.service.catalog
        self._name = start.name or ""
        self._mode = start.mode
        self._tables: list[Any] = []
        self._last = -1
        self._lock = threading.Lock()

    def begin(self, schema: Any) -> None:
        """The view, which is there before the first batch."""
        from pyspark.sql.connect.proto import Relation

        from pyrite._frames.arrow_types import schema_of

        text = taken(_engine.frame_schema_text(schema.SerializeToString()))
        self._empty = plain_table(schema_of(schema).empty_table())
        self._id = self._catalog.keep_changing(self._whole, text)
        relation = Relation()
        relation.cached_remote_relation.relation_id = self._id
        self._catalog.views[self._name.lower()] = relation.SerializeToString()

    def _whole(self) -> Any:
        """What is there now, as one table."""
        import pyarrow as pa

        with self._lock:
            if len(self._tables) > 1:
                self._tables = [pa.concat_tables(self._tables)]
            return self._tables[0] if self._tables else self._empty

    def add(self, batch_id: int, table: Any, schema: Any) -> None:
        """A batch that was added before isn't again."""
        table = plain_table(table)
        with self._lock:
            if batch_id <= self._last:
                return
            self._last = batch_id
            if self._mode == "complete":
                self._tables = [table]
            elif table.num_rows:
                self._tables.append(table)

    def close(self) -> None:
        """The table stays."""
