"""Programs whose names of columns mean something or nothing: `answers.json` has what real PySpark 4.3 gave.

Record anew with a Python that has PySpark: `python named.py`. Each program is an expression over the frames below.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent


def scope(spark):
    """What the programs may name."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    def frame(rows, schema):
        return spark.createDataFrame(rows, schema)

    l = frame([(1, 10, 100), (2, 20, 200), (2, 5, 1)], "i INT, x INT, p INT")  # noqa: E741
    r = frame([(1, 30, 3), (3, 40, 4), (2, None, 9)], "j INT, y INT, q INT")
    g = frame([(1, 10, 5), (1, 20, 6), (2, 30, 7), (2, 5, 8), (3, 1, 9)], "k INT, x INT, y INT")
    l2 = frame([(1, 10), (3, 7)], "i INT, x INT")
    for name, each in (("l", l), ("r", r), ("g", g)):
        each.createOrReplaceTempView(name)
    return {
        "s": spark, "f": f, "col": f.col, "S": f.sum, "count": f.count, "lit": f.lit, "desc": f.desc, "Window": Window, "l": l,
        "r": r, "g": g, "l2": l2, "r2": r.withColumnRenamed("j", "i"), "w": Window.partitionBy("k").orderBy("x"),
        "frame": frame,
    }  # fmt: skip


def answer(program, names):
    """Columns and rows, or the condition of an error."""
    try:
        made = eval(program, dict(names))
        return [made.columns, sorted(map(str, made.collect()))]
    except Exception as error:  # noqa: BLE001 - whatever it says
        condition = getattr(error, "getCondition", lambda: None)()
        return ["error", condition or type(error).__name__]


if __name__ == "__main__":
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.sql.shuffle.partitions", "1").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    kept = HERE / "answers.json"
    programs = json.loads(pathlib.Path(sys.argv[1]).read_text()) if sys.argv[1:] else list(json.loads(kept.read_text()))
    names = scope(session)
    lines = [f"{json.dumps(each)}: {json.dumps(answer(each, names))}" for each in programs]
    kept.write_text("{\n" + ",\n".join(lines) + "\n}\n")
