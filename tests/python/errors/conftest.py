"""Contexts with native code on and off; streams have a manual clock."""

import logging
import threading
import time

import pytest
from pyrite.streaming import StreamingContext

WAYS = [
    pytest.param(("auto", "auto"), id="auto"),
    pytest.param(("off", "auto"), id="off"),
    pytest.param(("off", "2"), id="workers"),
]


@pytest.fixture(params=WAYS)
def sc(request, make_sc):
    """A context on either path, and one with worker processes."""
    native, workers = request.param
    return make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": workers})


@pytest.fixture
def manual_ssc(request, make_sc):
    """Batches of a second on a manual clock."""
    context = StreamingContext(make_sc("local[2]", **{"spark.streaming.clock": "ManualClock"}), 1)
    yield context
    context.stop()


@pytest.fixture(params=WAYS)
def failure(request, make_sc):
    """`failure(build, *batches)`: what awaitTermination raises once the stream that `build` makes has had its batches."""
    contexts = []

    def run(build, *batches):
        native, workers = request.param
        settings = {"pyrite.native": native, "pyrite.python.workers": workers}
        sc = make_sc("local[2]", **{"spark.streaming.clock": "ManualClock"}, **settings)
        ssc = StreamingContext(sc, 1)
        contexts.append(ssc)
        build(ssc.queueStream([list(batch) for batch in batches]))
        ssc.start()
        for _ in batches:
            ssc._clock.advance(1000)
            assert ssc._streaming.wait_idle(10)
        with pytest.raises(BaseException) as caught:
            ssc.awaitTermination(5)
        run.ssc = ssc
        return caught.value

    yield run
    for context in contexts:
        context.stop()


@pytest.fixture
def said(caplog):
    """`said(words)`: waits for a line of Pyrite's log that holds the words, and gives it."""
    caplog.set_level(logging.INFO, "pyrite")

    def wait(words: str) -> str:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for record in list(caplog.records):
                if words in record.getMessage():
                    return record.getMessage()
            time.sleep(0.01)
        raise AssertionError(f"{words!r} not in {[r.getMessage() for r in caplog.records]}")

    return wait


@pytest.fixture
def lock():
    """Something that doesn't pickle."""
    return threading.Lock()
