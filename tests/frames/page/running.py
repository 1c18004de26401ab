"""Streaming queries to look at: `running.py` says where their page is, and goes on until its input ends.

`windows` counts by window and key, `bad` fails in its third batch, `stopped` waits to be stopped; a line says when it was.
"""

import sys
import threading

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def fails(rows, number):
    if number == 2:
        raise ValueError("the third batch is bad")


def main():
    builder = SparkSession.builder.master("local[2]").appName("queries to look at").config("spark.ui.port", "0")
    spark = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    rates = spark.readStream.format("rate").option("rowsPerSecond", 200).load()
    window = F.window("timestamp", "1 second")
    counts = rates.withWatermark("timestamp", "2 seconds").groupBy(window, (F.col("value") % 3).alias("key")).count()
    written = counts.writeStream.queryName("windows").format("memory").outputMode("update")
    written.trigger(processingTime="300 milliseconds").start()
    rates.writeStream.queryName("bad").foreachBatch(fails).trigger(processingTime="100 milliseconds").start()
    stopped = rates.writeStream.queryName("stopped").format("noop").trigger(processingTime="1 hour").start()
    print(spark.sparkContext.uiWebUrl, flush=True)

    def say():
        stopped.awaitTermination()
        print("stopped", flush=True)

    threading.Thread(target=say, daemon=True).start()
    sys.stdin.read()
    spark.stop()


if __name__ == "__main__":
    main()
