"""A stream's clock moved by hand, by Pyrite and, where PYRITE_SIDE says so, by PySpark."""

import os
import tempfile
import time

PYSPARK = os.environ.get("PYRITE_SIDE") == "pyspark"

if PYSPARK:
    from pyspark import SparkConf, SparkContext
    from pyspark.streaming import StreamingContext
else:
    from pyrite import SparkConf, SparkContext
    from pyrite.streaming import StreamingContext


def context(name: str) -> SparkContext:
    """A SparkContext on whose streams may keep state; nothing is written where Pyrite runs."""
    conf = (
        SparkConf().set("spark.streaming.clock", "org.apache.spark.util.ManualClock").set("spark.ui.enabled", "false")
    )
    sc = SparkContext("local[2]", name, conf=conf)
    if PYSPARK:
        sc.setCheckpointDir(tempfile.mkdtemp())
    else:
        # The directory of another stream of the context will do.
        StreamingContext(sc, 1).checkpoint(tempfile.mkdtemp())
    return sc


class Batches:
    """Runs the batches of a stream one by one; `seen` gets an item at the end of each."""

    def __init__(self, ssc: StreamingContext, seen: list) -> None:
        self.ssc = ssc
        self.seen = seen

    def run(self, batches: int = 1) -> list[float]:
        """The milliseconds of each of so many batches."""
        spent = []
        for _ in range(batches):
            begin = time.perf_counter()
            self._advance()
            spent.append((time.perf_counter() - begin) * 1000)
        return spent

    def _advance(self) -> None:
        if not PYSPARK:
            from pyrite.testing import advance

            advance(self.ssc, timeout=300)
            return
        done = len(self.seen)
        self.ssc._jssc.ssc().scheduler().clock().advance(1000)
        while len(self.seen) == done:
            time.sleep(0.001)
