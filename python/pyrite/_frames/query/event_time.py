"""Event time in rows and in what is kept: timestamps, or windows, whose end counts."""

from __future__ import annotations

import datetime
import heapq
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyrite._frames.query.state import StateStore

__all__ = ["Expiry", "Late", "micros", "moment_of"]

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_STEP = datetime.timedelta(microseconds=1)


def micros(column: Any) -> Any:
    """Microseconds of a column's event times; a window's is its end."""
    import pyarrow as pa

    if pa.types.is_struct(column.type):
        chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        place = column.type.get_field_index("end")
        column = pa.chunked_array([chunk.field(place) for chunk in chunks], column.type.field(place).type)
    return column.cast(pa.int64())


def moment_of(value: Any) -> int | None:
    """Microseconds of one event time, as Python has it."""
    if isinstance(value, dict):
        value = value["end"]
    if isinstance(value, datetime.datetime):
        return (value.replace(tzinfo=value.tzinfo or datetime.UTC) - _EPOCH) // _STEP
    return value  # type: ignore[no-any-return]


class Late:
    """Rows whose time is over: the watermark of the batch before counts, so that none is late that came with its time."""

    def __init__(self, place: int | None) -> None:
        self.place = place

    def split(self, table: Any, watermark: int) -> tuple[Any, Any | None]:
        """The rows in time, and those that are late, where there are any."""
        import pyarrow.compute as pc

        if self.place is None or not table.num_rows:
            return table, None
        late = pc.fill_null(pc.less_equal(micros(table.column(self.place)), watermark * 1000), False)
        if not pc.any(late).as_py():
            return table, None
        return table.filter(pc.invert(late)), table.filter(late)


class Expiry:
    """Keys of a store by the time from which they may go, so that a batch doesn't look at all of them."""

    def __init__(self, store: StateStore, place: int) -> None:
        self._heap: list[tuple[int, int, Any]] = []
        self._number = 0
        # What is kept already was read from a checkpoint.
        for key, row in store.items():
            self.add_time(key, row[place])

    def add_time(self, key: Any, time: Any) -> None:
        """A key that is new, with its event time."""
        when = moment_of(time)
        if when is not None:
            self._number += 1
            heapq.heappush(self._heap, (when, self._number, key))

    def due(self, watermark: int) -> list[Any]:
        """Keys whose time is not after the watermark; each is given once."""
        found = []
        limit = watermark * 1000
        while self._heap and self._heap[0][0] <= limit:
            found.append(heapq.heappop(self._heap)[2])
        return found
