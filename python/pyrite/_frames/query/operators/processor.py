"""`transformWithState` and `transformWithStateInPandas`: the user's processor, with states of its own and timers."""

from __future__ import annotations

import heapq
import pickle
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query.operators import Step
from pyrite._frames.query.operators.grouped import Grouped, groups_of, pandas_of
from pyrite._frames.query.operators.handle import Handle, ends_of
from pyrite._frames.query.state import StateStore

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch


class Processor(Grouped):
    """Keeps all that a key has, pickled: its states by name, and its timers."""

    def __init__(self, step: Step, store: StateStore) -> None:
        super().__init__(step, store)
        self._mode = step.facts["timeout"].lower()
        self.by_row = takes_rows(step)
        # Keys by the first time from which something of theirs is over; what a checkpoint had is looked through once.
        self._ends: list[tuple[int, int, Any]] = []
        self._first: dict[Any, int] = {}
        self._number = 0
        self._looked = False
        # Where the rows that are put out have their event time, if they have one of their own.
        self._stamp = int(step.facts["stamped"]) if "stamped" in step.facts else None

    @property
    def progress_name(self) -> str:  # type: ignore[override]
        """What progress calls it."""
        return "transformWithStateInPySparkExec"

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """Keys, what is kept of each, and its first timer."""
        import pyarrow as pa

        keys = [pa.field(f"k{at}", step.inputs[0][1].field(at).type) for at in range(step.keys[0])]
        return pa.schema([*keys, ("held", pa.binary()), ("timer", pa.int64())]), len(keys)

    def wants(self, mode: str, now: int, following: int) -> bool:
        """Timers may have come; Spark asks for a batch without timers, too."""
        return self._mode != "processingtime" and following > now

    def ripe(self, clock: int) -> bool:
        """Whether a timer of the clock's has come."""
        return self._mode == "processingtime" and any(
            row[-1] is not None and row[-1] <= clock for _, row in self.store.items()
        )

    def process(self, batch: Batch) -> Any:
        """Groups of the batch's rows, then timers."""
        import pyarrow as pa
        from pyspark.sql.streaming.stateful_processor import ExpiredTimerInfo, TimerValues

        count = self.step.keys[0]
        table = self.rows(batch, timed=self._mode == "eventtime")
        processor = self.function().__self__._stateful_processor
        held = Handle(self, batch, self._mode)
        processor.init(held)
        held.ready = True
        times = TimerValues(*((-1, -1) if self._mode == "none" else (batch.timestamp, batch.watermark)))
        made: list[Any] = []
        first = self._first_states(batch)
        for key, rows in groups_of(table, count):
            held.enter(tuple(key))
            if first and (found := first.pop(self._id(key), None)):
                self._begin(processor, tuple(key), found[1], batch, times)
            made += self._tables(processor.handleInputRows(tuple(key), self._input(rows, batch), times))
            held.leave()
        for key, rows in first.values():
            held.enter(key)
            self._begin(processor, key, rows, batch, times)
            held.leave()
        now = {"eventtime": batch.watermark, "processingtime": batch.timestamp}.get(self._mode)
        if now is not None:
            over = [row for _, row in self.store.items() if row[-1] is not None and row[-1] <= now]
            due = sorted((at, row[:count]) for row in over for at in pickle.loads(row[-2])["timers"] if at <= now)
            for at, key in due:
                held.enter(tuple(key))
                made += self._tables(processor.handleExpiredTimer(tuple(key), times, ExpiredTimerInfo(at)))
                held.deleteTimer(at)
                held.leave()
        processor.close()
        self._expire(held, batch.timestamp)
        self.updated = held.updated
        result = pa.concat_tables(made) if made else self.step.output.empty_table()
        self._check_times(result, batch.late)
        return result

    def _first_states(self, batch: Batch) -> dict[Any, Any]:
        """What each key's states begin with, for the query's first batch."""
        if batch.id > 0 or len(self.step.inputs) < 2:
            return {}
        sql, schema = self.step.inputs[1]
        groups = groups_of(batch.rows(sql, schema), self.step.keys[0])
        return {self._id(key): (tuple(key), rows) for key, rows in groups}

    def _id(self, key: Any) -> Any:
        """What keys of one group have in common: a NaN is no other NaN's equal, and lists can't be looked up."""
        return self.store.keys_of(self.store.key_table([key]))[0]

    def _begin(self, processor: Any, key: Any, rows: Any, batch: Batch, times: Any) -> None:
        for each in self._input(rows, batch):
            processor.handleInitialState(key, each, times)

    def _check_times(self, table: Any, late: int) -> None:
        """An event time that is late already would be lost by what comes after."""
        import pyarrow.compute as pc

        if self._stamp is None or not table.num_rows:
            return
        times = table.column(self._stamp).cast("int64")
        old = times.filter(pc.less_equal(times, late * 1000))
        if len(old):
            condition = "EMITTING_ROWS_OLDER_THAN_WATERMARK_NOT_ALLOWED"
            # Microseconds beside milliseconds, as Spark tells them.
            found = {"emittedRowEventTime": str(old[0]), "currentWatermark": str(late)}
            raise faults.exception(
                "SparkRuntimeException", condition, "42815", found,
                f"[{condition}] Previous node emitted a row with eventTime={old[0]} which is older than current_watermark_value={late}\n"
                "This can lead to correctness issues in the stateful operators downstream in the execution pipeline.\n"
                "Please correct the operator logic to emit rows after current global watermark value. SQLSTATE: 42815",
            )  # fmt: skip

    def ends(self, key: Any, moments: Iterable[int]) -> None:
        """Something of a key is over then. Only the first of these moments counts: the next one is looked for in it."""
        first = min(moments, default=None)
        if first is None:
            return
        known = self._id(key)
        if first < self._first.get(known, first + 1):
            self._first[known] = first
            self._number += 1
            heapq.heappush(self._ends, (first, self._number, key))

    def _expire(self, held: Handle, now: int) -> None:
        """What is over goes, though its keys may never come again."""
        if held.expires and not self._looked:
            self._looked = True
            count = self.step.keys[0]
            for _, row in self.store.items():
                self.ends(tuple(row[:count]), ends_of(pickle.loads(row[-2])["states"]))
        over = []
        while self._ends and self._ends[0][0] <= now:
            moment, _, key = heapq.heappop(self._ends)
            known = self._id(key)
            if self._first.get(known) == moment:
                del self._first[known]
                over.append(key)
        for key in over:
            held.enter(key)
            held.purge()
            left = list(ends_of(held.held["states"]))
            held.leave()
            self.ends(key, left)

    def _input(self, rows: Any, batch: Batch) -> Iterator[Any]:
        if self.by_row:
            from pyspark.sql import Row

            make = Row(*rows.schema.names)
            columns = [column.to_pylist() for column in rows.columns]
            return iter([make(*values) for values in zip(*columns, strict=True)])
        frame = pandas_of(rows, batch.catalog.settings.zone)
        return iter([frame[at : at + 10_000] for at in range(0, len(frame), 10_000)])

    def _tables(self, given: Any) -> list[Any]:
        import pyarrow as pa

        from pyrite._frames.group_calls import frame_table

        if given is None:
            return []
        if not self.by_row:
            return [frame_table(frame, self.step.output) for frame in given]
        rows = [tuple(row) for row in given]
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.step.output)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self.step.output, strict=True)]
        return [pa.Table.from_arrays(arrays, schema=self.step.output)]


def takes_rows(step: Step) -> bool:
    """Whether the function takes and gives Rows; if not, pandas DataFrames."""
    from pyspark.util import PythonEvalType

    rows = {
        getattr(PythonEvalType, name, None)
        for name in ("SQL_TRANSFORM_WITH_STATE_PYTHON_ROW_UDF", "SQL_TRANSFORM_WITH_STATE_PYTHON_ROW_INIT_STATE_UDF")
    }
    return step.eval_type in rows
