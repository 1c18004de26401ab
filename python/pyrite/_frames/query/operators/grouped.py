"""Groups with a state of the user's: what their forms share."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyrite._frames.query.operators import Operator

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch

__all__ = ["Grouped", "groups_of", "pandas_of"]


class Grouped(Operator):
    """Rows of a batch, group by group."""

    def function(self) -> Any:
        """A copy of the user's function, as each task of Spark's has its own."""
        return pickle.loads(self.step.command)[0]

    def rows(self, batch: Batch, *, timed: bool) -> Any:
        """The rows, and those in time only where the states go by the event time; the keys come first, and sorted."""
        sql, schema = self.step.inputs[0]
        rows = batch.rows(sql, schema)
        if not timed:
            return rows
        rows, late = self.late.split(rows, batch.late)
        self.dropped = 0 if late is None else late.num_rows
        return rows


def groups_of(table: Any, count: int) -> Iterator[tuple[Any, Any]]:
    """The runs of equal keys, with the other columns of their rows."""
    from pyrite._frames.group_calls import groups

    return groups(table, count)


def pandas_of(table: Any, zone: str) -> Any:
    """A pandas DataFrame as Spark gives it: times without a zone, in the session's."""
    import pandas as pd

    frame = table.to_pandas(date_as_object=True)
    for at, name in enumerate(frame.columns):
        column = frame.iloc[:, at]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            frame[name] = column.dt.tz_convert(zone).dt.tz_localize(None)
    return frame
