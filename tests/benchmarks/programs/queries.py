"""Streaming queries: `queries.py ENGINE words|windows|rate|memory COUNT`, one line of JSON at the end.

`words` counts 100 words a batch over 44,000 keys in update mode, `windows` 10,000 rows a batch by windows with a watermark: both give
milliseconds of each batch. `rate` gives the rows a second of a socket's words; `memory` by how many bytes COUNT batches grow.
"""

import json
import os
import pathlib
import random
import socket
import sys
import tempfile
import threading
import time

engine, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
if engine != "pyspark":
    import pyrite

    pyrite.init()
from pyspark.sql import SparkSession  # noqa: E402 - init() comes first
from pyspark.sql import functions as f  # noqa: E402

builder = SparkSession.builder.master("local[2]").appName("bench").config("spark.sql.session.timeZone", "UTC")
builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.ui.enabled", "false")
builder = builder.config("spark.ui.showConsoleProgress", "false").config(
    "spark.sql.streaming.numRecentProgressUpdates", "10000"
)
spark = builder.getOrCreate()
WARM = 5


def folder(texts):
    path = pathlib.Path(tempfile.mkdtemp())
    for at, text in enumerate(texts):
        file = path / f"{at:06}.json"
        file.write_text(text)
        os.utime(file, (1_700_000_000 + at, 1_700_000_000 + at))
    return str(path)


def batches(frame, mode):
    query = frame.writeStream.outputMode(mode).format("noop").trigger(availableNow=True).start()
    query.awaitTermination()
    told = [each for each in query.recentProgress if each.numInputRows]
    return [each.durationMs["triggerExecution"] for each in told][WARM:]


def words():
    random.seed(1)
    keys = [f"word{at}" for at in range(44_000)]
    path = folder(["\n".join(keys), *(" ".join(random.choices(keys, k=100)) for _ in range(WARM + count))])
    lines = spark.readStream.option("maxFilesPerTrigger", 1).text(path)
    return batches(lines.select(f.explode(f.split("value", " ")).alias("word")).groupBy("word").count(), "update")


def windows():
    random.seed(1)
    texts = []
    for at in range(WARM + count):
        times = (at * 10 + random.randrange(-5, 10) for _ in range(10_000))
        texts.append("\n".join(f"{1_800_000_000 + time},{random.randrange(100)}" for time in times))
    rows = spark.readStream.option("maxFilesPerTrigger", 1).schema("t LONG, n INT").csv(folder(texts))
    timed = rows.select(f.timestamp_seconds("t").alias("t"), "n").withWatermark("t", "20 seconds")
    return batches(timed.groupBy(f.window("t", "10 seconds")).count(), "append")


def rate():
    block = b"".join(b"w%d w%d w%d w%d\n" % (at, at + 1, at + 2, at + 3) for at in range(1000))
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def feed():
            peer, _ = server.accept()
            with peer:
                for _ in range(count // 1000):
                    peer.sendall(block)
                done.wait()

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        port = server.getsockname()[1]
        lines = spark.readStream.format("socket").option("host", "127.0.0.1").option("port", port).load()
        counted = lines.select(f.explode(f.split("value", " ")).alias("word")).groupBy("word").count()
        begin = time.perf_counter()
        query = counted.writeStream.outputMode("update").format("noop").start()
        seen = 0
        while seen < count:
            time.sleep(0.02)
            seen = sum(each.numInputRows for each in query.recentProgress)
        spent = time.perf_counter() - begin
        query.stop()
        done.set()
        feeder.join()
    return count / spent


def memory():
    def held():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    seen = []

    def keep(frame, number):
        seen.append(number)
        if number == count // 10:
            seen[0] = held()

    stream = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 10).load()
    counted = stream.groupBy((f.col("value") % 100).alias("k")).count()
    query = counted.writeStream.outputMode("update").foreachBatch(keep).start()
    while len(seen) < count:
        time.sleep(0.05)
    grown = held() - seen[0]
    query.stop()
    return grown


print(json.dumps({"words": words, "windows": windows, "rate": rate, "memory": memory}[what]()))
