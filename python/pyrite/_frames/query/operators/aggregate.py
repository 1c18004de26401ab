"""`groupBy(...).agg(...)`: partial results of a batch's groups meet those that were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames.query.event_time import Expiry
from pyrite._frames.query.operators import Operator, Step
from pyrite._frames.query.plain import merger
from pyrite._frames.query.state import StateStore

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch


class Aggregate(Operator):
    """The step's last query merges: it reads `<name>_met`, with the columns `p_...` of the batch and `o_...` of the store."""

    progress_name = "stateStoreSave"

    def __init__(self, step: Step, store: StateStore) -> None:
        super().__init__(step, store)
        sql, schema = step.inputs[-1]
        self._plainly = merger(sql, f"{step.name}_met", schema, store.width)

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """Keys and partial results."""
        return step.output, step.keys[0]

    def wants(self, mode: str, now: int, following: int) -> bool:
        """Groups may be over."""
        return mode != "complete" and following > now

    def process(self, batch: Batch) -> Any:
        """Changed groups in update mode, all in complete mode, those that are over in append mode."""
        sql, schema = self.step.inputs[0]
        part = batch.rows(sql, schema)
        if batch.mode != "complete":
            part, late = self.late.split(part, batch.late)
            self.dropped = 0 if late is None else late.num_rows
        before = self.store.get(part)
        if len(schema) > self.store.width and part.num_rows:
            part = self.merged(batch, part, before)
        self._put(part, before)
        self.updated = part.num_rows
        return self._out(batch, part)

    def merged(self, batch: Batch, part: Any, before: list[Any]) -> Any:
        """Rows with what was kept of their groups."""
        import pyarrow as pa

        sql, schema = self.step.inputs[-1]
        if self._plainly is not None and (plainly := self._plainly(part, before)) is not None:
            return plainly
        width = self.store.width
        old = self.store.table([row or (None,) * len(schema) for row in before])
        names = [field.name for field in schema]
        met = pa.Table.from_arrays(
            [*part.columns, *old.columns[width:]],
            names=names[:width] + [f"p_{name}" for name in names[width:]] + [f"o_{name}" for name in names[width:]],
        )
        return batch.rows(sql, schema, {f"{self.step.name}_met": met})

    def _put(self, rows: Any, before: list[Any]) -> None:
        place = self.late.place
        if place is not None and self._expiry is None:
            self._expiry = Expiry(self.store, place)
        self.store.put(rows)
        if self._expiry is not None and rows.num_rows:
            times = rows.column(place).to_pylist()
            for key, time, old in zip(self.store.keys_of(rows), times, before, strict=True):
                if old is None:
                    self._expiry.add_time(key, time)

    def _out(self, batch: Batch, changed: Any) -> Any:
        if batch.mode == "complete":
            return self.store.all()
        if self._expiry is None:
            return changed
        gone = self.store.remove(self._expiry.due(batch.watermark))
        self.removed = len(gone)
        return self.store.table(gone) if batch.mode == "append" else changed
