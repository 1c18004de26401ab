"""`applyInPandasWithState`: the user's function gets a group's key, its rows as pandas DataFrames, and its state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyrite._frames.query.operators import Step
from pyrite._frames.query.operators.grouped import Grouped, groups_of, pandas_of
from pyrite._frames.query.state import StateStore

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch

_NONE = -1


class GroupState(Grouped):
    """Keeps for each key the fields of its state, whether it has one, and when it times out."""

    progress_name = "applyInPandasWithState"

    def __init__(self, step: Step, store: StateStore) -> None:
        from pyspark.sql.types import StructType

        super().__init__(step, store)
        self._timeout = step.facts["timeout"]
        self._schema = StructType.fromJson(json.loads(step.facts["state"]))

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """Keys, the state's fields as they are pickled, and two numbers."""
        import pyarrow as pa

        keys = [pa.field(f"k{at}", step.inputs[0][1].field(at).type) for at in range(step.keys[0])]
        return pa.schema([*keys, ("state", pa.binary()), ("defined", pa.bool_()), ("timeout", pa.int64())]), len(keys)

    def wants(self, mode: str, now: int, following: int) -> bool:
        """Event times may have come."""
        return self._timeout == "EventTimeTimeout" and following > now

    def ripe(self, clock: int) -> bool:
        """Whether the time of a state has come that goes by the clock."""
        return self._timeout == "ProcessingTimeTimeout" and any(
            _NONE < row[-1] < clock for _, row in self.store.items()
        )

    def process(self, batch: Batch) -> Any:
        """Groups of the batch's rows, then those that have timed out."""
        import pyarrow as pa

        count = self.step.keys[0]
        table = self.rows(batch, timed=self._timeout == "EventTimeTimeout")
        function = self.function()
        zone = batch.catalog.settings.zone
        made: list[Any] = []
        for key, rows in groups_of(table, count):
            frame = pandas_of(rows, zone)
            frames = [frame[at : at + 10_000] for at in range(0, len(frame), 10_000)]
            made += self._call(batch, function, key, iter(frames), timed_out=False)
        if self._timeout != "NoTimeout":
            threshold = batch.timestamp if self._timeout == "ProcessingTimeTimeout" else batch.watermark
            empty = pandas_of(table.select(range(count, table.num_columns)).slice(0, 0), zone)
            over = [row[:count] for _, row in self.store.items() if _NONE < row[-1] < threshold]
            for key in over:
                made += self._call(batch, function, key, iter([empty]), timed_out=True)
        return pa.concat_tables(made) if made else self.step.output.empty_table()

    def _call(self, batch: Batch, function: Any, key: Any, frames: Any, *, timed_out: bool) -> list[Any]:
        import pickle

        from pyspark.sql.streaming.state import GroupState as Handle

        from pyrite._frames.group_calls import frame_table

        keys = self.store.key_table([key])
        before = self.store.get(keys)[0]
        defined = before is not None and before[-2]
        value = pickle.loads(before[-3]) if defined and before is not None else None
        handle = Handle(
            optionalValue=value, batchProcessingTimeMs=batch.timestamp,
            eventTimeWatermarkMs=batch.watermark if self.late.place is not None else _NONE,
            timeoutConf=self._timeout, hasTimedOut=timed_out, watermarkPresent=self.late.place is not None,
            defined=defined, updated=False, removed=False, timeoutTimestamp=_NONE, keyAsUnsafe=b"", valueSchema=self._schema,
        )  # fmt: skip
        made = [frame_table(frame, self.step.output) for frame in function(tuple(key), frames, handle)]
        timeout = int(handle._timeout_timestamp)
        if handle._removed and timeout == _NONE:
            if before is not None:
                self.store.remove(self.store.keys_of(keys))
                self.removed += 1
        elif handle._updated or handle._removed or timeout != (before[-1] if before is not None else _NONE):
            state = pickle.dumps(tuple(handle._value), 5) if handle._defined else None
            self.store.put(self.store.table([(*key, state, handle._defined, timeout)]))
            self.updated += 1
        return made
