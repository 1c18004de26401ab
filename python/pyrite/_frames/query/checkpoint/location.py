"""Where a query's checkpoint is: an option, the session's setting with the query's name below, or nowhere."""

from __future__ import annotations

import os
import uuid
from typing import Any

from pyrite._frames import faults
from pyrite._frames.query.checkpoint import Checkpoint
from pyrite._frames.reading import local_path

__all__ = ["opened"]

_DURABLE = {"parquet", "csv", "json", "text", "orc", "kafka"}


def opened(
    settings: Any, options: dict[str, str], form: str, mode: str, name: str | None, *, durable: bool
) -> Checkpoint | None:
    """The checkpoint that is asked for. Sinks that keep what they get need one."""
    asked = next((value for key, value in options.items() if key.lower() == "checkpointlocation"), None)
    common = settings.get("spark.sql.streaming.checkpointLocation")
    if asked is None and common:
        asked = os.path.join(local_path(common), name or str(uuid.uuid4()))
    if asked is None:
        if durable or form in _DURABLE:
            raise faults.exception(
                "AnalysisException", "_LEGACY_ERROR_TEMP_1298", None, {},
                'checkpointLocation must be specified either through option("checkpointLocation", ...) or '
                'SparkSession.conf.set("spark.sql.streaming.checkpointLocation", ...).',
            )  # fmt: skip
        return None
    folder = os.path.abspath(local_path(asked))
    retained = int(settings.get("spark.sql.streaming.minBatchesToRetain") or 100)
    deltas = int(settings.get("spark.sql.streaming.stateStore.minDeltasForSnapshot") or 10)
    checkpoint = Checkpoint(folder, retained, deltas)
    if form == "memory" and mode != "complete" and checkpoint.used():
        raise faults.exception(
            "AnalysisException", "_LEGACY_ERROR_TEMP_1299", None, {"checkpointPath": os.path.join(asked, "offsets")},
            f"This query does not support recovering from checkpoint location. Delete {os.path.join(asked, 'offsets')} to start over.",
        )  # fmt: skip
    return checkpoint
