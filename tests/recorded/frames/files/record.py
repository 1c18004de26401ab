"""Records what real PySpark answers: `record.py`, run by a Python that has PySpark 4.3 and Java, with PYTHONHASHSEED=0."""

import json
import pathlib
import tempfile

import file_reading as programs
import file_writing as writing
import json_functions as functions
from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
spark = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
spark.sparkContext.setLogLevel("OFF")
answers = {}
for name in programs.CASES:
    with tempfile.TemporaryDirectory() as folder:
        answers[name] = programs.answer(spark, name, folder)
texts = {}
for name in writing.CASES:
    with tempfile.TemporaryDirectory() as folder:
        texts[name] = writing.written(spark, name, folder)
made = functions.answers(spark)
spark.stop()
kept = json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
pathlib.Path(__file__).with_name("functions.json").write_text(kept, encoding="utf-8")
told = json.dumps(texts, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
pathlib.Path(__file__).with_name("written.json").write_text(told, encoding="utf-8")
out = pathlib.Path(__file__).with_name("answers.json")
out.write_text(json.dumps(answers, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
