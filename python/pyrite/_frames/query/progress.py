"""What is told of a batch, in the fields of Spark's JSON."""

from __future__ import annotations

import datetime
from typing import Any

__all__ = ["moment", "progress", "rate"]


def moment(milliseconds: int) -> str:
    """A time as Spark writes it."""
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:03}Z"


def rate(rows: int, seconds: float) -> float:
    """Rows a second, with one digit."""
    return round(rows / seconds, 1) if rows and seconds > 0 else 0.0


def progress(
    *,
    ids: tuple[str, str, str | None],
    begin: int,
    last_begin: int | None,
    batch_id: int,
    durations: dict[str, int],
    operators: list[dict[str, Any]],
    sources: list[dict[str, Any]],
    sink: dict[str, Any],
    event_time: dict[str, str] | None,
) -> dict[str, Any]:
    """The progress of a batch; `sources` have description, offsets and numInputRows."""
    seconds = durations["triggerExecution"] / 1000 or 0.001
    since = (begin - last_begin) / 1000 if last_begin is not None else 0.0
    rows = sum(each["numInputRows"] for each in sources)
    told: dict[str, Any] = {
        "id": ids[0],
        "runId": ids[1],
        "name": ids[2],
        "timestamp": moment(begin),
        "batchId": batch_id,
        "batchDuration": durations["triggerExecution"],
        "numInputRows": rows,
        "inputRowsPerSecond": rate(rows, since),
        "processedRowsPerSecond": rate(rows, seconds),
        "durationMs": dict(sorted(durations.items())),
    }
    if event_time:
        told["eventTime"] = event_time
    told["stateOperators"] = operators
    told["sources"] = [
        {
            **{name: value for name, value in each.items() if name != "metrics"},
            "inputRowsPerSecond": rate(each["numInputRows"], since),
            "processedRowsPerSecond": rate(each["numInputRows"], seconds),
            **{name: value for name, value in each.items() if name == "metrics"},
        }
        for each in sources
    ]
    told["sink"] = sink
    return told
