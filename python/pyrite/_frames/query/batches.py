"""The life of a query's batches: offsets, rows, plan, sink, commit; in one thread, one after the other."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from pyrite._frames.query import progress, sources
from pyrite._frames.query.checkpoint import offsets
from pyrite._frames.query.operators.watermark import Watermark
from pyrite._frames.query.planned import Batch, Session
from pyrite._frames.query.trimming import trim
from pyrite._frames.query.watermarks import Watermarks

if TYPE_CHECKING:
    from pyrite._frames.query.checkpoint import Checkpoint, Recovered
    from pyrite._frames.query.running import Query

__all__ = ["Batches"]

# Batches between two looks at what memory can go back to the system.
_TRIMMED = 2_000

# Milliseconds between what is told of a query that has nothing to do.
_IDLE = 10_000
_UNCHANGED = {"numRowsUpdated": 0, "numRowsDroppedByWatermark": 0}


class Batches:
    """Runs until the query is stopped or, where its trigger ends, nothing is left."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.planned = query.planned
        self.session: Session = query.session
        self.next_id = 0
        self.watermark = self.late = 0
        # Whether the watermark has gone on, so that a batch without rows has something to do.
        self.due = False
        self.committed: list[Any] = []
        self.offered: list[Any] = []
        self.opened: list[sources.Source] = []
        self._untidy = 0
        self._started: int | None = None
        self._told: int | None = None
        self._recovered: Recovered | None = None

    def run(self) -> None:
        """All of it; what goes wrong is raised."""
        query, trigger = self.query, self.query.trigger
        query.say("Initializing sources")
        self.operators = self.planned.begin()
        checkpoint = query.checkpoint
        for at, (_, description) in enumerate(self.planned.streams):
            folder = None if checkpoint is None else checkpoint.source(at)
            self.opened.append(sources.opened(description, self.session, folder))
        self.committed = [None] * len(self.opened)
        self.offered = list(self.committed)
        self._conf = offsets.settings(self.session.catalog.settings)
        asked = self.session.catalog.settings.get("spark.sql.streaming.noDataMicroBatches.enabled")
        self._without_rows = (asked or "true") == "true"
        if checkpoint is not None:
            self._recover(checkpoint)
        policy = self._conf["spark.sql.streaming.multipleWatermarkPolicy"]
        self.watermarks = Watermarks([each for each in self.operators if isinstance(each, Watermark)], policy)
        self.session.unlimited = trigger.once
        if trigger.ends:
            for source in self.opened:
                source.freeze()
        while not query.stopping.is_set():
            begin = self.session.clock()
            self.session.wake.clear()
            ran = self.trigger(begin)
            if trigger.once or (trigger.available and not ran):
                return
            if trigger.interval:
                query.say("Waiting for next trigger")
                query.rest(trigger.next_time(begin))
            elif not ran:
                query.say("Waiting for data to arrive")
                query.wait(min((source.patience() for source in self.opened), default=1.0))

    def _recover(self, checkpoint: Checkpoint) -> None:
        """Go on where the checkpoint is; what was settled when the query began stays so."""
        found = self._recovered = checkpoint.recovered(len(self.opened))
        if found is not None:
            self.next_id, self.watermark, self.late = found.batch_id, found.watermark, found.late
            self.committed = list(found.committed)
            self._conf.update(found.conf)
            self.query.partitions = int(self._conf["spark.sql.shuffle.partitions"])
            for source, end in zip(self.opened, self.committed, strict=True):
                if end is not None:
                    source.commit(end)
        checkpoint.load([each for each in self.operators if each.told], self.next_id, self.query.partitions)

    def _begun(self) -> offsets.Entry | None:
        """The batch that was begun before this run, and not done."""
        found, self._recovered = self._recovered, None
        return None if found is None else found.pending

    def trigger(self, begin: int) -> bool:
        """One batch, where there is something for it; whether there was."""
        query = self.query
        look = query.look()
        self.session.catalog.tidy()
        query.status(active=True)
        clock = _Durations()
        begun = self._begun()
        if begun is not None:
            self.offered = list(begun.offsets)
        else:
            for at, source in enumerate(self.opened):
                query.say(f"Getting offsets from {source.description}")
                self.offered[at] = source.latest(self.committed[at])
        clock.lap("latestOffset")
        fresh = [end is not None and end != start for start, end in zip(self.committed, self.offered, strict=True)]
        due = self._without_rows and (self.due or any(each.ripe(begin) for each in self.operators))
        if not any(fresh) and begun is None and not due:
            self._idle(begin, clock)
            query.nothing_new(look)
            return False
        query.status(active=True, available=any(fresh))
        entry = begun or offsets.Entry(list(self.offered), self.watermark, begin, self._conf)
        if query.checkpoint is not None and begun is None:
            query.checkpoint.begin(self.next_id, entry)
        clock.lap("walCommit")
        query.say("Processing new data")
        rows = [
            source.rows(start, end) if new else None
            for source, start, end, new in zip(self.opened, self.committed, self.offered, fresh, strict=True)
        ]
        clock.lap("getBatch")
        batch = Batch(self.session.catalog, self.next_id, query.mode, entry.watermark, entry.timestamp, self.late)
        clock.lap("queryPlanning")
        table = self.planned.run(batch, rows)
        query.sink.add(batch.id, table, self.planned.schema)
        clock.lap("addBatch")
        for operator in self.operators:
            operator.commit(batch.id)
        following = self.watermarks.next(entry.watermark)
        if query.checkpoint is not None:
            query.checkpoint.commit(self.next_id, following)
        for source, end in zip(self.opened, self.offered, strict=True):
            if end is not None:
                source.commit(end)
        clock.lap("commitOffsets")
        counts = [0 if each is None else each.num_rows for each in rows]
        output = table.num_rows if query.sink.counts else -1
        self._tell(begin, clock, counts, output)
        self.committed = list(self.offered)
        self.next_id += 1
        self._untidy += 1
        if self._untidy >= _TRIMMED:
            # Not while another query runs; then what has gone gathers until the executor looks itself.
            cleared = self.session.catalog.executor.clear_up()
            if cleared or self._untidy % _TRIMMED == 0:
                trim()
            if cleared:
                self._untidy = 0
        self.due = any(each.wants(query.mode, self.watermark, following) for each in self.operators)
        self.late, self.watermark = self.watermark, following
        self._told = self.session.clock()
        self._started = begin
        query.status()
        return True

    def _tell(self, begin: int, clock: _Durations, counts: list[int], output: int, *, idle: bool = False) -> None:
        query = self.query
        told = progress.progress(
            ids=(query.id, query.run_id, query.name),
            begin=begin,
            last_begin=self._started,
            batch_id=self.next_id,
            durations=clock.done(),
            # What waits has changed nothing since.
            operators=[
                {**each.progress(query.partitions), **(_UNCHANGED if idle else {})}
                for each in reversed(self.operators)
                if each.told
            ],
            sources=[
                {
                    "description": source.description,
                    "startOffset": start,
                    "endOffset": end,
                    "latestOffset": source.available(),
                    "numInputRows": count,
                    **_metrics(source, end),
                }
                for source, start, end, count in zip(self.opened, self.committed, self.offered, counts, strict=True)
            ],
            sink={"description": query.sink.description, "numOutputRows": output},
            event_time=self.watermarks.told(self.watermark, seen=not idle),
        )
        watermark = self.watermark if "eventTime" in told else None
        query.tell(told, clock.whole, watermark, idle=idle)

    def _idle(self, begin: int, clock: _Durations) -> None:
        """A query that waits says so at first, and then now and again."""
        first = self._told is None
        if first or begin - (self._told or 0) >= _IDLE:
            self._tell(begin, clock, [0] * len(self.opened), -1, idle=not first)
            self._told = begin
        self.query.status()

    def close(self) -> None:
        """Sources, sink and tables go."""
        # Each goes, whatever another says.
        with contextlib.ExitStack() as closing:
            if self.query.checkpoint is not None:
                closing.callback(self.query.checkpoint.close)
            closing.callback(self.planned.end)
            closing.callback(self.query.sink.close)
            for source in reversed(self.opened):
                closing.callback(source.close)


def _metrics(source: sources.Source, end: Any) -> dict[str, Any]:
    """What a source tells of itself more."""
    tell = getattr(source, "metrics", None)
    told = None if tell is None else tell(end)
    return {"metrics": told} if told else {}


class _Durations:
    """Milliseconds of each part of a batch."""

    def __init__(self) -> None:
        self._begin = self._last = time.perf_counter()
        self._laps: dict[str, int] = {}
        # Seconds of all of it, once it is done.
        self.whole = 0.0

    def lap(self, name: str) -> None:
        """A part has ended."""
        now = time.perf_counter()
        self._laps[name] = int((now - self._last) * 1000)
        self._last = now

    def done(self) -> dict[str, int]:
        """All parts, and the whole."""
        self.whole = time.perf_counter() - self._begin
        return {**self._laps, "triggerExecution": int(self.whole * 1000)}
