"""`groupBy(...).agg(...)`: partial results of a batch's groups meet those that were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames.query.operators import Operator, Step

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch


class Aggregate(Operator):
    """The step's second query merges: it reads `<name>_met`, with the columns `p_...` of the batch and `o_...` of the store."""

    progress_name = "stateStoreSave"

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """Keys and partial results."""
        return step.output, step.keys[0]

    def process(self, batch: Batch) -> Any:
        """Changed groups in update mode, all in complete mode."""
        import pyarrow as pa

        width = self.store.width
        (partial, schema), (merge, _) = self.step.inputs
        part = batch.rows(partial, schema)
        if len(schema) > width and part.num_rows:
            old = self.store.table(row or (None,) * len(schema) for row in self.store.get(part))
            names = [field.name for field in schema]
            met = pa.Table.from_arrays(
                [*part.columns, *old.columns[width:]],
                names=names[:width] + [f"p_{name}" for name in names[width:]] + [f"o_{name}" for name in names[width:]],
            )
            merged = batch.rows(merge, schema, {f"{self.step.name}_met": met})
        else:
            merged = part
        self.store.put(merged)
        self.updated = merged.num_rows
        return self.store.all() if batch.mode == "complete" else merged
