"""Rows that nobody wants: to measure, or for what a plan does on its way."""

from __future__ import annotations

from typing import Any

from pyrite._frames.query.sinks import Start


def open_sink(start: Start) -> Noop:
    """It takes everything."""
    return Noop()


class Noop:
    """Nothing comes of it."""

    description = "NoopTable"
    counts = True

    def add(self, batch_id: int, table: Any, schema: Any) -> None:
        """The rows were made."""

    def close(self) -> None:
        """Nothing is open."""
