"""Spark Structured Streaming over a topic from its beginning: `kafka_structured.py WHAT BROKERS TOPIC JARS`.

WHAT is `count` or `words`. Prints JSON: the seconds of a query that ends with the topic, after one that warms the JVM.
"""

import json
import sys
import tempfile
import time

from pyspark.sql import SparkSession
from pyspark.sql.functions import col

what, brokers, topic, jars = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", jars)
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")


def run() -> float:
    reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", brokers).option("subscribe", topic)
    values = reader.option("startingOffsets", "earliest").load().select(col("value").cast("string").alias("word"))
    counts = values.groupBy("word").count() if what == "words" else values.groupBy().count()
    with tempfile.TemporaryDirectory() as place:
        begin = time.perf_counter()
        query = counts.writeStream.outputMode("complete").format("noop").option("checkpointLocation", place)
        query.trigger(availableNow=True).start().awaitTermination()
        return time.perf_counter() - begin


print(json.dumps({"seconds": min(run() for _ in range(2))}))
spark.stop()
