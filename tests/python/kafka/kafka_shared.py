"""The broker of all tests of a run, those of the notebooks too; it ends with the process."""

from __future__ import annotations

import atexit
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


@functools.cache
def _running() -> tuple[Broker, Doors] | tuple[MockBroker, None]:
    if not is_available():
        if os.environ.get("PYRITE_REAL_KAFKA"):
            pytest.fail(MISSING)
        return MockBroker(), None
    place = Path(tempfile.mkdtemp(prefix="pyrite-kafka-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    running, where = secured(place)
    atexit.register(running.kill)
    return running.start(), where
