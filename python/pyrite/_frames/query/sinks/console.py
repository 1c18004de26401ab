"""Batches as tables on the console."""

from __future__ import annotations

import sys
from typing import Any

from pyrite._frames.query.sinks import Start

_LINE = "-" * 43


def open_sink(start: Start) -> Console:
    """With the options `numRows` and `truncate`."""
    rows = int(start.options.get("numRows", start.options.get("numrows", "20")))
    truncate = start.options.get("truncate", "true").lower() == "true"
    return Console(start, rows, 20 if truncate else 0)


class Console:
    """Spark's text, written at once, so that several queries don't mix."""

    description = "org.apache.spark.sql.execution.streaming.ConsoleTable$@1"
    counts = True

    def __init__(self, start: Start, rows: int, truncate: int) -> None:
        self._start = start
        self._rows = rows
        self._truncate = truncate

    def add(self, batch_id: int, table: Any, schema: Any) -> None:
        """Print it."""
        from pyrite._frames import showing

        names, cells, more = self._start.service.cells_of(table, schema, self._rows)
        text = showing.table_text(names, cells, self._truncate, more, self._rows)
        end = "" if more else "\n"
        sys.stdout.write(f"{_LINE}\nBatch: {batch_id}\n{_LINE}\n{text}{end}")
        sys.stdout.flush()

    def close(self) -> None:
        """Nothing is open."""
