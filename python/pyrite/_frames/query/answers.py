"""The protocol's commands about queries, answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults

if TYPE_CHECKING:
    from pyrite._frames.query.running import Query
    from pyrite._frames.service import Service

__all__ = ["KINDS", "answer"]

KINDS = frozenset(("write_stream_operation_start", "streaming_query_command", "streaming_query_manager_command"))


def answer(service: Service, message: Any, response: Callable[[], Any]) -> list[Any]:
    """What the client gets."""
    kind = message.WhichOneof("command_type")
    made = response()
    if kind == "write_stream_operation_start":
        from pyrite._frames.query.starting import start

        query = start(service, message.write_stream_operation_start)
        result = made.write_stream_operation_start_result
        result.query_id.id, result.query_id.run_id = query.id, query.run_id
        result.name = query.name or ""
    elif kind == "streaming_query_command":
        _of_query(service, message.streaming_query_command, made.streaming_query_command_result)
    else:
        # The answer may be an empty one, and is one all the same.
        made.streaming_query_manager_command_result.SetInParent()
        _of_manager(service, message.streaming_query_manager_command, made.streaming_query_manager_command_result)
    return [made]


def _of_query(service: Service, message: Any, result: Any) -> None:
    query = service.queries.of_run(message.query_id.run_id)
    if query is None:
        raise faults.unsupported("A streaming query of another session, or one that ended long ago")
    result.query_id.CopyFrom(message.query_id)
    kind = message.WhichOneof("command")
    if kind == "status":
        status = result.status
        status.status_message, status.is_data_available, status.is_trigger_active = query.state()
        status.is_active = query.active
    elif kind in ("last_progress", "recent_progress"):
        told = query.progress()
        result.recent_progress.recent_progress_json.extend(told if kind == "recent_progress" else told[-1:])
    elif kind == "stop":
        query.stop()
    elif kind == "process_all_available":
        query.process_all()
    elif kind == "explain":
        result.explain.result = _explained(query, extended=message.explain.extended)
    elif kind == "exception":
        result.exception.SetInParent()
        if query.failure is not None:
            result.exception.exception_message = f"StreamingQueryException: {query.failure.message}"
            result.exception.error_class = query.failure.condition
    elif kind == "await_termination":
        asked = message.await_termination
        seconds = asked.timeout_ms / 1000 if asked.HasField("timeout_ms") else None
        result.await_termination.terminated = query.await_end(seconds)
    else:
        raise faults.unsupported(f"The command {kind} of a streaming query")


def _of_manager(service: Service, message: Any, result: Any) -> None:
    queries = service.queries
    kind = message.WhichOneof("command")
    if kind == "active":
        result.active.SetInParent()
        for query in queries.active():
            _instance(result.active.active_queries.add(), query)
    elif kind == "get_query":
        found = queries.get(message.get_query)
        if found is not None:
            _instance(result.query, found)
    elif kind == "await_any_termination":
        asked = message.await_any_termination
        seconds = asked.timeout_ms / 1000 if asked.HasField("timeout_ms") else None
        result.await_any_termination.terminated = queries.await_any(seconds)
    elif kind == "reset_terminated":
        queries.reset()
        result.reset_terminated = True
    else:
        raise faults.unsupported(f"The command {kind} of StreamingQueryManager")


def _instance(made: Any, query: Query) -> None:
    made.id.id, made.id.run_id = query.id, query.run_id
    if query.name:
        made.name = query.name


def _explained(query: Query, *, extended: bool) -> str:
    text = query.planned.shown()
    if not extended:
        return f"== Physical Plan ==\n{text}\n"
    heads = ("Parsed Logical Plan", "Analyzed Logical Plan", "Optimized Logical Plan", "Physical Plan")
    return "\n".join(f"== {head} ==\n{text}\n" for head in heads)
