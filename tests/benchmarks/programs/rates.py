"""Rows a second that a streaming query keeps up, once it is warm: one line of JSON at the end.

    rates.py ENGINE socket SECONDS [SETTING=VALUE ...]
    rates.py ENGINE kafka ROWS BROKERS TOPIC [SETTING=VALUE ...]

`socket` counts the words of lines. PySpark's socket source takes a time that grows with the square of a batch's lines, so that
a flood would be no fair comparison: a process of its own keeps so many lines on their way for SECONDS, then more of them, until
that makes the query slower; the best rate of all counts, for either engine. `kafka` counts the messages of a topic by key, in
batches of `BATCH` rows: the first third of the topic warms. Both give {"rate": rows a second, ...}.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

engine, what, count, *rest = sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:]
if engine != "pyspark":
    import pyrite

    pyrite.init()
from pyspark.sql import SparkSession  # noqa: E402 - init() comes first
from pyspark.sql import functions as f  # noqa: E402

BATCH = 250_000
SIZES = (500, 2_000, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000)
builder = SparkSession.builder.master("local[2]").appName("bench").config("spark.sql.session.timeZone", "UTC")
builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.ui.enabled", "false")
builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.driver.host", "127.0.0.1")
builder = builder.config("spark.sql.streaming.numRecentProgressUpdates", "10000")
for setting in rest:
    if "=" in setting:
        builder = builder.config(*setting.split("=", 1))
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


def socket():
    rates, seconds = {}, count
    program = [sys.executable, str(Path(__file__).with_name("feeder.py")), "asked", "4"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as feeder:
        port = int(feeder.stdout.readline())
        lines = spark.readStream.format("socket").option("host", "127.0.0.1").option("port", port).load()
        counted = lines.select(f.explode(f.split("value", " ")).alias("word")).groupBy("word").count()
        query = counted.writeStream.outputMode("update").format("noop").start()
        fed = 0

        def feed(size):
            """Lines a second, at most twice the size of them on their way; those that are on their way at the end are waited for."""
            nonlocal fed
            first = done = fed
            begin = time.perf_counter()
            while done < fed or fed == first:
                while fed - done <= size and time.perf_counter() - begin < seconds:
                    print(size, file=feeder.stdin, flush=True)
                    fed += size
                time.sleep(0.002)
                if not query.isActive:
                    raise RuntimeError("the query has ended")
                # Offsets of a socket count lines.
                last = query.lastProgress
                done = done if last is None else max(done, int(last.sources[0].endOffset or 0) + 1)
            return (fed - first) / (time.perf_counter() - begin)

        feed(SIZES[0])
        for size in SIZES:
            rates[size] = feed(size)
            if rates[size] < max(rates.values()) / 2:
                break
        query.stop()
        feeder.kill()
    return {"rate": max(rates.values()), "rates": rates}


def kafka():
    reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", rest[0]).option("subscribe", rest[1])
    messages = reader.option("startingOffsets", "earliest").option("maxOffsetsPerTrigger", BATCH).load()
    counted = messages.groupBy(f.col("key").cast("string").alias("key")).count()
    query = counted.writeStream.outputMode("update").format("noop").trigger(availableNow=True).start()
    query.awaitTermination()
    told = [each for each in query.recentProgress if each.numInputRows]
    # Where each batch ended: the next begins there.
    spent = sum(each.durationMs["triggerExecution"] for each in told[len(told) // 3 :]) / 1000
    return {"rate": sum(each.numInputRows for each in told[len(told) // 3 :]) / spent, "batches": len(told)}


print(json.dumps({"socket": socket, "kafka": kafka}[what]()))
