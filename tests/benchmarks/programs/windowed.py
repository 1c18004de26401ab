"""What a slide of a window costs: `windowed.py SLIDES`. Every batch holds 100,000 pairs of 10,000 keys; the window is of 60
batches, by hand-moved time. Writes the milliseconds of each slide as JSON to standard error.
"""

import json
import operator
import random
import sys
import tempfile
import time

from pyrite import SparkContext
from pyrite.streaming import StreamingContext
from pyrite.testing import advance, manual_clock_conf

WINDOW, KEYS, RECORDS = 60, 10_000, 100_000


def slides(sc, source, build, count: int) -> list[float]:
    """Milliseconds of each slide once the window is full."""
    ssc = StreamingContext(sc, 1)
    build(ssc.queueStream(source * ((WINDOW + count) // len(source) + 1))).foreachRDD(lambda rdd: rdd.count())
    ssc.start()
    advance(ssc, WINDOW + 2)
    spent = []
    for _ in range(count):
        begin = time.perf_counter()
        advance(ssc)
        spent.append((time.perf_counter() - begin) * 1000)
    ssc.stop(False)
    return spent


def main(count: str) -> None:
    sc = SparkContext("local[2]", "windowed", conf=manual_clock_conf())
    # Another context's directory will do for windows that are carried on, and nothing is written.
    StreamingContext(sc, 1).checkpoint(tempfile.mkdtemp())
    draw = random.Random(1)

    def batches(value):
        keys = [f"word {i}" for i in range(KEYS)]
        rows = [[(draw.choice(keys), value(draw)) for _ in range(RECORDS)] for _ in range(5)]
        return [sc.parallelize(each, 2) for each in rows]

    ints, floats = batches(lambda draw: draw.randrange(100)), batches(lambda draw: draw.random())
    add = operator.add
    programs = {
        "plain": (ints, lambda q: q.reduceByKey(add)),
        "inverse": (ints, lambda q: q.reduceByKeyAndWindow(add, operator.sub, WINDOW, 1)),
        "sums": (ints, lambda q: q.reduceByKeyAndWindow(add, None, WINDOW, 1)),
        "largest": (ints, lambda q: q.reduceByKeyAndWindow(max, None, WINDOW, 1)),
        "floats": (floats, lambda q: q.reduceByKeyAndWindow(add, None, WINDOW, 1)),
        "floats with an inverse": (floats, lambda q: q.reduceByKeyAndWindow(add, operator.sub, WINDOW, 1)),
    }
    figures = {name: slides(sc, source, build, int(count)) for name, (source, build) in programs.items()}
    sc.stop()
    json.dump(figures, sys.stderr)


main(*sys.argv[1:])
