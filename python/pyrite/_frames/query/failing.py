"""A query's failure: Spark's words, with the user's own exception behind them."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.query.sinks.batches import FunctionFailed

if TYPE_CHECKING:
    from pyrite._frames.query.running import Query

__all__ = ["Failure"]


class Failure:
    """What ended a query."""

    def __init__(self, query: Query, error: BaseException) -> None:
        self.error = error.__cause__ if isinstance(error, FunctionFailed) and error.__cause__ is not None else error
        self.condition: str = "STREAM_FAILED"
        self.reason = _reason(error)
        batches = query._batches
        self.message = (
            f"[STREAM_FAILED] Query [id = {query.id}, runId = {query.run_id}] terminated with exception: {self.reason} "
            "SQLSTATE: XXKST\n=== Streaming Query ===\n"
            f"Identifier: {f'{query.name} ' if query.name else ''}[id = {query.id}, runId = {query.run_id}]\n"
            f"Current Committed Offsets: {_offsets(batches, batches.committed)}\n"
            f"Current Available Offsets: {_offsets(batches, batches.offered)}\n\n"
            "Current State: ACTIVE\nThread State: RUNNABLE"
        )

    def exception(self) -> Exception:
        """The exception to raise; its cause is the user's."""
        made = faults.exception("StreamingQueryException", "STREAM_FAILED", "XXKST", {}, self.message)
        made.__cause__ = self.error
        return made


def _offsets(batches: Any, offsets: list[Any]) -> str:
    each = [
        f"{source.description}: {json.dumps(offset, separators=(',', ':'))}"
        for source, offset in zip(batches.opened, offsets, strict=False)
        if offset is not None
    ]
    return "{" + ", ".join(each) + "}"


def _reason(error: BaseException) -> str:
    if isinstance(error, FunctionFailed) and error.__cause__ is not None:
        return (
            "[FOREACH_BATCH_USER_FUNCTION_ERROR] An error occurred in the user provided function in foreach batch sink. Reason: "
            f"{_told(error.__cause__)} SQLSTATE: 39000"
        )
    from pyspark.errors import PySparkException

    if isinstance(error, ConnectionRefusedError):
        return "Connection refused"
    if isinstance(error, PySparkException | OSError):
        return str(error)
    return f"[PYTHON_EXCEPTION] An exception was thrown from the Python worker: {_told(error)} SQLSTATE: 38000"


def _told(error: BaseException) -> str:
    """The traceback as the user knows it: without Pyrite's frames."""
    import os

    import pyrite

    own = os.path.dirname(pyrite.__file__)
    stack = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(own)]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(stack)]
    return "".join([*lines, *traceback.format_exception_only(error)])
