"""`dropDuplicates`: a row comes out when its key is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames.query.operators import Operator, Step

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch


class Deduplicate(Operator):
    """Keeps the keys."""

    progress_name = "dedupe"

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """The key's columns."""
        import pyarrow as pa

        return pa.schema([step.output.field(at) for at in step.keys]), len(step.keys)

    def process(self, batch: Batch) -> Any:
        """The first row of each new key."""
        import pyarrow as pa

        sql, schema = self.step.inputs[0]
        rows = batch.rows(sql, schema)
        keys = rows.select(self.step.keys)
        fresh: dict[Any, int] = {}
        for at, (key, seen) in enumerate(zip(self.store.keys_of(keys), self.store.get(keys), strict=True)):
            if seen is None and key not in fresh:
                fresh[key] = at
        places = pa.array(fresh.values(), pa.int64())
        self.store.put(keys.take(places))
        self.updated = len(places)
        return rows.take(places)
