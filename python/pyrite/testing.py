"""For tests of your own streams: time by hand, so that no test sleeps and a day of batches takes a second.

`run_batches` feeds lists to a stream and gives what came out of it, batch by batch:

>>> from pyrite.testing import run_batches, streaming_context
>>> def word_counts(lines):
...     return lines.flatMap(str.split).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
>>> with streaming_context() as ssc:
...     outputs = run_batches(ssc, [["to be or", "not to be"], [], ["to"]], word_counts)
>>> [sorted(rows) for rows in outputs]
[[('be', 2), ('not', 1), ('or', 1), ('to', 2)], [], [('to', 1)]]

With pytest, `pytest_plugins = ["pyrite.testing"]` in conftest.py gives tests the fixture `ssc`:

    def test_counts(ssc):
        assert run_batches(ssc, [["a a"]], word_counts) == [[("a", 2)]]

Streams that aren't fed by lists move on with `advance`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming.context import StreamingContext

if TYPE_CHECKING:
    from pyrite.rdd import RDD
    from pyrite.streaming.dstream import DStream

__all__ = ["advance", "manual_clock_conf", "run_batches", "streaming_context"]


def manual_clock_conf(conf: SparkConf | None = None) -> SparkConf:
    """Settings under which streaming contexts have a clock that `advance` moves. It starts at 0."""
    return (conf or SparkConf()).set("spark.streaming.clock", "org.apache.spark.util.ManualClock")


@contextmanager
def streaming_context(
    batchDuration: float = 1, master: str = "local[2]", conf: SparkConf | None = None
) -> Iterator[StreamingContext]:
    """A StreamingContext on a manual clock with a SparkContext of its own; both are stopped at the end."""
    sc = SparkContext(master, "pyrite.testing", conf=manual_clock_conf(conf))
    ssc = StreamingContext(sc, batchDuration)
    try:
        yield ssc
    finally:
        ssc.stop()


def advance(ssc: StreamingContext, batches: int = 1, timeout: float = 60) -> None:
    """Move the clock on by that many batches, one after the other, each worked on before the next.

    Raises what a batch failed with.

    Raises
    ------
    ValueError
        The context isn't on a manual clock.
    TimeoutError
        A batch takes longer than `timeout` seconds.
    """
    if ssc._clock is None:
        raise ValueError("the context runs on the machine's clock: make it with streaming_context()")
    for _ in range(batches):
        ssc._clock.advance(ssc._interval_ms)
        if not ssc._streaming.wait_idle(timeout):
            raise TimeoutError(f"the batch of {ssc._clock.now()} ms was not done after {timeout} seconds")
        ssc.awaitTerminationOrTimeout(0)


def run_batches(
    ssc: StreamingContext,
    inputs: Sequence[Iterable[Any]],
    build: Callable[[DStream[Any]], DStream[Any]],
    *,
    more: int = 0,
    partitions: bool = False,
    timeout: float = 60,
) -> list[Any]:
    """What `build(stream)` gives in each batch, when the stream gets one of `inputs` a batch.

    An output is the list of the batch's rows (with `partitions`, a list for each partition), or None where the stream
    has nothing at that time. `more` batches without input follow. The context is started, so one context is good for
    one call. Raises what a batch failed with.
    """
    outputs: dict[datetime, list[Any]] = {}

    def collect(time: datetime, rdd: RDD[Any]) -> None:
        outputs[time] = rdd.glom().collect() if partitions else rdd.collect()

    stream = ssc.queueStream(list(inputs) or [[]])
    build(stream).foreachRDD(collect)
    ssc.start()
    zero = ssc._streaming.zero or 0
    advance(ssc, len(inputs) + more, timeout)
    times = (zero + (i + 1) * ssc._interval_ms for i in range(len(inputs) + more))
    return [outputs.get(datetime.fromtimestamp(ms / 1000)) for ms in times]


if importlib.util.find_spec("pytest") is not None:
    import pytest

    @pytest.fixture
    def ssc() -> Iterator[StreamingContext]:
        """A StreamingContext with batches of a second on a manual clock."""
        with streaming_context() as context:
            yield context
