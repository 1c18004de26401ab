"""What a batch reads and with which settings, as the lines of `offsets/N` and `commits/N`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from pyrite._frames import faults
from pyrite._frames.query.checkpoint import files

__all__ = ["Entry", "commit_lines", "next_watermark", "parsed", "settings"]

# A source that has not given anything yet.
_VOID = "-"

# What Spark writes down so that a restarted query keeps to it; the values are its defaults, which Pyrite's answers are those of.
_CONF = {
    "spark.sql.streaming.stateStore.providerClass": "org.apache.spark.sql.execution.streaming.state.HDFSBackedStateStoreProvider",
    "spark.sql.dropDuplicates.deterministicKeyOrder.enabled": "true",
    "spark.sql.streaming.stateStore.rocksdb.mergeOperatorVersion": "2",
    "spark.sql.streaming.stateStore.rocksdb.formatVersion": "5",
    "spark.sql.streaming.queryEvolution.enableSourceEvolution": "false",
    "spark.sql.streaming.stateStore.encodingFormat": "unsaferow",
    "spark.sql.streaming.statefulOperator.useStrictDistribution": "true",
    "spark.sql.streaming.flatMapGroupsWithState.stateFormatVersion": "2",
    "spark.sql.streaming.multipleWatermarkPolicy": "min",
    "spark.sql.streaming.stateStore.rowChecksum.enabled": "false",
    "spark.sql.streaming.statefulOperator.alwaysNullableOutput.enabled": "true",
    "spark.sql.streaming.aggregation.stateFormatVersion": "2",
    "spark.sql.function.protobufExtensions.enabled": "false",
    "spark.sql.shuffle.partitions": "200",
    "spark.sql.streaming.join.stateFormatVersion": "2",
    "spark.sql.streaming.stateStore.compression.codec": "lz4",
    "spark.sql.optimizer.pruneFiltersCanPruneStreamingSubplan": "false",
}


def settings(session: Any) -> dict[str, str]:
    """The settings of a query that starts now."""
    return {key: session.get(key) or value for key, value in _CONF.items()}


@dataclass
class Entry:
    """One batch."""

    offsets: list[Any]
    watermark: int = 0
    # Milliseconds: what `current_timestamp` is in the batch.
    timestamp: int = 0
    conf: dict[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """As Spark writes it."""
        head = {"batchWatermarkMs": self.watermark, "batchTimestampMs": self.timestamp, "conf": self.conf}
        return [_json(head), *(_VOID if each is None else _json(each) for each in self.offsets)]


def parsed(path: str, lines: list[str], sources: int) -> Entry:
    """The batch of these lines, for a query of so many sources."""
    try:
        head, *rest = lines
        told = json.loads(head)
        found = [None if each == _VOID else json.loads(each) for each in rest]
        entry = Entry(found, int(told["batchWatermarkMs"]), int(told["batchTimestampMs"]), dict(told.get("conf") or {}))
    except (ValueError, KeyError, TypeError) as error:
        raise files.broken(path, f"it has not the offsets of a batch ({error})") from None
    if len(found) != sources:
        # It is an assertion there, which has no condition.
        raise faults.exception(
            "AssertionError", None, None, {},
            f"assertion failed: There are [{len(found)}] sources in the checkpoint offsets and now there are [{sources}] sources "
            "requested by the query. Cannot continue.",
        )  # fmt: skip
    return entry


def commit_lines(next_watermark: int) -> list[str]:
    """What `commits/N` says."""
    return [_json({"nextBatchWatermarkMs": next_watermark})]


def next_watermark(path: str, lines: list[str]) -> int:
    """The watermark after a batch that is done."""
    try:
        return int(json.loads(lines[0]).get("nextBatchWatermarkMs", 0))
    except (ValueError, IndexError, TypeError, AttributeError) as error:
        raise files.broken(path, f"it is no commit of a batch ({error})") from None


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
