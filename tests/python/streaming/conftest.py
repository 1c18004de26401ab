"""A StreamingContext on a manual clock, and short ways to watch it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
from pyrite.testing import advance

sys.path.insert(0, str(Path(__file__).parent))

WAYS = [(native, threads) for native in ("auto", "off") for threads in (1, 2)]


@pytest.fixture(autouse=True)
def _utc(utc: None) -> None:
    """Batch times are printed in local time."""


@pytest.fixture
def manual(make_sc):
    """Makes a SparkContext whose streams have a manual clock."""

    def make(master: str = "local[2]", **settings: object) -> SparkContext:
        return make_sc(master, **{"spark.streaming.clock": "ManualClock", **settings})

    return make


@pytest.fixture
def ssc(manual) -> Iterator[StreamingContext]:
    """Batches of a second on a manual clock, local[2]."""
    context = StreamingContext(manual(), 1)
    yield context
    context.stop()


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def context(request, manual) -> StreamingContext:
    """A StreamingContext with native code on and off, with one and two threads."""
    native, threads = request.param
    return StreamingContext(manual(f"local[{threads}]", **{"pyrite.native": native}), 1)


@pytest.fixture
def watch():
    """`seen = watch(stream)`: the rows by partition that each batch brings."""

    def watched(stream):
        seen: list = []
        stream.foreachRDD(lambda rdd: seen.append(rdd.glom().collect()))
        return seen

    return watched


@pytest.fixture
def run():
    """Starts a context and runs so many batches."""

    def go(ssc: StreamingContext, batches: int) -> None:
        ssc.start()
        advance(ssc, batches)

    return go
