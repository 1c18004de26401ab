"""What a slide of a window costs: `windowed.py SLIDES WINDOW PROGRAM ...`. Every batch holds 100,000 pairs of 10,000 keys;
the window is of so many batches, by hand-moved time. Writes the milliseconds of each slide by program as JSON to standard
error. PySpark runs it, too: `PYRITE_SIDE=pyspark`."""

import json
import operator
import random
import sys

from by_hand import Batches, StreamingContext, context

KEYS, RECORDS = 10_000, 100_000


def slides(sc, source, build, window: int, count: int) -> list[float]:
    """Milliseconds of each slide once the window is full."""
    ssc = StreamingContext(sc, 1)
    seen = []
    build(ssc.queueStream(source * ((window + count) // len(source) + 1))).foreachRDD(
        lambda rdd: seen.append(rdd.count())
    )
    ssc.start()
    batches = Batches(ssc, seen)
    batches.run(window + 2)
    spent = batches.run(count)
    ssc.stop(False)
    return spent


def main(count: int, window: int, wanted: list[str]) -> None:
    sc = context("windowed")
    draw = random.Random(1)

    def batches(value):
        keys = [f"word {i}" for i in range(KEYS)]
        rows = [[(draw.choice(keys), value(draw)) for _ in range(RECORDS)] for _ in range(5)]
        return [sc.parallelize(each, 2) for each in rows]

    ints, floats = batches(lambda draw: draw.randrange(100)), batches(lambda draw: draw.random())
    add, subtract = operator.add, operator.sub
    programs = {
        "plain": (ints, lambda q: q.reduceByKey(add)),
        "inverse": (ints, lambda q: q.reduceByKeyAndWindow(add, subtract, window, 1)),
        "sums": (ints, lambda q: q.reduceByKeyAndWindow(add, None, window, 1)),
        "largest": (ints, lambda q: q.reduceByKeyAndWindow(max, None, window, 1)),
        "floats": (floats, lambda q: q.reduceByKeyAndWindow(add, None, window, 1)),
        "floats with an inverse": (floats, lambda q: q.reduceByKeyAndWindow(add, subtract, window, 1)),
    }
    figures = {name: slides(sc, *programs[name], window, count) for name in wanted or programs}
    sc.stop()
    json.dump(figures, sys.stderr)


main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
