"""`spark.read.format(name)`: the reader's partitions are planned where the rows are wanted, and read by tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyrite._frames.data_sources import registry, tasks
from pyrite._frames.data_sources.failing import calling, must_be

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["batch_size", "given_options", "read"]


def read(
    catalog: Catalog, pickled: bytes, schema: str | None, paths: list[str], options: dict[str, str]
) -> tuple[str, str]:
    """The SQL that reads it, and the schema's JSON. A plan that isn't run asks for the schema only."""
    source = registry.made(pickled, given_options(paths, options))
    text = registry.schema_of(source, schema)
    struct = registry.struct_of(text)
    if not catalog.runs:
        columns = ", ".join("NULL" for _ in struct.fields) or "1"
        return f"SELECT {columns} WHERE false", text
    reader, partitions = _planned(catalog, source, struct)
    table = tasks.read(catalog.context, reader, partitions, source, struct, batch_size(catalog.settings))
    if not struct.fields:
        return f"SELECT 1 FROM range({table.num_rows})", text
    return f"SELECT * FROM {catalog.opened(table)}", text


def given_options(paths: list[str], options: dict[str, str]) -> dict[str, str]:
    """What the source is told: also the path that `load` was given."""
    if len(paths) == 1:
        return {"path": paths[0], **options}
    if paths:
        import json

        return {"paths": json.dumps(paths), **options}
    return dict(options)


def batch_size(settings: Any) -> int:
    """Rows of one Arrow batch."""
    return max(1, int(settings.get("spark.sql.execution.arrow.maxRecordsPerBatch") or 10_000))


def _planned(catalog: Catalog, source: Any, struct: Any) -> tuple[Any, list[Any]]:
    from pyspark.errors import PySparkAssertionError, PySparkRuntimeError
    from pyspark.sql.datasource import DataSourceReader, InputPartition

    with calling("initialize", "reader"):
        reader = source.reader(schema=struct)
        must_be(reader, DataSourceReader)
        pushes = getattr(reader.pushFilters, "__func__", None) is not DataSourceReader.pushFilters
        enabled = (catalog.settings.get("spark.sql.python.filterPushdown.enabled") or "false").lower() == "true"
        if pushes and not enabled:
            raise PySparkAssertionError(
                errorClass="DATA_SOURCE_PUSHDOWN_DISABLED",
                messageParameters={
                    "type": type(reader).__name__,
                    "conf": "spark.sql.python.filterPushdown.enabled",
                },
            )
        try:
            partitions = reader.partitions()
        except NotImplementedError:
            partitions = [InputPartition(None)]
        wrong = None
        if not isinstance(partitions, list):
            wrong = "'partitions' to return a list", f"'{type(partitions).__name__}'"
        elif not all(isinstance(each, InputPartition) for each in partitions):
            wrong = (
                "elements in 'partitions' to be of type 'InputPartition'",
                ", ".join(f"'{type(each).__name__}'" for each in partitions),
            )
        if wrong:
            raise PySparkRuntimeError(
                errorClass="DATA_SOURCE_TYPE_MISMATCH",
                messageParameters={"expected": wrong[0], "actual": wrong[1]},
            )
    return reader, list(partitions) or [InputPartition(None)]
