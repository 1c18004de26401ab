"""A program for the history server: `python programs.py DIRECTORY KIND [KEY=VALUE ...]`, where KIND says how it ends."""

import contextlib
import sys
import threading
import time

from pyrite import SparkConf, SparkContext
from pyrite.streaming import StreamingContext


def main(directory, kind, *settings):
    conf = SparkConf().setMaster("local[2]").setAppName(kind).set("spark.ui.enabled", "false")
    conf.set("spark.eventLog.enabled", "true").set("spark.eventLog.dir", directory)
    for setting in settings:
        conf.set(*setting.split("=", 1))
    sc = SparkContext(conf=conf)
    sc.setJobGroup("first", "sums of sevens")
    pairs = sc.parallelize(range(1000), 4).map(lambda x: (x % 7, x)).setName("pairs").cache()
    pairs.reduceByKey(lambda a, b: a + b, 3).collect()
    sc.setLocalProperty("my.password", "hush-hush")
    pairs.count()
    if kind == "failing":
        sc.parallelize([1, 0], 2).map(lambda x: 1 // x).collect()  # ends the program
    if kind == "killed":
        threading.Thread(
            target=sc.parallelize([1, 2], 2).foreach, args=(lambda _: time.sleep(600),), daemon=True
        ).start()
        sys.stdout.write("runs\n")
        sys.stdout.flush()
        time.sleep(600)
    if kind == "streaming":
        ssc = StreamingContext(sc, 0.2)
        ssc.queueStream([[1, 2, 3], [4, 5]]).map(lambda x: (x % 2, x)).reduceByKey(lambda a, b: a + b).pprint()
        ssc.start()
        ssc.awaitTerminationOrTimeout(1.2)
        ssc.stop(stopSparkContext=False)
    if kind == "queries":
        from pyspark.sql import SparkSession

        rates = SparkSession.builder.getOrCreate().readStream.format("rate").option("rowsPerSecond", 50).load()
        counts = rates.withWatermark("timestamp", "1 second").groupBy("value").count()
        query = counts.writeStream.queryName("counted values").format("noop").outputMode("update").start()
        while not sum(each.numInputRows for each in query.recentProgress):
            time.sleep(0.05)
        query.stop()
        bad = rates.writeStream.queryName("bad values").foreachBatch(lambda rows, number: 1 // 0).start()
        with contextlib.suppress(Exception):
            bad.awaitTermination()
        sys.stdout.write(f"{query.runId}\n")
    sc.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
