"""Records groups with states of real PySpark: `PYTHONHASHSEED=0 python record_states.py` with the real PySpark's Python, some minutes; or some names."""

import json
import os
import pathlib
import sys
import time

os.environ["TZ"] = "UTC"
time.tzset()
# Spark's workers find the programs' functions here.
here = pathlib.Path(__file__).absolute().parent
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["PYTHONPATH"] = os.pathsep.join([str(here), str(here.with_name("streams"))])

from pyspark.sql import SparkSession  # noqa: E402
from states import STREAMS, rows_of  # noqa: E402

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .config(
        "spark.sql.streaming.stateStore.providerClass",
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
    )
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
path = pathlib.Path(__file__).absolute().with_name("states.json")
names = sys.argv[1:] or list(STREAMS)
found = json.loads(path.read_text()) if sys.argv[1:] else {}
for name in names:
    found[name] = rows_of(spark, name, lambda milliseconds: time.sleep(milliseconds / 1000))
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
