"""Programs over streams whose answers are recorded from real PySpark: rows of every batch, console text, progress, refusals.

Every source is a folder of files whose times are set, read one file a batch until nothing is left: no program waits for a clock.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import tempfile

TEXTS = ["a b a\nc\n", "", "a c\nd\n", "b\n\nb a\n"]
NUMBERS = [
    '{"k":"x","n":1,"f":0.5}\n{"k":"y","n":2,"f":null}\n{"k":null,"n":3,"f":1.25}\n',
    '{"k":"x","n":10,"f":0.1}\n{"k":"z","n":null,"f":-0.0}\n',
    '{"k":"x","n":-4,"f":2.0}\n{"k":"y","n":7,"f":0.2}\n{"k":null,"n":1,"f":0.3}\n',
]
TABLE = ["1,a,2.5\n2,b,\n", "3,a,1.0\n,c,0.25\n"]


def folder(texts, suffix):
    """A folder of files, each a second younger than the one before."""
    path = pathlib.Path(tempfile.mkdtemp())
    for at, text in enumerate(texts):
        file = path / f"{at}.{suffix}"
        file.write_text(text)
        os.utime(file, (1_700_000_000 + at, 1_700_000_000 + at))
    return str(path)


def lines(spark, **options):
    return spark.readStream.format("text").options(**{"maxFilesPerTrigger": 1, **options}).load(folder(TEXTS, "txt"))


def words(spark):
    return lines(spark).selectExpr("explode(split(value, ' ')) AS word")


def numbers(spark):
    reader = spark.readStream.schema("k STRING, n INT, f DOUBLE").option("maxFilesPerTrigger", 1)
    return reader.json(folder(NUMBERS, "json"))


def table(spark):
    reader = spark.readStream.schema("n INT, k STRING, v DOUBLE").option("maxFilesPerTrigger", 1)
    return reader.csv(folder(TABLE, "csv"))


def parquet(spark):
    path = folder([], "parquet")
    spark.createDataFrame([(1, "a"), (2, "b"), (3, "a")], "n INT, k STRING").coalesce(1).write.mode("append").parquet(
        path
    )
    return spark.readStream.schema("n INT, k STRING").parquet(path)


def batches(frame, mode):
    """The rows of every batch, sorted."""
    found = []

    def keep(rows, number):
        found.append([number, sorted(([_plain(value) for value in row] for row in rows.collect()), key=json.dumps)])

    query = frame.writeStream.outputMode(mode).foreachBatch(keep).trigger(availableNow=True).start()
    query.awaitTermination()
    return found


def _plain(value):
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return sorted((_plain(each) for each in value), key=json.dumps)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def table_view(spark):
    table(spark).createOrReplaceTempView("streamed")
    return "streamed"


def sql(spark, text):
    table_view(spark)
    return spark.sql(text)


def static(spark):
    return spark.createDataFrame([("a", 1), ("b", 2), ("b", 3)], ["word", "x"])


def _functions():
    from pyspark.sql import functions

    return functions


def aggregates(spark):
    f = _functions()
    return numbers(spark).groupBy("k").agg(
        f.count("*"), f.count("n"), f.sum("n"), f.avg("n"), f.min("n"), f.max("f"), f.sum("f"), f.first("n"), f.last("n"),
        f.collect_list("n"), f.collect_set("n"), f.max_by("n", "f"), f.min_by("n", "f"), f.bool_or(f.col("n") > 5),
        f.bool_and(f.col("n") > 0), f.count_if(f.col("n") > 1), f.round(f.stddev("f"), 9), f.round(f.var_pop("n"), 9),
        (f.sum("n") / f.count("*") + 1).alias("mixed"), f.sum(f.col("n").cast("decimal(5,2)")),
        f.avg(f.col("n").cast("decimal(5,2)")), f.bit_xor("n"),
    )  # fmt: skip


def python_function(spark):
    length = _functions().udf(lambda word: len(word) + 1, "int")
    return words(spark).select("word", length("word").alias("more"))


# Name -> (frame, mode).
STREAMS = {
    "lines append": (lines, "append"),
    "words append": (words, "append"),
    "words update of no aggregate": (words, "update"),
    "csv append": (table, "append"),
    "parquet append": (parquet, "append"),
    "select and filter": (
        lambda s: numbers(s).where("n > 1").selectExpr("k", "n * 2 AS twice", "f + 1 AS g"),
        "append",
    ),
    "count update": (lambda s: words(s).groupBy("word").count(), "update"),
    "count complete": (lambda s: words(s).groupBy("word").count(), "complete"),
    "aggregates update": (aggregates, "update"),
    "aggregates complete": (aggregates, "complete"),
    "no keys complete": (lambda s: numbers(s).selectExpr("count(*)", "sum(n)", "avg(f)", "max(k)"), "complete"),
    "no keys update": (lambda s: numbers(s).groupBy().sum("n"), "update"),
    "expression as key": (lambda s: numbers(s).groupBy((_functions().col("n") % 2).alias("odd")).count(), "update"),
    "two keys, one a double": (lambda s: numbers(s).groupBy("k", "f").count(), "complete"),
    "filter over an aggregate": (lambda s: words(s).groupBy("word").count().where("count > 1"), "update"),
    "select over an aggregate": (
        lambda s: words(s).groupBy("word").count().selectExpr("upper(word) AS w", "count * 10 AS c"),
        "complete",
    ),
    "sort and limit": (
        lambda s: words(s).groupBy("word").count().orderBy(_functions().desc("count"), "word").limit(2),
        "complete",
    ),
    "distinct append": (lambda s: words(s).distinct(), "append"),
    "dropDuplicates of a column": (lambda s: table(s).dropDuplicates(["k"]), "append"),
    "limit append": (lambda s: words(s).limit(5), "append"),
    "join with a table": (lambda s: words(s).join(static(s), "word"), "append"),
    "left join with a table": (lambda s: words(s).join(static(s), "word", "left"), "append"),
    "count of a join": (lambda s: words(s).join(static(s), "word").groupBy("x").count(), "complete"),
    "join of counts with a table": (lambda s: words(s).groupBy("word").count().join(static(s), "word"), "update"),
    "union": (lambda s: words(s).where("word = 'a'").union(words(s).where("word = 'b'")), "append"),
    "python function": (python_function, "append"),
    "count over a python function": (lambda s: python_function(s).groupBy("more").count(), "update"),
    "with columns": (lambda s: table(s).withColumn("w", _functions().expr("v * n")).drop("v"), "append"),
    "sql append": (lambda s: sql(s, "SELECT k, n + 1 AS m FROM streamed WHERE n IS NOT NULL"), "append"),
    "sql having": (
        lambda s: sql(
            s, "SELECT k, count(*) AS c, sum(v) FROM streamed GROUP BY k HAVING count(*) > 1 ORDER BY c DESC, k"
        ),
        "complete",
    ),
    "sql distinct": (lambda s: sql(s, "SELECT DISTINCT k FROM streamed"), "update"),
    "sql expression of aggregates": (
        lambda s: sql(s, "SELECT k, max(n) - min(n) AS d, avg(v) * 2 FROM streamed GROUP BY k"),
        "update",
    ),
    "sql with": (
        lambda s: sql(s, "WITH t AS (SELECT upper(k) AS k FROM streamed) SELECT k, count(1) FROM t GROUP BY k"),
        "complete",
    ),
}


def console(frame, mode, **options):
    """What the console sink prints."""
    query = frame.writeStream.outputMode(mode).format("console").options(**options).trigger(availableNow=True)
    return query.start().awaitTermination()


CONSOLE = {
    "append": lambda s: console(words(s), "append"),
    "sorted": lambda s: console(words(s).groupBy("word").count().orderBy("word"), "complete"),
    "few rows": lambda s: console(words(s), "append", numRows=1),
    "wide": lambda s: console(numbers(s).selectExpr("concat(k, ' is a long text without end')", "f"), "append"),
    "not cut": lambda s: console(
        numbers(s).selectExpr("concat(k, ' is a long text without end')", "f"), "append", truncate=False
    ),
}

REFUSED = {
    "append of an aggregate": lambda s: console(words(s).groupBy("word").count(), "append"),
    "complete of no aggregate": lambda s: console(words(s), "complete"),
    "sort in append": lambda s: console(words(s).orderBy("word"), "append"),
    "sort in update": lambda s: console(words(s).groupBy("word").count().orderBy("word"), "update"),
    "limit in update": lambda s: console(words(s).groupBy("word").count().limit(1), "update"),
    "count distinct": lambda s: console(words(s).groupBy().agg(_functions().countDistinct("word")), "complete"),
    "two aggregates": lambda s: console(words(s).groupBy("word").count().groupBy("count").count(), "complete"),
    "offset": lambda s: console(words(s).offset(1), "append"),
    "window function": lambda s: console(words(s).selectExpr("word", "row_number() over (order by word)"), "append"),
    "collect": lambda s: words(s).collect(),
    "show": lambda s: words(s).show(),
    "count": lambda s: words(s).count(),
    "tail": lambda s: words(s).tail(1),
    "start of a table": lambda s: s.range(3).writeStream.format("console").start(),
    "right join": lambda s: console(words(s).join(static(s), "word", "right"), "append"),
    "full join": lambda s: console(words(s).join(static(s), "word", "full"), "append"),
    "left join on the right": lambda s: console(static(s).join(words(s), "word", "left"), "append"),
    "semi join on the right": lambda s: console(static(s).join(words(s), "word", "leftsemi"), "append"),
    "anti join on the right": lambda s: console(static(s).join(words(s), "word", "leftanti"), "append"),
    "union with a table": lambda s: console(words(s).union(static(s).select("word")), "append"),
    "except": lambda s: console(words(s).exceptAll(words(s)), "append"),
    "intersect": lambda s: console(words(s).intersect(words(s)), "append"),
    "sql distinct in append": lambda s: console(sql(s, "SELECT DISTINCT k FROM streamed"), "append"),
    "json without a schema": lambda s: s.readStream.json(folder(NUMBERS, "json")).isStreaming,
    "no path": lambda s: s.readStream.text("/nowhere/at/all").isStreaming,
    "rate with a schema": lambda s: s.readStream.format("rate").schema("a INT").load().isStreaming,
    "socket without a host": lambda s: s.readStream.format("socket").load().isStreaming,
    "socket without a port": lambda s: s.readStream.format("socket").option("host", "h").load().isStreaming,
    "console as a source": lambda s: s.readStream.format("console").load().isStreaming,
    "memory without a name": lambda s: words(s).writeStream.format("memory").start(),
    "no format": lambda s: words(s).writeStream.start(),
    "a mode that is none": lambda s: words(s).writeStream.outputMode("all"),
    "an interval that is none": lambda s: words(s).writeStream.trigger(processingTime="5 foo").format("noop").start(),
    "an interval below 0": lambda s: words(s).writeStream.trigger(processingTime="-5 seconds").format("noop").start(),
}


def refusal(spark, program):
    """Class, condition and the first line of the message."""
    try:
        program(spark)
    except Exception as error:
        message = str(error).split(";\n")[0].split("\n")[0]
        condition = error.getCondition() if hasattr(error, "getCondition") else None
        return [type(error).__name__, condition, message]
    return None


def shape(value):
    """Names and types, for what differs from run to run."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items() if not re.match("SnapshotLast", key)}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def progress(spark):
    """The shape of a batch's progress, and what in it is no matter of time."""
    query = words(spark).groupBy("word").count().writeStream.outputMode("update").format("noop").queryName("told")
    query = query.trigger(availableNow=True).start()
    query.awaitTermination()
    told = [json.loads(each.json) for each in query.recentProgress]
    exact = [
        [
            each["name"], each["batchId"], each["numInputRows"], each["sink"],
            [[s["startOffset"], s["endOffset"], s["latestOffset"], s["numInputRows"]] for s in each["sources"]],
            [[s["operatorName"], s["numRowsTotal"], s["numRowsUpdated"]] for s in each["stateOperators"]],
        ]
        for each in told
    ]  # fmt: skip
    return {"exact": exact, "shape": shape(told[-1]), "status": query.status, "active": query.isActive}


def printed(spark, program):
    """What a program prints."""
    python = io.StringIO()
    with contextlib.redirect_stdout(python):
        program(spark)
    return python.getvalue()


def answers(spark, printed):
    """Everything; `printed` knows what the console gets."""
    return {
        "streams": {name: batches(make(spark), mode) for name, (make, mode) in STREAMS.items()},
        "console": {name: printed(spark, program) for name, program in CONSOLE.items()},
        "refused": {name: refusal(spark, program) for name, program in REFUSED.items()},
        "progress": progress(spark),
    }
