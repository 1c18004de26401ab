"""So many rows a second: a number and its moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query.checkpoint import files
from pyrite._frames.query.checkpoint.log import Log
from pyrite._frames.query.sources import Description, no_schema_of_users
from pyrite._frames.query.triggers import milliseconds

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Session


def schema(description: Description) -> str:
    """`timestamp` and `value`."""
    no_schema_of_users(description, "RateStreamProvider")
    for name, least in (("rowspersecond", 1), ("numpartitions", 1)):
        value = description.whole(name, 1)
        if value is not None and value < least:
            shown = {"rowspersecond": "rowsPerSecond", "numpartitions": "numPartitions"}[name]
            raise faults.exception(
                "IllegalArgumentException",
                None,
                None,
                {},
                f"Invalid value '{value}'. The option '{shown}' must be positive",
            )
    fields = [
        {"name": "timestamp", "type": "timestamp", "nullable": True, "metadata": {}},
        {"name": "value", "type": "long", "nullable": True, "metadata": {}},
    ]
    return json.dumps({"type": "struct", "fields": fields})


def open_source(description: Description, session: Session) -> Rate:
    """Begin to count."""
    return Rate(description, session)


class Rate:
    """Offsets are seconds since the beginning, as those of Spark's `RateStreamMicroBatchStream`."""

    def __init__(self, description: Description, session: Session) -> None:
        self._rate = description.whole("rowspersecond", 1) or 1
        self._ramp = milliseconds(description.options.get("rampuptime", "0 seconds")) // 1000
        partitions = description.whole("numpartitions")
        self._partitions = partitions or session.parallelism
        self.description = (
            f"RateStreamV2[rowsPerSecond={self._rate}, rampUpTimeSeconds={self._ramp}, "
            f"numPartitions={'default' if partitions is None else partitions}"
        )
        self._clock = session.clock
        self._begin = self._beginning(session.folder)
        self._frozen: int | None = None

    def _beginning(self, folder: str | None) -> int:
        """When it was started first."""
        if folder is None:
            return self._clock()
        log = Log(folder)
        if not log.has(0):
            log.add(0, [str(self._clock())])
        try:
            return int(log.lines(0)[0])
        except (ValueError, IndexError):
            raise files.broken(log.path(0), "it has not the time when the source was started") from None

    def latest(self, start: Any) -> int:
        """Whole seconds."""
        return self._seconds() if self._frozen is None else self._frozen

    def _seconds(self) -> int:
        return max(0, (self._clock() - self._begin) // 1000)

    def _at(self, second: int) -> int:
        """How many rows there are before a second."""
        step = self._rate // (self._ramp + 1)
        if second <= self._ramp:
            return (second + 1) // 2 * step * second if second % 2 else second // 2 * step * (second + 1)
        return self._at(self._ramp) + (second - self._ramp) * self._rate

    def rows(self, start: Any, end: int) -> Any:
        """The rows of these seconds, partition by partition."""
        import pyarrow as pa

        begin = 0 if start is None else start
        first, last = self._at(begin), self._at(end)
        each = (end - begin) * 1000 / (last - first) if last > first else 0.0
        base = self._begin + begin * 1000
        values = [value for part in range(self._partitions) for value in range(first + part, last, self._partitions)]
        moments = [(base + int((value - first) * each + 0.5)) * 1000 for value in values]
        return pa.table(
            {"timestamp": pa.array(moments, pa.timestamp("us", "UTC")), "value": pa.array(values, pa.int64())}
        )

    def commit(self, end: int) -> None:
        """Nothing is kept."""

    def available(self) -> int:
        """Whole seconds."""
        return self.latest(None)

    def freeze(self) -> None:
        """The seconds that have passed."""
        self._frozen = self._seconds()

    def patience(self) -> float:
        """Until the next whole second."""
        return float(1000 - (self._clock() - self._begin) % 1000) / 1000

    def close(self) -> None:
        """Nothing is open."""
