"""What one machine carries: `one_machine.py WHAT CORES ROUNDS ARGUMENT`. Writes figures as JSON to standard error.

WHAT is `lines` (ARGUMENT, a file: its words counted), `python` (the same with no function compiled), `pairs` (ARGUMENT rows
of a quarter as many keys summed by key), each as the seconds of rounds on so many cores; or `state`: the bytes that each of
ARGUMENT keys of a stream's state takes in memory.
"""

import json
import os
import re
import sys
import tempfile
import time

from pyrite import SparkConf, SparkContext
from pyrite.streaming import StreamingContext
from pyrite.testing import advance


def main(what: str, cores: int, rounds: int, argument: str) -> None:
    if hasattr(os, "sched_setaffinity"):
        # No other thread of the engine's or the interpreter's may use a core more.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    conf = SparkConf().set("pyrite.native", "off" if what == "python" else "auto").set("spark.ui.enabled", "false")
    if what == "state":
        conf.set("spark.streaming.clock", "org.apache.spark.util.ManualClock")
    sc = SparkContext(f"local[{cores}]", "one machine", conf=conf)
    if what == "state":
        figures = state(sc, int(argument))
    elif what == "pairs":
        figures = pairs(sc, int(argument), rounds, 2 * cores)
    else:
        figures = words(sc, argument, rounds, 2 * cores)
    sc.stop()
    json.dump(figures, sys.stderr)


def words(sc: SparkContext, file: str, rounds: int, partitions: int) -> dict:
    def job() -> None:
        split = sc.textFile(file, partitions).flatMap(lambda line: re.split(r"\W+", line)).filter(lambda w: len(w) > 0)
        split.map(lambda w: (w.lower(), 1)).reduceByKey(lambda a, b: a + b).count()

    return {"records": sc.textFile(file).count(), "s": timed(job, rounds)}


def pairs(sc: SparkContext, rows: int, rounds: int, partitions: int) -> dict:
    keys = rows // 4
    keyed = sc.parallelize(range(rows), partitions).map(lambda i: (i * 7919 % keys, i))
    return {"records": rows, "s": timed(lambda: keyed.reduceByKey(lambda a, b: a + b).count(), rounds)}


def timed(job, rounds: int) -> list[float]:
    """Seconds of each round; the first one is cold and not counted. A job makes its RDDs anew: a shuffle that is there isn't
    written again."""
    spent = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        job()
        spent.append(time.perf_counter() - begin)
    return spent[1:]


def state(sc: SparkContext, keys: int) -> dict:
    ssc = StreamingContext(sc, 1)
    ssc.checkpoint(tempfile.mkdtemp())
    first = sc.parallelize(range(keys), 2).map(lambda key: (key, 0))
    totals = ssc.queueStream([], default=sc.parallelize([(1, 1)])).updateStateByKey(
        lambda new, old: sum(new) + (old or 0), initialRDD=first
    )
    totals.foreachRDD(lambda rdd: rdd.take(1))
    before = memory()
    ssc.start()
    advance(ssc, 3, timeout=300)
    held = memory() - before
    ssc.stop(False)
    return {"keys": keys, "bytes": held}


def memory() -> int:
    """Bytes of this process that are in memory."""
    import psutil

    return psutil.Process().memory_info().rss


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
