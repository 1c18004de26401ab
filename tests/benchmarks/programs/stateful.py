"""A million int keys of state, 10,000 records a batch: `stateful.py update|map BATCHES KEYS`. Writes the milliseconds
of each batch as JSON to standard error. With `update` PySpark runs it, too: `PYRITE_SIDE=pyspark`."""

import json
import os
import random
import sys
import time

if os.environ.get("PYRITE_SIDE") == "pyspark":
    from pyspark import SparkConf, SparkContext
    from pyspark.streaming import StreamingContext
else:
    from pyrite import SparkConf, SparkContext
    from pyrite.streaming import StreamingContext

RECORDS = 10_000


def mapping(key, value, state):
    total = (state.getOption() or 0) + value
    state.update(total)
    return key, total


def main(what: str, batches: int, keys: int) -> None:
    conf = (
        SparkConf().set("spark.streaming.clock", "org.apache.spark.util.ManualClock").set("spark.ui.enabled", "false")
    )
    sc = SparkContext("local[2]", "stateful", conf=conf)
    ssc = StreamingContext(sc, 1)
    chance = random.Random(1)
    records = [[(chance.randrange(keys), 1) for _ in range(RECORDS)] for _ in range(batches)]
    first = sc.parallelize([(key, 0) for key in range(keys)], 2)
    stream = ssc.queueStream([sc.parallelize(rows, 2) for rows in records])
    seen = []
    if what == "map":
        from pyrite.streaming.state import StateSpec

        mapped = stream.mapWithState(StateSpec.function(mapping).initialState(first))
        mapped.foreachRDD(lambda rdd: seen.append(rdd.count()))
    else:
        states = stream.updateStateByKey(lambda new, old: sum(new) + (old or 0), initialRDD=first)
        states.foreachRDD(lambda rdd: seen.append(rdd.count()))
    advance = advancing(sc, ssc, seen)
    ssc.start()
    costs = []
    for _ in range(batches):
        begun = time.perf_counter()
        advance()
        costs.append((time.perf_counter() - begun) * 1000)
    ssc.stop(True)
    json.dump({"ms": costs, "seen": seen}, sys.stderr)


def advancing(sc, ssc, seen):
    """Moves the clock on and waits for the batch."""
    if os.environ.get("PYRITE_SIDE") != "pyspark":
        import tempfile

        from pyrite.testing import advance

        # Known to the SparkContext from now on; nothing is written.
        ssc.checkpoint(tempfile.mkdtemp())
        ssc.checkpoint(None)
        return lambda: advance(ssc, timeout=300)
    import tempfile

    sc.setCheckpointDir(tempfile.mkdtemp())

    def step():
        done = len(seen)
        ssc._jssc.ssc().scheduler().clock().advance(1000)
        while len(seen) == done:
            time.sleep(0.001)

    return step


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
