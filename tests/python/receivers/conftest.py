"""Contexts on a clock by hand, streams that are watched, a receiver that is too fast, and a server."""

import socket
import threading
import time
from contextlib import closing

import pytest
from pyrite.streaming import Receiver, StreamingContext
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


@pytest.fixture
def flooded(make_sc):
    """`flooded(row)`: a receiver that stores `row(number)` as fast as it can into a megabyte; batches wait until `go`."""
    begun = []

    def start(row):
        ssc = StreamingContext(make_sc(**{"pyrite.receiver.maxBufferedBytes": "1m"}), 0.05)
        go = threading.Event()

        class Fast(Receiver):
            stored = 0

            def onStart(self):
                while not self.isStopped():
                    self.store(row(self.stored))
                    self.stored += 1

        receiver = Fast()
        ssc.receiverStream(receiver).foreachRDD(lambda rdd: go.wait(20))
        ssc.start()
        begun.append((ssc, go))
        return receiver, go

    yield start
    for ssc, go in begun:
        go.set()
        ssc.stop()
