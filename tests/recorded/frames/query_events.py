"""Records the events of streaming queries in Spark's event log: the names and types of their fields.

Run by the Python that has PySpark: it writes query_events.json beside this file.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import event_log_shape  # noqa: E402

PREFIX = "org.apache.spark.sql.streaming.StreamingQueryListener$"


def fails(rows, number):
    if number == 1:
        raise KeyError("mine")


def program(spark):
    """A query with state and event time that is stopped, and one that fails."""
    from pyspark.sql import functions as F

    spark.conf.set("spark.sql.shuffle.partitions", "2")
    rates = spark.readStream.format("rate").option("rowsPerSecond", 20).load()
    counts = rates.withWatermark("timestamp", "1 second").groupBy(F.window("timestamp", "1 second")).count()
    trigger = {"processingTime": "300 milliseconds"}
    query = counts.writeStream.queryName("rates").format("memory").outputMode("update").trigger(**trigger).start()
    while sum(each.numInputRows > 0 for each in query.recentProgress) < 2:
        time.sleep(0.1)
    query.stop()
    query = rates.writeStream.queryName("bad").foreachBatch(fails).trigger(**trigger).start()
    try:
        query.awaitTermination()
    except Exception:  # noqa: BLE001, S110 - it is meant to fail
        pass


def events(log):
    """Those of queries, by their own names."""
    named = [{**event, "Event": event["Event"].removeprefix(PREFIX)} for event in log if PREFIX in event["Event"]]
    return [event for event in named if event["Event"] != "QueryIdleEvent"]


def shapes(log):
    """Their shapes. Custom metrics are a state store's own."""
    event_log_shape.FREE.add("customMetrics")
    return event_log_shape.shapes(events(log))


if __name__ == "__main__":
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    with tempfile.TemporaryDirectory() as directory:
        conf = event_log_shape.settings(SparkConf(), directory)
        spark = SparkSession.builder.config(conf=conf).getOrCreate()
        program(spark)
        spark.stop()
        found = shapes(event_log_shape.events(directory))
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
