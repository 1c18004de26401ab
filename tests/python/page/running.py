"""A program that has something to see on every page: jobs that ran, run and failed, and a stream with all its parts.

`python running.py DIRECTORY` says where its page is and does what it is told, a line each: `job` starts one that takes
minutes, `linger` has an output operation of the next batch take as long, the end of the input ends it all.
"""

import contextlib
import logging
import os
import socket
import sys
import threading
import time

from pyrite import SparkConf, SparkContext, StorageLevel
from pyrite.streaming import StreamingContext

INTERVAL = 0.5
DIRECTORY = sys.argv[1]
LINGER = os.path.join(DIRECTORY, "linger")


def slow(sc):
    sc.parallelize(range(100_000), 2).map(lambda n: time.sleep(0.005)).count()


def make_context():
    conf = SparkConf().setMaster("local[2]").setAppName("a stream to look at").set("spark.ui.port", "0")
    conf.set("spark.streaming.backpressure.enabled", "true").set("my.password", "hunter2")
    conf.set("spark.streaming.concurrentJobs", "2").set("spark.ui.retainedJobs", "100000")
    conf.set("spark.ui.retainedStages", "100000")
    return SparkContext(conf=conf)


def run_jobs(sc):
    pairs = (
        sc.parallelize([(n % 7, n) for n in range(20_000)], 4)
        .setName("kept pairs")
        .persist(StorageLevel.MEMORY_AND_DISK)
    )
    pairs.reduceByKey(lambda a, b: a + b).sortBy(lambda pair: -pair[1]).collect()
    pairs.join(sc.parallelize([(n, str(n)) for n in range(7)], 2)).count()
    with contextlib.suppress(ZeroDivisionError):
        sc.parallelize([3, 2, 1, 0], 2).map(lambda n: 10 // n).collect()
    sc.parallelize(range(100), 2).map(lambda n: time.time() > n).count()
    logging.getLogger("pyrite.example").warning("the disk of %s is nearly full", "nobody")


def fails_on_bad(rdd):
    rdd.map(lambda word: 1 // len(word.replace("bad", ""))).count()


def lingers(rdd):
    if os.path.exists(LINGER):
        os.remove(LINGER)
        slow(rdd.context)


def start_stream(sc, port, nobody):
    ssc = StreamingContext(sc, INTERVAL)
    ssc.checkpoint(os.path.join(DIRECTORY, "checkpoints"))
    words = ssc.socketTextStream("127.0.0.1", port).flatMap(lambda line: line.split(" "))
    counts = words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
    counts.updateStateByKey(lambda new, old: sum(new) + (old or 0)).foreachRDD(lambda rdd: rdd.count())
    ssc.socketTextStream("127.0.0.1", nobody).foreachRDD(lambda rdd: None)
    words.foreachRDD(fails_on_bad)
    counts.foreachRDD(lingers)
    ssc.start()
    return ssc


def feed(server, ended):
    connection = server.accept()[0]
    with contextlib.suppress(OSError):
        for number in range(1_000_000):
            connection.sendall(b"bad\n" if number % 600 == 12 else b"one two three two\n" * (1 + number % 5))
            if ended.wait(0.1):
                break
    connection.close()


def main():
    sc, ended = make_context(), threading.Event()
    run_jobs(sc)
    server, free = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    nobody = free.getsockname()[1]
    free.close()
    ssc = start_stream(sc, server.getsockname()[1], nobody)
    threading.Thread(target=feed, args=(server, ended), daemon=True).start()
    print(sc.uiWebUrl, flush=True)

    def start_job():
        with contextlib.suppress(Exception):
            slow(sc)

    for line in sys.stdin:
        if line == "job\n":
            threading.Thread(target=start_job, daemon=True).start()
        elif line == "linger\n":
            open(LINGER, "w").close()
    ended.set()
    ssc.stop(stopSparkContext=True, stopGraceFully=False)


if __name__ == "__main__":
    main()
