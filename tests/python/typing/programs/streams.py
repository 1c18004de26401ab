"""Programs over streams, with the types that a checker must find in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_type

from pyrite import RDD, SparkContext
from pyrite.storagelevel import StorageLevel
from pyrite.streaming import DStream, StreamingContext, StreamingListener
from pyrite.streaming.dstream import TransformedDStream
from pyrite.testing import run_batches, streaming_context


def total(new: Sequence[int], old: int | None) -> int | None:
    """A state that grows."""
    return sum(new) + (old or 0)


def show(time: datetime, rdd: RDD[tuple[str, int]]) -> None:
    """An output operation."""
    print(time.isoformat(), rdd.take(3))


class Listener(StreamingListener):
    """Hears of batches."""


sc = SparkContext("local[2]", "typed")
ssc = StreamingContext(sc, 1)
ssc.checkpoint("checkpoint")
lines = ssc.socketTextStream("localhost", 9999, StorageLevel.MEMORY_AND_DISK)
assert_type(lines, DStream[str])
counts = (
    lines.flatMap(lambda line: line.split())
    .filter(lambda word: len(word) > 0)
    .map(lambda word: (word.lower(), 1))
    .reduceByKey(lambda a, b: a + b)
)
assert_type(counts, DStream[tuple[str, int]])
assert_type(counts.transform(lambda rdd: rdd.sortBy(lambda x: x[1], False)), TransformedDStream[tuple[str, int]])
assert_type(counts.map(lambda r: (r[1], r[0])), DStream[tuple[int, str]])
assert_type(lines.map(len).reduceByWindow(lambda a, b: a + b, lambda a, b: a - b, 10, 5), DStream[int])
assert_type(counts.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 30, 10), DStream[tuple[str, int]])
assert_type(lines.window(30, 10).count(), DStream[int])
assert_type(lines.countByValue(), DStream[tuple[str, int]])
assert_type(lines.union(ssc.textFileStream("inbox")), DStream[str])
assert_type(lines.glom(), DStream[list[str]])
totals = counts.updateStateByKey(total)
totals.pprint(5)
counts.foreachRDD(show)
counts.foreachRDD(lambda rdd: print(rdd.count()))
ssc.addStreamingListener(Listener())
ssc.start()
ended: bool = ssc.awaitTerminationOrTimeout(10)
ssc.stop(stopSparkContext=True, stopGraceFully=True)


def lengths(words: DStream[str]) -> DStream[int]:
    """What a test looks at."""
    return words.map(len)


with streaming_context() as tested:
    outputs = run_batches(tested, [["to", "be"], []], lengths)
