"""Programs that end while queries run, in whatever they are: soon, with their own exit code and traceback, and never by a crash."""

import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import sys, threading, time
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F
    spark = SparkSession.builder.master("local[2]").config("spark.ui.port", "0").getOrCreate()
    rates = spark.readStream.format("rate").option("rowsPerSecond", 500).load()
    counts = rates.groupBy((F.col("value") % 10).alias("k")).count()
    begun = threading.Event()

    def sleeps(rows, number):
        begun.set()
        time.sleep(600)

    def asks_for_long(rows, number):
        begun.set()
        spark.sql("SELECT sum(a.id * b.id) FROM range(200000) a, range(200000) b").collect()

    def asks_again_and_again():
        while True:
            spark.range(100000).groupBy((F.col("id") % 100).alias("k")).count().collect()
            begun.set()

    def awaits():
        query = counts.writeStream.format("noop").outputMode("complete").start()
        begun.set()
        query.awaitTermination()
"""
ENDS = {
    "a query in a function": ("rates.writeStream.foreachBatch(sleeps).start(); begun.wait(); sys.exit(3)", 3, "given up"),
    "a query in the executor": (
        "rates.writeStream.foreachBatch(asks_for_long).start(); begun.wait(); raise KeyError('mine')", 1, "KeyError: 'mine'",
    ),
    "a daemon thread in the executor": (
        "[threading.Thread(target=asks_again_and_again, daemon=True).start() for _ in range(2)]; begun.wait()", 0, "",
    ),
    "a daemon thread that waits for a query": ("threading.Thread(target=awaits, daemon=True).start(); begun.wait()", 0, ""),
}  # fmt: skip


@pytest.mark.parametrize("way", ENDS)
def test_a_program_ends(tmp_path, way):
    end, code, said = ENDS[way]
    (tmp_path / "program.py").write_text(f"{textwrap.dedent(PROGRAM)}\n{end}\n")
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "pyrite", "program.py"], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr and "Fatal" not in ran.stderr
    assert bool(ran.stderr) == bool(said), ran.stderr
