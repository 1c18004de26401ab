"""The broker of all tests of a run, those of the notebooks too; the last fixture of the session ends it."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from kafka_broker import MISSING, Broker, MockBroker, is_available
from kafka_secured import Doors, secured


def broker() -> Broker | MockBroker:
    """A running broker; where that can't be, librdkafka's mock of one."""
    return _running()[0]


def doors() -> Doors | None:
    """Where it also listens; the mock has none."""
    return _running()[1]


def end() -> None:
    """Ends it, if it was begun."""
    if _running.cache_info().currsize:
        running = broker()
        _running.cache_clear()
        running.kill()
        if isinstance(running, Broker):
            shutil.rmtree(running.directory, ignore_errors=True)


@functools.cache
def _running() -> tuple[Broker, Doors] | tuple[MockBroker, None]:
    if not is_available():
        if os.environ.get("PYRITE_REAL_KAFKA"):
            pytest.fail(MISSING)
        return MockBroker(), None
    running, where = secured(Path(tempfile.mkdtemp(prefix="pyrite-kafka-")))
    return running.start(), where
