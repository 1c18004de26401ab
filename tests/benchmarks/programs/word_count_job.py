"""The notebook's word count over a file as one RDD job: `word_count_job.py FILE ENGINE`, in Pyrite or in real PySpark.

ENGINE is `pyspark`, `pyrite`, `pyrite-off` (no function compiled) or `pyrite-alone` (nor any worker process). Prints the ten most frequent words.
"""

import re
import sys

path, engine = sys.argv[1:]
if engine != "pyspark":
    import pyrite

    pyrite.init()
from pyspark import SparkConf, SparkContext  # noqa: E402 - init() comes first

conf = SparkConf().setMaster("local[2]").setAppName("word count")
if engine == "pyspark":
    conf.set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
    conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")
elif engine != "pyrite":
    conf.set("pyrite.native", "off")
    conf.set("pyrite.python.workers", "0" if engine == "pyrite-alone" else "auto")
sc = SparkContext(conf=conf)
counts = (
    sc.textFile(path)
    .flatMap(lambda line: re.split(r"\W+", line))
    .filter(lambda word: len(word) > 0)
    .map(lambda w: w.lower())
    .map(lambda w: (w, 1))
    .reduceByKey(lambda v1, v2: v1 + v2)
    .sortBy(lambda x: x[1], False)
)
for word, count in counts.take(10):
    print(f"{word}\t{count}")
sc.stop()
