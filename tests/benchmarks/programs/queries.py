"""Streaming queries: `queries.py ENGINE words|windows|memory COUNT [checkpoint]`, one line of JSON at the end.

`words` counts 100 words a batch over 44,000 keys in update mode, `windows` 10,000 rows a batch by windows with a watermark: both give
milliseconds of each batch. `memory` gives by how many bytes a process grows over COUNT batches of 100 rows.
"""

import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

engine, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
if engine != "pyspark":
    import pyrite

    pyrite.init()
from pyspark.sql import SparkSession  # noqa: E402 - init() comes first
from pyspark.sql import functions as f  # noqa: E402

builder = SparkSession.builder.master("local[2]").appName("bench").config("spark.sql.session.timeZone", "UTC")
builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.ui.enabled", "false")
builder = builder.config("spark.ui.showConsoleProgress", "false")
if what != "memory":
    # Each batch's milliseconds are read at the end.
    builder = builder.config("spark.sql.streaming.numRecentProgressUpdates", "10000")
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


def memory():
    """Bytes of the process, and files of the checkpoint, at a tenth of the batches and behind; `checkpoint` as a third argument keeps one."""

    def held():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    place = tempfile.mkdtemp()
    stream = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 100).load()
    counted = stream.groupBy((f.col("value") % 44_000).alias("k")).count()
    writer = counted.writeStream.outputMode("update").format("noop")
    query = (writer.option("checkpointLocation", place) if "checkpoint" in sys.argv else writer).start()
    # All keys are there after the first 440 batches.
    marks = sorted({count // 100, count // 10, count // 2, count})
    begin = time.perf_counter()
    figures = {"batches": [], "bytes": [], "files": [], "seconds": []}
    while marks:
        time.sleep(0.05)
        last = query.lastProgress
        if query.exception() is not None:
            raise query.exception()
        if last is not None and last.batchId >= marks[0]:
            marks.pop(0)
            figures["batches"].append(last.batchId)
            figures["bytes"].append(held())
            figures["files"].append(sum(len(names) for _, _, names in os.walk(place)))
            figures["seconds"].append(time.perf_counter() - begin)
    query.stop()
    shutil.rmtree(place)
    return {**figures, "grown": figures["bytes"][-1] - figures["bytes"][0]}


print(json.dumps({"words": words, "windows": windows, "memory": memory}[what]()))
