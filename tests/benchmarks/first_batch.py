"""`python -c` that imports, makes the contexts, prints the first batch of a queueStream and ends: whole process."""

import sys

from report import Row, median
from setting import Setting, timed

PROGRAM = """
from {package} import SparkContext
from {package}.streaming import StreamingContext
import threading
sc = SparkContext("local[2]", "first batch"{conf})
ssc = StreamingContext(sc, {interval})
done = threading.Event()
lines = ssc.queueStream([["to be or not", "to be"]])
counts = lines.flatMap(lambda l: l.split()).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b)
counts.pprint()
lines.foreachRDD(lambda rdd: done.set())
ssc.start()
done.wait()
ssc.stop()
"""
BAR = 0.2


def measure(setting: Setting) -> list[Row]:
    ours = PROGRAM.format(package="pyrite", interval=0.01, conf="")
    seconds = [run(sys.executable, ours) for _ in range(setting.runs)]
    spent = median(seconds)
    rows = [Row("first batch, whole process", f"{spent:.3f} s", f"<= {BAR} s", spent <= BAR, {"seconds": seconds})]
    if setting.pyspark:
        quiet = '.set("spark.ui.enabled", "false").set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")'
        theirs = PROGRAM.format(
            package="pyspark", interval=0.1, conf=f", conf=__import__('pyspark').SparkConf(){quiet}"
        )
        seconds = [run(setting.pyspark, theirs) for _ in range(setting.slow_runs)]
        rows.append(Row("first batch, PySpark", f"{median(seconds):.1f} s", figures={"seconds": seconds}))
    return rows


def run(python: str, program: str) -> float:
    spent, _, out = timed([python, "-c", program])
    if "('to', 2)" not in out:
        raise RuntimeError(f"the first batch was not printed: {out!r}")
    return spent
