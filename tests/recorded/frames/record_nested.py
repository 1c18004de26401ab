"""Records what real PySpark answers: `python record_nested.py SEED COUNT OUT` with the real PySpark's Python."""

import json
import os
import pathlib
import sys
import time

os.environ["TZ"] = "UTC"
time.tzset()

from nested import answers, made  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.sql.codegen.wholeStage", "false")
    .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    .config("spark.sql.adaptive.enabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
found = answers(spark, made(int(sys.argv[1]), int(sys.argv[2])))
for answer in found.values():
    answer.pop("text", None)
lines = [f"{json.dumps(k, ensure_ascii=False)}: {json.dumps(v, ensure_ascii=False)}" for k, v in found.items()]
pathlib.Path(sys.argv[3]).write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(len(found))
