"""Small DataFrames, again and again: `frames.py ENGINE first|small|words|memory COUNT`, one line of JSON at the end.

`first` shows a DataFrame once. `small` makes 100 rows, groups and collects them, with a schema and without; `words` is the body of
Spark's sql_network_wordcount in foreachRDD: both give milliseconds each. `memory` says by how many bytes COUNT queries grow.
"""

import json
import sys
import threading
import time

engine, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
if engine != "pyspark":
    import pyrite

    pyrite.init()
from pyspark.sql import Row, SparkSession  # noqa: E402 - init() comes first

builder = SparkSession.builder.master("local[2]").appName("bench").config("spark.sql.session.timeZone", "UTC")
if engine == "pyspark":
    builder = builder.config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.ui.showConsoleProgress", "false")
spark = builder.getOrCreate()
WARM = 5 if engine == "pyspark" else 30


def timed(body) -> list[float]:
    taken = []
    for number in range(WARM + count):
        begin = time.perf_counter()
        body(number)
        taken.append(1000 * (time.perf_counter() - begin))
    return taken[WARM:]


def small(schema):
    def body(number: int) -> None:
        rows = [(f"k{i % 10}", i + number, i * 0.5) for i in range(100)]
        grouped = spark.createDataFrame(rows, schema).groupBy("k").count().collect()
        assert sorted(grouped) == [(f"k{i}", 10) for i in range(10)]

    return body


def words() -> list[float]:
    from pyspark.streaming import StreamingContext

    taken, done = [], threading.Event()

    def process(_, rdd) -> None:
        if rdd.isEmpty():
            return
        begin = time.perf_counter()
        session = SparkSession.builder.getOrCreate()
        frame = session.createDataFrame(rdd.map(lambda w: Row(word=w)))
        frame.createOrReplaceTempView("words")
        counts = session.sql("select word, count(*) as total from words group by word").collect()
        taken.append(1000 * (time.perf_counter() - begin))
        assert sum(row.total for row in counts) == 100
        if len(taken) == WARM + count:
            done.set()

    context = StreamingContext(spark.sparkContext, 0.5 if engine == "pyspark" else 0.02)
    batches = [[f"w{(i + number) % 50}" for i in range(100)] for number in range(WARM + count)]
    stream = context.queueStream([spark.sparkContext.parallelize(batch, 2) for batch in batches])
    stream.foreachRDD(process)
    context.start()
    done.wait()
    context.stop(stopSparkContext=False)
    return taken[WARM:]


def memory() -> int:
    import psutil

    body = small("k string, i long, v double")
    process = psutil.Process()
    for number in range(500):
        body(number)
    before = process.memory_info().rss
    for number in range(500, 500 + count):
        body(number)
    return process.memory_info().rss - before


if what == "first":
    spark.createDataFrame([(1, "a"), (2, "b")], ["n", "k"]).show()
    told = None
elif what == "small":
    told = {"with a schema": timed(small("k string, i long, v double")), "without": timed(small(["k", "i", "v"]))}
elif what == "words":
    told = words()
else:
    told = memory()
print(json.dumps(told), flush=True)
spark.stop()
