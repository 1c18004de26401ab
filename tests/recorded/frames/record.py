"""Records what real PySpark answers: `python record.py` with the real PySpark's Python, UTC as the time zone."""

import json
import os
import pathlib
import time

os.environ["TZ"] = "UTC"
time.tzset()

from expressions import answers  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
found = answers(spark)
for answer in found.values():
    answer.pop("text", None)
path = pathlib.Path(__file__).with_name("expressions.json")
path.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items()) + "\n}\n")
print(len(found))
