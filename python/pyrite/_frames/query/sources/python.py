"""A stream of a Python data source: its `streamReader`, or its `simpleStreamReader`, which reads ahead."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

from pyrite._frames.data_sources import reading, registry, rows, tasks
from pyrite._frames.data_sources.failing import calling, performing
from pyrite._frames.query.sources import Description

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Session


def _made(description: Description) -> Any:
    assert description.data_source is not None
    options = reading.given_options(description.paths, description.options)
    return registry.made(description.data_source, options)


def schema(description: Description) -> str:
    """The user's, or the source's own."""
    return registry.schema_of(_made(description), description.schema)


def open_source(description: Description, session: Session) -> Python:
    """A reader of its own."""
    return Python(description, session)


class Python:
    """Offsets are what the reader says. Between those of a batch it gives the same rows again, which makes a batch happen once."""

    def __init__(self, description: Description, session: Session) -> None:
        from pyspark.sql.datasource_internal import _SimpleStreamReaderWrapper, _streamReader
        from pyspark.sql.streaming.datasource import SupportsTriggerAvailableNow

        self._session = session
        self._source = _made(description)
        self._struct = registry.struct_of(registry.schema_of(self._source, description.schema))
        with calling("plan", "initialize source"):
            self._reader = _streamReader(self._source, self._struct)
            self._simple = isinstance(self._reader, _SimpleStreamReaderWrapper)
            # Readers of PySpark 4.0 take neither the start nor a limit.
            self._limited = self._simple or bool(inspect.signature(self._reader.latestOffset).parameters)
        self._told = isinstance(
            self._reader.simple_reader if self._simple else self._reader, SupportsTriggerAvailableNow
        )
        kind = "WithTriggerAvailableNow" if self._told else "WithAdmissionControl" if self._limited else ""
        place = "org.apache.spark.sql.execution.datasources.v2.python.PythonMicroBatchStream"
        self.description = f"{place}{kind}@{id(self) & 0xFFFFFFFF:x}"
        self._first: Any = None
        self._end: Any = None
        # What the reader is told with the next batch, as in Spark.
        self._owed: Any = None
        self._frozen = self._done = False

    def _initial(self) -> Any:
        """Where it begins; a query that goes on knows where it is."""
        if self._first is None:
            with performing("initialOffset"):
                self._first = _plain(self._reader.initialOffset())
        return self._first

    def latest(self, start: Any) -> Any:
        """Where the reader says that its data end now."""
        from pyspark.sql.streaming.datasource import ReadAllAvailable

        if self._done:
            return start
        begin = self._initial() if start is None else start
        with performing("latestOffset"):
            if self._simple:
                end = self._reader.latestOffset(_plain(begin), ReadAllAvailable())
            elif self._limited:
                limit = ReadAllAvailable() if self._session.unlimited else self._reader.getDefaultReadLimit()
                end = self._reader.latestOffset(_plain(begin), limit)
            else:
                end = self._reader.latestOffset()
            self._end = _plain(end)
        # A reader that isn't told of the trigger's end is asked once.
        self._done = self._frozen
        return start if self._end == begin else self._end

    def rows(self, start: Any, end: Any) -> Any:
        """The rows of the partitions between offsets, or those that were read ahead."""
        owed, self._owed = self._owed, None
        # A batch that runs again was told of before.
        if owed is not None and self._end is not None:
            with performing("commitSource"):
                self._reader.commit(owed)
        begin = self._initial() if start is None else start
        context, settings = self._session.catalog.context, self._session.catalog.settings
        most = reading.batch_size(settings)
        with performing("planPartitions"):
            partitions = list(self._reader.partitions(_plain(begin), _plain(end)))
            ahead = self._reader.getCache(begin, end) if self._simple else iter(()) if not partitions else None
            if ahead is not None:
                return rows.arrow_rows(ahead, self._struct, self._source, most)
        if self._simple:
            reader = self._reader.simple_reader
            return tasks.read_between(context, reader, begin, end, self._source, self._struct, most)
        return tasks.read(context, self._reader, partitions, self._source, self._struct, most)

    def commit(self, end: Any) -> None:
        """The reader is told when the next batch is there: then it may forget what came before."""
        self._owed = _plain(end)

    def available(self) -> Any:
        """What the reader tells of itself."""
        if self._simple:
            return None
        if not self._limited:
            return self._end
        found = self._reader.reportLatestOffset()
        return None if found is None else _plain(found)

    def freeze(self) -> None:
        """The reader is told, where it wants to be; trigger `once` takes one batch, and tells nobody."""
        if not self._told or self._session.unlimited:
            self._frozen = True
            return
        reader = self._reader.simple_reader if self._simple else self._reader
        with performing("prepareForTriggerAvailableNow"):
            reader.prepareForTriggerAvailableNow()

    def patience(self) -> float:
        """As Spark's polling delay."""
        return 0.01

    def close(self) -> None:
        """The reader stops."""
        self._reader.stop()


def _plain(offset: Any) -> Any:
    """An offset as a checkpoint has it, and a copy of it."""
    return json.loads(json.dumps(offset))
