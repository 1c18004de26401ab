"""Contexts on a clock by hand, streams that are watched, and a server."""

import socket
import time
from contextlib import closing

import pytest
from pyrite.streaming import StreamingContext
from pyrite.testing import advance


@pytest.fixture
def manual(make_sc):
    """Makes StreamingContexts with batches of a second on a manual clock."""

    def make(**settings):
        settings.setdefault("spark.streaming.clock", "org.apache.spark.util.ManualClock")
        return StreamingContext(make_sc("local[2]", **settings), 1)

    return make


@pytest.fixture
def rows():
    """Collects a stream: a list of partitions for each batch."""

    def collect(stream):
        batches = []
        stream.foreachRDD(lambda rdd: batches.append(rdd.glom().collect()))
        return batches

    return collect


@pytest.fixture
def server():
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(20)
        yield listening


@pytest.fixture
def until():
    """Moves the clock on, or only waits, until something is so."""

    def wait(condition, ssc=None, timeout=20):
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            if ssc is not None:
                advance(ssc)
            time.sleep(0.01)

    return wait
