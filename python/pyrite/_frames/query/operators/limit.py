"""`limit` of a stream that appends: so many rows of all batches together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames.query.operators import Operator, Step

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch


class Limit(Operator):
    """Keeps how many rows have come out."""

    progress_name = "globalLimit"

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """One number."""
        import pyarrow as pa

        return pa.schema([("taken", pa.int64())]), 0

    def process(self, batch: Batch) -> Any:
        """What is left of it."""
        import pyarrow as pa

        sql, schema = self.step.inputs[0]
        rows = batch.rows(sql, schema)
        taken = next((row[0] for _, row in self.store.items()), 0)
        rows = rows.slice(0, max(0, int(self.step.facts["limit"]) - taken))
        self.store.put(pa.table({"taken": pa.array([taken + rows.num_rows], pa.int64())}))
        self.updated = 1
        return rows
