"""Spark's words for what goes wrong in a data source where no task runs: with the user's own traceback."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyrite._frames import faults

__all__ = ["calling", "must_be", "performing"]


@contextmanager
def calling(action: str, part: str) -> Iterator[None]:
    """What is raised inside becomes an AnalysisException, whose cause it is."""
    try:
        yield
    except Exception as error:
        raise faults.analysis(
            "PYTHON_DATA_SOURCE_ERROR", "38000", {"action": action, "type": part, "msg": told(error)},
            f"Failed to {action} Python data source {part}: {told(error)}",
        ) from error  # fmt: skip


@contextmanager
def performing(action: str) -> Iterator[None]:
    """The same of a stream's reader and writer."""
    try:
        yield
    except Exception as error:
        condition = "PYTHON_STREAMING_DATA_SOURCE_RUNTIME_ERROR"
        raise faults.exception(
            "SparkException", condition, "38000", {"action": action, "msg": told(error)},
            f"[{condition}] Failed when Python streaming data source perform {action}: {told(error)} SQLSTATE: 38000",
        ) from error  # fmt: skip


def must_be(value: Any, kinds: type | tuple[type, ...]) -> None:
    """Refuse a reader or a writer that is none, in Spark's words."""
    from pyspark.errors import PySparkAssertionError

    if not isinstance(value, kinds):
        names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
        raise PySparkAssertionError(
            errorClass="DATA_SOURCE_TYPE_MISMATCH",
            messageParameters={
                "expected": f"an instance of {' or '.join(names)}",
                "actual": f"'{type(value).__name__}'",
            },
        )


def told(error: BaseException) -> str:
    """The traceback as the user knows it: without Pyrite's frames."""
    import pyrite

    own = os.path.dirname(pyrite.__file__)
    stack = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(own)]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(stack)]
    return "".join([*lines, *traceback.format_exception_only(error)])
