"""Where a batch's rows go. A sink is a file here, with a class and a line in `FORMATS`."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pyrite._frames import faults

if TYPE_CHECKING:
    from pyrite._frames.service import Service

__all__ = ["FORMATS", "Sink", "Start", "made"]


class Sink(Protocol):
    """A sink of one query."""

    # What progress calls it.
    description: str
    # Whether progress tells the number of rows.
    counts: bool

    def add(self, batch_id: int, table: Any, schema: Any) -> None:
        """A batch's rows (Arrow) with their schema (the protocol's). The same id may come again after a restart."""

    def close(self) -> None:
        """The query has ended."""


@dataclass
class Start:
    """What the user asked for."""

    service: Service
    session: Any
    options: dict[str, str]
    mode: str
    name: str | None
    path: str | None
    partitions: list[str]
    # The user's function or object, for `foreach` and `foreachBatch`.
    function: Any = None


# Each module has `open_sink(start) -> Sink`, which checks what is asked.
FORMATS = {
    "console": "console",
    "memory": "memory",
    "noop": "noop",
    "foreach": "rows",
    "foreachbatch": "batches",
    "kafka": "kafka",
}
FILES = {"csv", "json", "text", "parquet"}

_NOT_YET = {"orc", "delta", "avro"}


def made(form: str, start: Start) -> Sink:
    """The sink of a format."""
    lower = form.lower()
    if lower in FORMATS:
        sink: Sink = importlib.import_module(f"{__name__}.{FORMATS[lower]}").open_sink(start)
        return sink
    if lower in FILES:
        from pyrite._frames.query.sinks import files

        return files.open_sink(lower, start)
    if found := start.service.catalog.data_sources.find(form):
        from pyrite._frames.query.sinks import python

        return python.open_sink(start, form, found)
    if lower in _NOT_YET:
        if not (start.path or start.options.get("path")):
            raise faults.exception(
                "IllegalArgumentException", "_LEGACY_ERROR_TEMP_2047", None, {}, "'path' is not specified."
            )
        raise faults.unsupported(f"The streaming sink {form}")
    if lower in ("socket", "rate"):
        raise faults.exception(
            "UnsupportedOperationException", "_LEGACY_ERROR_TEMP_2049", None, {"className": form, "operator": "writing"},
            f"Data source {form} does not support streamed writing.",
        )  # fmt: skip
    raise faults.no_such_source(form)
