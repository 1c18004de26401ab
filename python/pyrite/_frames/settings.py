"""The session's settings with Spark's defaults."""

from __future__ import annotations

import os
import time
from typing import Any

__all__ = ["DEFAULTS", "Settings"]

DEFAULTS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.shuffle.partitions": "200",
    "spark.sql.repl.eagerEval.enabled": "false",
    "spark.sql.repl.eagerEval.maxNumRows": "20",
    "spark.sql.repl.eagerEval.truncate": "20",
    "spark.sql.session.localRelationCacheThreshold": "1073741824",
    "spark.sql.session.localRelationSizeLimit": "3221225472",
    "spark.sql.session.localRelationChunkSizeRows": "1000000000",
    "spark.sql.session.localRelationChunkSizeBytes": "1073741824",
    "spark.sql.session.localRelationBatchOfChunksSizeBytes": "1073741824",
    "spark.sql.pyspark.inferNestedDictAsStruct.enabled": "false",
    "spark.sql.pyspark.legacy.inferArrayTypeFromFirstElement.enabled": "false",
    "spark.sql.pyspark.legacy.inferMapTypeFromFirstPair.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "false",
    "spark.sql.execution.arrow.pyspark.fallback.enabled": "true",
    "spark.sql.execution.arrow.pyspark.selfDestruct.enabled": "false",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    "spark.sql.execution.pandas.convertToArrowArraySafely": "false",
    "spark.sql.execution.pandas.inferPandasDictAsMap": "false",
    "spark.sql.execution.pandas.structHandlingMode": "legacy",
    "spark.sql.execution.pythonUDF.arrow.enabled": "false",
    "spark.sql.execution.pythonUDTF.arrow.enabled": "false",
    "spark.sql.execution.pyspark.binaryAsBytes": "true",
    "spark.sql.pyspark.plotting.max_rows": "1000",
    "spark.sql.pyspark.jvmStacktrace.enabled": "false",
    "spark.sql.connect.serverStacktrace.enabled": "false",
    "spark.sql.connect.ui.serverStacktrace.enabled": "false",
    "spark.sql.sources.default": "parquet",
    "spark.sql.autoBroadcastJoinThreshold": "10485760b",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.crossJoin.enabled": "true",
    "spark.sql.warehouse.dir": "spark-warehouse",
    "spark.sql.catalogImplementation": "in-memory",
}


def _zone() -> str:
    zone = os.environ.get("TZ") or ""
    if not zone:
        try:
            zone = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
        except OSError:
            zone = ""
    return zone or ("UTC" if time.timezone == 0 else "Etc/UTC")


class Settings:
    """What is set, over what the context has, over Spark's defaults."""

    def __init__(self, context: Any) -> None:
        # A context that runs keeps what it was given.
        self._given = {} if context is None else dict(context.getConf().getAll())
        self._set: dict[str, str] = {}
        self._zone = _zone()

    def get(self, key: str) -> str | None:
        """A setting, or None."""
        if key in self._set:
            return self._set[key]
        if key in self._given:
            return str(self._given[key])
        if key == "spark.sql.session.timeZone":
            return self._zone
        return DEFAULTS.get(key)

    def put(self, key: str, value: str) -> None:
        """Set one."""
        self._set[key] = value

    def unset(self, key: str) -> None:
        """Back to the default."""
        self._set.pop(key, None)

    def all(self) -> dict[str, str]:
        """All that are known."""
        return {**DEFAULTS, **self._given, **self._set}

    @property
    def zone(self) -> str:
        """The session's time zone."""
        return self.get("spark.sql.session.timeZone") or "UTC"
