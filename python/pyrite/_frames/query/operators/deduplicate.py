"""`dropDuplicates` and `dropDuplicatesWithinWatermark`: a row comes out when its key is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames.query.event_time import Expiry, micros
from pyrite._frames.query.operators import Operator, Step

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch


class Deduplicate(Operator):
    """Keeps the keys, until the watermark has passed the event time among them, or has passed the row's by the delay."""

    @property
    def progress_name(self) -> str:  # type: ignore[override]
        """What progress calls it."""
        return "dedupeWithinWatermark" if "delay" in self.step.facts else "dedupe"

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """The key's columns, and when it may go where that isn't one of them."""
        import pyarrow as pa

        fields = [step.output.field(at) for at in step.keys]
        if "delay" in step.facts:
            fields.append(pa.field("expires", pa.int64()))
        return pa.schema(fields), len(step.keys)

    def wants(self, mode: str, now: int, following: int) -> bool:
        """Keys may go."""
        return following > now

    def process(self, batch: Batch) -> Any:
        """The first row of each new key."""
        import pyarrow as pa

        sql, schema = self.step.inputs[0]
        rows, late = self.late.split(batch.rows(sql, schema), batch.late)
        self.dropped = 0 if late is None else late.num_rows
        keys = rows.select(self.step.keys)
        fresh: dict[Any, int] = {}
        for at, (key, seen) in enumerate(zip(self.store.keys_of(keys), self.store.get(keys), strict=True)):
            if seen is None and key not in fresh:
                fresh[key] = at
        places = pa.array(fresh.values(), pa.int64())
        taken = rows.take(places)
        self._keep(taken, list(fresh))
        self.updated = len(places)
        if self._expiry is not None:
            self.removed = len(self.store.remove(self._expiry.due(batch.watermark)))
        return taken

    def _keep(self, rows: Any, keys: list[Any]) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        kept = rows.select(self.step.keys)
        event, delay = self.late.place, self.step.facts.get("delay")
        times, place = None, 0
        if delay is not None:
            times = pc.add(pc.fill_null(micros(rows.column(event)), 0), pa.scalar(int(delay) * 1000, pa.int64()))
            place = len(kept.columns)
            kept = kept.append_column("expires", times)
        elif event is not None and event in self.step.keys:
            times, place = rows.column(event), self.step.keys.index(event)
        if times is not None and self._expiry is None:
            self._expiry = Expiry(self.store, place)
        self.store.put(kept)
        if times is not None and self._expiry is not None:
            for key, time in zip(keys, times.to_pylist(), strict=True):
                self._expiry.add_time(key, time)
