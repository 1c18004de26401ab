"""Rows as messages of Kafka: columns `value`, and `key`, `topic`, `partition`, `headers` where they are there.

With the option `topic` a batch is a transaction that Kafka notes by the batch's number: one that runs again is not written twice, and
who reads committed messages only sees each once. Where rows name their topics it is as in Spark: at least once.
"""

from __future__ import annotations

from typing import Any

from pyrite import _engine
from pyrite._frames import kafka
from pyrite._frames.query.sinks import Start


def open_sink(start: Start) -> Kafka:
    """Options are checked; the columns are when the plan is known."""
    options = {key.lower(): value for key, value in start.options.items()}
    return Kafka(start, kafka.params_of(options, "producer"), options.get("topic"))


class Kafka:
    """The producer is made with the first batch, when the query's checkpoint is known."""

    description = "KafkaTable"
    counts = True

    def __init__(self, start: Start, params: list[tuple[str, str]], topic: str | None) -> None:
        self._start = start
        self._params = params
        self._topic = topic
        self._rows: Any = None
        # The query's id, set where it starts.
        self.identity: str | None = None

    def begin(self, schema: Any) -> None:
        """Before the query starts."""
        kafka.check_columns(schema, self._topic)

    def add(self, batch_id: int, table: Any, schema: Any) -> None:
        """Done when Kafka has it all."""
        once = self._topic is not None and self.identity is not None
        if self._rows is None:
            name = f"pyrite-{self.identity}" if once else None
            self._rows = _engine.KafkaRows(self._params, self._topic or "", name)
        data = kafka.written(table, self._topic)
        self._rows.write(self._start.service.catalog.context._engine, data, batch_id if once else None)

    def close(self) -> None:
        """The producer goes."""
        self._rows = None
