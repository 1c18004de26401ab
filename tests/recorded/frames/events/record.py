"""Records what real PySpark answers: `PYTHONHASHSEED=0 python record.py` with the real PySpark's Python."""

import json
import os
import pathlib
import time

os.environ["TZ"] = "UTC"
time.tzset()

from events import answers  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

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
path.write_text(json.dumps(answers(spark), indent=1, ensure_ascii=False) + "\n")
