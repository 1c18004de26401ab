"""`withWatermark`: rows pass, and their times are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames.query.event_time import micros
from pyrite._frames.query.operators import Operator, Step
from pyrite._frames.query.state import StateStore

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch


class Watermark(Operator):
    """Keeps nothing but how far it has come."""

    told = False

    def __init__(self, step: Step, store: StateStore) -> None:
        super().__init__(step, store)
        self._delay = int(step.facts["delay"])
        # Milliseconds: the greatest time that came, less the delay.
        self.reached = 0
        # `max`, `min` and `avg` of the batch.
        self.seen: dict[str, int] = {}

    @staticmethod
    def state_schema(step: Step) -> tuple[Any, int]:
        """Nothing is kept."""
        import pyarrow as pa

        return pa.schema([]), 0

    def process(self, batch: Batch) -> Any:
        """The rows as they come."""
        import pyarrow.compute as pc

        sql, schema = self.step.inputs[0]
        rows = batch.rows(sql, schema)
        self.seen = {}
        if rows.num_rows:
            # No time counts as 0, as in Spark.
            times = pc.fill_null(micros(rows.column(self.step.keys[0])), 0)
            ends = pc.min_max(times)
            least, most = ends["min"].as_py() // 1000, ends["max"].as_py() // 1000
            self.seen = {"avg": int(pc.mean(times).as_py() / 1000), "max": most, "min": least}
            self.reached = max(self.reached, most - self._delay)
        return rows
