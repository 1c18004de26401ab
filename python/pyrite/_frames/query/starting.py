"""`writeStream.start()`: what is asked is checked, planned and run."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query import manager, sinks, triggers
from pyrite._frames.query.checkpoint import location
from pyrite._frames.query.client import function_of
from pyrite._frames.query.planned import Planned, Session
from pyrite._frames.query.running import Query

if TYPE_CHECKING:
    from pyrite._frames.service import Service

__all__ = ["start"]

_MODES = ("append", "complete", "update")


def start(service: Service, message: Any) -> Query:
    """A query that runs."""
    mode = (message.output_mode or "append").lower()
    if mode not in _MODES:
        raise wrong_mode(message.output_mode)
    trigger = triggers.of(message)
    form, function = _form(message)
    options = dict(message.options)
    name = message.query_name or options.get("queryName") or None
    planned = Planned(service.catalog, message.input.SerializeToString(), mode, service.queries.number())
    if not planned.streams:
        raise faults.analysis(
            "WRITE_STREAM_NOT_ALLOWED", "42601", {}, "`writeStream` can be called only on streaming Dataset/DataFrame."
        )
    path = message.path or None
    if message.table_name:
        form, path = _table(service, message, options, planned)
    asked = sinks.Start(
        service,
        service.session(),
        options,
        mode,
        name,
        path,
        list(message.partitioning_column_names),
        function,
    )
    sink = sinks.made(form, asked)
    form = form.lower()
    if begin := getattr(sink, "begin", None):
        begin(planned.schema)
    session = Session(service.catalog, service.queries.clock, service.catalog.context.defaultParallelism)
    partitions = int(service.settings.get("spark.sql.shuffle.partitions") or 200)
    durable = bool(getattr(sink, "durable", False))
    checkpoint = location.opened(service.settings, options, form, mode, name, durable=durable)
    query = Query(
        service.queries, planned, session, sink,
        name=name, mode=mode, trigger=trigger, partitions=partitions, checkpoint=checkpoint,
        told=int(service.settings.get("spark.sql.streaming.numRecentProgressUpdates") or 100),
    )  # fmt: skip
    if checkpoint is not None:
        if hasattr(sink, "identity"):
            sink.identity = checkpoint.id
        manager.one_run(
            query.id, stop=(service.settings.get("spark.sql.streaming.stopActiveRunOnRestart") or "true") == "true"
        )
        checkpoint.lock()
    try:
        service.queries.start(query)
    except BaseException:
        if checkpoint is not None:
            checkpoint.close()
        raise
    return query


def _table(service: Service, message: Any, options: dict[str, str], planned: Planned) -> tuple[str, str]:
    """The format and the folder of the table that is written to; it is made where it isn't there."""
    from pyrite._frames import warehouse

    form = message.format or service.settings.get("spark.sql.sources.default") or "parquet"
    given = next((options.pop(key) for key in list(options) if key.lower() == "path"), None)
    partitions = list(message.partitioning_column_names)
    table = warehouse.made(service, message.table_name, form, given, planned.schema, partitions)
    return table.form, table.path


def _form(message: Any) -> tuple[str, Any]:
    """The sink's name, and the user's function."""
    if message.HasField("foreach_batch"):
        return "foreachBatch", function_of(message.foreach_batch.python_function.command)
    if message.HasField("foreach_writer"):
        return "foreach", pickle.loads(message.foreach_writer.python_function.command)[0]
    return message.format or "parquet", None


def wrong_mode(name: str) -> Exception:
    """There is no such mode."""
    condition = "STREAMING_OUTPUT_MODE.INVALID"
    return faults.exception(
        "IllegalArgumentException", condition, "42KDE", {"outputMode": name},
        f"[{condition}] Invalid streaming output mode: {name}. Accepted output modes are 'Append', 'Complete', 'Update'. SQLSTATE: 42KDE",
    )  # fmt: skip
