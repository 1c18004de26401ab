"""A plan as a query runs it: planned once, then run for the rows of each batch."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyrite import _engine
from pyrite._frames.catalog import Catalog, plain_table
from pyrite._frames.query import operators, sources
from pyrite._frames.query.operators import Operator, Step
from pyrite._frames.query.plain import picked
from pyrite._frames.running import run_sql, taken

if TYPE_CHECKING:
    from pyrite._frames.query.clocks import Clock

__all__ = ["Batch", "Planned", "Session", "schema_message"]


_NAME = re.compile(r"pyrite_stream_\w+")


@dataclass
class Session:
    """What a query's sources may ask of it."""

    catalog: Catalog
    time: Clock
    parallelism: int
    # Where the source that is being opened keeps its own log, if the query has a checkpoint.
    folder: str | None = None
    # Trigger `once`: one batch takes all, whatever limits say.
    unlimited: bool = False
    # Set where something has come: the query looks at once.
    wake: threading.Event = field(default_factory=threading.Event)

    def clock(self) -> int:
        """Milliseconds since the epoch."""
        return self.time.now()


@dataclass
class Batch:
    """What an operator may ask of the batch that runs."""

    catalog: Catalog
    id: int
    mode: str
    # Milliseconds; 0 until a row with a time has come.
    watermark: int = 0
    timestamp: int = 0
    # The watermark of the batch before: rows that are older are late.
    late: int = 0
    # This batch's tables by the plan's names; and the executor's names of those it was asked for, with what keeps each there.
    _held: dict[str, Any] = field(default_factory=dict)
    _tables: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def offer(self, name: str, table: Any) -> None:
        """A table that queries of this batch find by its name."""
        self._held[name] = table
        self._tables.pop(name, None)

    def named(self, sql: str) -> str:
        """A query with the executor's names of this batch's tables."""
        return _NAME.sub(lambda found: self._name(found[0]), sql)

    def _name(self, name: str) -> str:
        if name not in self._tables:
            if name not in self._held:
                return name
            self._tables[name] = self.catalog.executor.offer(name, plain_table(self._held[name]))
        return self._tables[name][0]

    def rows(self, sql: str, schema: Any, tables: Mapping[str, Any] | None = None) -> Any:
        """A query's rows, of an Arrow schema; it finds these tables by their names."""
        from pyrite._frames.arrow_types import conformed

        for name, table in (tables or {}).items():
            self.offer(name, table)
        found = picked(sql)
        if found is not None and found[0] in self._held:
            table = self._held[found[0]]
            return conformed(table if found[1] is None else table.select(list(found[1])), schema)
        return conformed(run_sql(self.catalog, self.named(sql)), schema)

    def end(self) -> None:
        """The tables go."""
        for name, (_, handle) in self._tables.items():
            if handle is None:
                self.catalog.executor.drop(name)
        self._tables.clear()
        self._held.clear()


def schema_message(text: str) -> Any:
    """A schema's JSON as the protocol's message."""
    from pyspark.sql.connect.proto import DataType

    return DataType.FromString(taken(_engine.frame_type_of_text(text)))


class _Names:
    """The session's catalog as one plan sees it: streams are tables of the query's, and what it reads stays while it runs."""

    def __init__(self, catalog: Catalog, number: int) -> None:
        self._catalog = catalog
        self._number = number
        self.streams: list[tuple[str, sources.Description]] = []
        self.lent: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)

    def stream(self, form: str, schema: str | None, paths: list[str], options: dict[str, str]) -> tuple[str, str]:
        """A batch's table for each source."""
        description = sources.Description(form, schema, paths, options, self._catalog.data_sources.find(form))
        name = f"pyrite_stream_{self._number}_{len(self.streams)}_"
        self.streams.append((name, description))
        return name, sources.schema_of(description)

    def streamed(self, parts: list[str], options: dict[str, str]) -> tuple[str, str] | None:
        """A table as a source."""
        return Catalog.streamed(self, parts, options)  # type: ignore[arg-type]

    def read(self, form: str, schema: str | None, paths: list[str], options: dict[str, str]) -> tuple[str, str]:
        """Files that stay."""
        from pyrite._frames.reading import read

        return read(self, form, schema, paths, options)  # type: ignore[arg-type]

    def local(self, data: bytes) -> str:
        """Local rows."""
        import pyarrow as pa

        return self.opened(pa.ipc.open_stream(data).read_all())

    def opened(self, table: Any) -> str:
        """A table that was read for the plan."""
        key = f"q{self._number}_{len(self.lent)}"
        self.lent.append(key)
        return self._catalog.executor.lend(key, plain_table(table))


class Planned:
    """The plan of a query. Made where the query is started, so that what is wrong with it is said there."""

    def __init__(self, catalog: Catalog, relation: bytes, mode: str, number: int) -> None:
        self.catalog = catalog
        self.mode = mode
        self._relation = relation
        self._number = number
        self._names = _Names(catalog, number)
        self._plan()

    def _plan(self) -> None:
        from pyspark.sql.connect.proto import DataType

        from pyrite._frames.arrow_types import schema_of

        self._names = _Names(self.catalog, self._number)
        steps, self.sql, schema = taken(
            _engine.plan_frame(self._relation, self._names, bool(self.catalog.caches), self.mode)
        )
        self.streams = self._names.streams
        self.schema = DataType.FromString(schema)
        self._arrow = schema_of(self.schema)
        self.steps = steps
        self._cuts: dict[str, Step] = {}
        for step in steps:
            name, kind, eval_type, command, _, keys, inputs, output, facts = step
            if kind in operators.KINDS:
                arrow = [(sql, schema_of(DataType.FromString(fields))) for sql, fields in inputs]
                self._cuts[name] = Step(
                    name, kind, arrow, keys, schema_of(DataType.FromString(output)), dict(facts), eval_type, command
                )  # fmt: skip

    def shown(self) -> str:
        """How it is computed, for people."""
        parts = [f"{step[1]}: {sql}" for step in self.steps for sql, _ in step[6]]
        return "\n".join([*parts, self.sql])

    def begin(self) -> list[Operator]:
        """In the thread that runs it: the tables that the plan refers to are a thread's own. Gives its operators, in order."""
        with self.catalog.running():
            self._plan()
        self._operators = {name: operators.made(step) for name, step in self._cuts.items()}
        self._tables = [schema_of_stream(description) for _, description in self.streams]
        return list(self._operators.values())

    def run(self, batch: Batch, rows: list[Any]) -> Any:
        """The rows that a batch gives for those of its sources, in their order; None stands for none."""
        from pyrite._frames.calls import run_step

        executor = self.catalog.executor
        put: list[str] = []
        try:
            for (name, _), table, schema in zip(self.streams, rows, self._tables, strict=True):
                batch.offer(name, schema.empty_table() if table is None else table)
            for step in self.steps:
                operator = self._operators.get(step[0])
                if operator is None:
                    inputs = [(batch.named(sql), fields) for sql, fields in step[6]]
                    run_step(self.catalog, (*step[:6], inputs, *step[7:]))
                    put.append(step[0])
                else:
                    batch.offer(step[0], operator.run(batch))
            return batch.rows(self.sql, self._arrow)
        finally:
            batch.end()
            for name in put:
                executor.drop(name)

    def end(self) -> None:
        """Let go of what it reads."""
        for key in self._names.lent:
            self.catalog.executor.forget(key)


def schema_of_stream(description: sources.Description) -> Any:
    """The Arrow schema of a source's rows."""
    from pyrite._frames.arrow_types import schema_of

    return schema_of(schema_message(sources.schema_of(description)))
