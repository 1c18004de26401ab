"""So many rows a batch: a number, and a moment that each batch moves on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query.sources import Description, no_schema_of_users

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Session

_NAMES = {
    "rowsperbatch": "rowsPerBatch",
    "numpartitions": "numPartitions",
    "starttimestamp": "startTimestamp",
    "advancemillisperbatch": "advanceMillisPerBatch",
}


def _whole(description: Description, name: str, default: int, least: int) -> int:
    value = description.whole(name, default)
    if value is None or value < least:
        raise faults.exception(
            "IllegalArgumentException", None, None, {},
            f"Invalid value '{value}'. The option '{_NAMES[name]}' must {'be positive' if least else 'not be negative'}",
        )  # fmt: skip
    return value


def schema(description: Description) -> str:
    """`timestamp` and `value`."""
    no_schema_of_users(description, "RatePerMicroBatchProvider")
    _whole(description, "rowsperbatch", 0, 1)
    fields = [
        {"name": "timestamp", "type": "timestamp", "nullable": True, "metadata": {}},
        {"name": "value", "type": "long", "nullable": True, "metadata": {}},
    ]
    return json.dumps({"type": "struct", "fields": fields})


def open_source(description: Description, session: Session) -> RateBatch:
    """It keeps nothing: an offset has all."""
    return RateBatch(description, session)


class RateBatch:
    """Offsets are the next number and its moment, as those of Spark's `RatePerMicroBatchStream`."""

    def __init__(self, description: Description, session: Session) -> None:
        self._rows = _whole(description, "rowsperbatch", 0, 1)
        self._partitions = _whole(description, "numpartitions", session.parallelism, 1)
        self._start = _whole(description, "starttimestamp", 0, 0)
        self._advance = _whole(description, "advancemillisperbatch", 1000, 0)
        self.description = (
            f"RatePerMicroBatchStream[rowsPerBatch={self._rows}, numPartitions={self._partitions}, "
            f"startTimestamp={self._start}, advanceMsPerBatch={self._advance}]"
        )
        self._frozen = False
        self._last: Any = None

    def _begin(self, start: Any) -> dict[str, int]:
        return {"offset": 0, "timestamp": self._start} if start is None else start

    def latest(self, start: Any) -> Any:
        """One batch more; with `availableNow` one in all."""
        if self._frozen and self._last is not None:
            return self._last
        begin = self._begin(start)
        self._last = {"offset": begin["offset"] + self._rows, "timestamp": begin["timestamp"] + self._advance}
        return self._last

    def rows(self, start: Any, end: Any) -> Any:
        """The numbers, partition by partition, all with the moment where the batch begins."""
        import pyarrow as pa

        begin = self._begin(start)
        first, last = begin["offset"], end["offset"]
        values = [value for part in range(self._partitions) for value in range(first + part, last, self._partitions)]
        moments = [begin["timestamp"] * 1000] * len(values)
        return pa.table(
            {"timestamp": pa.array(moments, pa.timestamp("us", "UTC")), "value": pa.array(values, pa.int64())}
        )

    def commit(self, end: Any) -> None:
        """Nothing is kept."""

    def available(self) -> None:
        """It doesn't tell."""

    def freeze(self) -> None:
        """One batch is what is available."""
        self._frozen = True

    def patience(self) -> float:
        """There is always more."""
        return 0.0

    def close(self) -> None:
        """Nothing is open."""
