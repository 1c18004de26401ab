"""Records what real PySpark answers: `PYTHONHASHSEED=0 python record.py` with the real PySpark's Python."""

import json
import os
import pathlib
import tempfile
import time

os.environ["TZ"] = "UTC"
time.tzset()

from programs import answers  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

# The JVM's console is this process's first descriptor, as it is when it starts.
console = tempfile.TemporaryFile("w+b")
os.dup2(console.fileno(), 1)


def printed(spark, program):
    """What the JVM prints meanwhile."""
    begin = os.fstat(1).st_size
    program(spark)
    console.seek(begin)
    return console.read().decode()


spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
path = pathlib.Path(__file__).absolute().with_name("answers.json")
path.write_text(json.dumps(answers(spark, printed), indent=1, ensure_ascii=False) + "\n")
