"""Records what real PySpark answers: `python record.py [GROUP ...]` with the real PySpark's Python, its workers' too.

A machine that is busy starts workers so slowly that Spark gives up on them: that is no answer, and nothing is written then.
"""

import json
import os
import pathlib
import sys
import tempfile

os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["PYTHONPATH"] = str(pathlib.Path(__file__).parent)

from data_sources import batches, streams  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from stream_tables import tables  # noqa: E402

place = tempfile.mkdtemp()
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.warehouse.dir", f"{place}/warehouse")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
path = pathlib.Path(__file__).with_name("answers.json")
found = json.loads(path.read_text()) if path.exists() else {}
for each in (batches, streams, tables):
    if each.__name__ not in (sys.argv[1:] or [each.__name__]):
        continue
    folder = pathlib.Path(place, "tables" if each is tables else each.__name__)
    folder.mkdir()
    found[each.__name__] = each(spark, place if each is tables else str(folder))
if "failed to connect back" in json.dumps(found):
    sys.exit("a worker was too slow")
path.write_text(json.dumps(found, indent=1) + "\n")
print({name: len(answers) for name, answers in found.items()})
