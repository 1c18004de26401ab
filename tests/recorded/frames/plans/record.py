"""Records what real PySpark answers: `python record.py SEED COUNT [OUT]` with the real PySpark's Python, UTC as the time zone."""

import json
import logging
import os
import pathlib
import sys
import time

os.environ["TZ"] = "UTC"
time.tzset()
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import plans  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.ui.showConsoleProgress", "false")
    # Each plan runs once: to compile it would take longer.
    .config("spark.sql.codegen.wholeStage", "false")
    .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    .config("spark.sql.adaptive.enabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
logging.disable(logging.CRITICAL)
names = plans.scope(spark)
seed, count = int(sys.argv[1]), int(sys.argv[2])
out = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else pathlib.Path(__file__).with_name("answers.json"))
lines = []
for kind, text, ordered in plans.made(seed, count):
    found = plans.answer(spark, names, kind, text)
    found.pop("text", None)
    if not ordered and "rows" in found:
        found["rows"].sort()
    lines.append(json.dumps({"kind": kind, "plan": text, "ordered": ordered, **found}, ensure_ascii=False))
out.write_text("[\n" + ",\n".join(lines) + "\n]\n")
print(len(lines))
