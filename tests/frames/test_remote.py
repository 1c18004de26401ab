"""The same client reaches the Connect server of the real Spark, beside RDDs and DataFrames of this process."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# As the tests of a cluster have it: `make spark-venv`.
SPARK = Path(os.environ.get("PYRITE_SPARK_VENV", HERE.parents[1] / "target" / "spark-venv")) / "bin" / "python"

PROGRAM = """
import sys, pyrite; pyrite.init()
from pyspark.sql import Row, SparkSession, functions as F
remote = SparkSession.builder.remote(sys.argv[1]).getOrCreate()
assert remote.version == "4.3.0"
frame = remote.createDataFrame([(1, "a"), (2, "b"), (3, "a")], ["n", "k"])
assert frame.groupBy("k").agg(F.sum("n").alias("s")).orderBy("k").collect() == [Row(k="a", s=4), Row(k="b", s=2)]
assert frame.select(F.xxhash64("n")).first()[0] == -7001672635703045582  # which Pyrite's own declines
assert frame.toPandas().n.sum() == 6
try:
    frame.select("zz").collect()
except Exception as error:
    assert error.getCondition() == "UNRESOLVED_COLUMN.WITH_SUGGESTION", error
else:
    raise AssertionError("there is no zz")
local = SparkSession.builder.master("local[1]").getOrCreate()
rows = [(row.n, row.k) for row in frame.collect()]
assert local.sparkContext.parallelize(rows).map(lambda row: row[0]).sum() == 6
assert local.createDataFrame(rows, frame.schema).count() == 3
remote.stop()
assert local.range(3).count() == 3
"""


@pytest.fixture
def server():
    """The address of a server."""
    if not (SPARK.exists() and shutil.which("java")):
        missing = "there is no Java here, or no real PySpark (make spark-venv)"
        if os.environ.get("PYRITE_REAL_SPARK"):
            pytest.fail(missing)
        pytest.skip(missing)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    surroundings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {
        "SPARK_LOCAL_IP": "127.0.0.1"
    }
    with subprocess.Popen(
        [SPARK, HERE / "connect_server.py", str(port)],
        env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            assert any(line == "ready\n" for line in process.stdout), "the server has ended"
            yield f"sc://127.0.0.1:{port}"
        finally:
            process.stdin.close()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def test_a_real_server_answers_beside_this_process(server):
    subprocess.run([sys.executable, "-W", "ignore", "-c", PROGRAM, server], check=True, timeout=100)
