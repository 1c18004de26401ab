"""Programs with event time whose answers are recorded from real PySpark: rows and progress of every batch, batch windows, refusals."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "streams"))

import programs  # noqa: E402

EVENTS = [
    '{"k":"a","t":"2026-01-01T00:00:01","n":1}\n{"k":"b","t":"2026-01-01T00:00:04","n":2}\n',
    '{"k":"a","t":"2026-01-01T00:00:09","n":3}\n{"k":"a","t":"2026-01-01T00:00:21","n":4}\n{"k":"c","t":null,"n":4}\n',
    '{"k":"a","t":"2026-01-01T00:00:02","n":5}\n{"k":"b","t":"2026-01-01T00:00:12","n":6}\n',
    '{"k":"b","t":"2026-01-01T00:00:03","n":7}\n{"k":"c","t":"2026-01-01T00:00:40","n":8}\n',
]
LEFT = [
    '{"i":1,"a":"2026-01-01T00:00:01"}\n{"i":2,"a":"2026-01-01T00:00:02"}\n{"i":9,"a":"2026-01-01T00:00:03"}\n',
    '{"i":3,"a":"2026-01-01T00:00:20"}\n{"i":1,"a":"2026-01-01T00:00:21"}\n{"i":null,"a":"2026-01-01T00:00:22"}\n',
    '{"i":2,"a":"2026-01-01T00:00:04"}\n{"i":5,"a":"2026-01-01T00:01:00"}\n',
    '{"i":5,"a":"2026-01-01T00:01:30"}\n{"i":3,"a":"2026-01-01T00:00:10"}\n',
]
RIGHT = [
    '{"j":1,"b":"2026-01-01T00:00:03"}\n{"j":3,"b":"2026-01-01T00:00:05"}\n',
    '{"j":2,"b":"2026-01-01T00:00:07"}\n{"j":3,"b":"2026-01-01T00:00:24"}\n{"j":4,"b":"2026-01-01T00:00:25"}\n',
    '{"j":1,"b":"2026-01-01T00:00:26"}\n{"j":5,"b":"2026-01-01T00:01:03"}\n{"j":7,"b":"2026-01-01T00:00:29"}\n',
    '{"j":5,"b":"2026-01-01T00:01:31"}\n{"j":9,"b":null}\n',
]
RANGE = "i = j AND b >= a AND b <= a + interval 10 seconds"


def functions():
    from pyspark.sql import functions

    return functions


def stream(spark, texts, schema):
    return spark.readStream.schema(schema).option("maxFilesPerTrigger", 1).json(programs.folder(texts, "json"))


def plain(spark):
    return stream(spark, EVENTS, "k STRING, t TIMESTAMP, n INT")


def timed(spark, delay="5 seconds"):
    return plain(spark).withWatermark("t", delay)


def left(spark):
    return stream(spark, LEFT, "i INT, a TIMESTAMP").withWatermark("a", "5 seconds")


def right(spark):
    return stream(spark, RIGHT, "j INT, b TIMESTAMP").withWatermark("b", "3 seconds")


def window(*lengths):
    return functions().window("t", *(lengths or ("10 seconds",)))


def session():
    return functions().session_window("t", "5 seconds")


def windowed(spark):
    f = functions()
    return (
        left(spark).select("i", f.window("a", "10 seconds").alias("w")),
        right(spark).select("j", f.window("b", "10 seconds").alias("v")),
    )


def by_window(spark, how):
    x, y = windowed(spark)
    return x.join(y, (x.i == y.j) & (x.w == y.v), how)


def by_range(spark, how, more=""):
    return left(spark).join(right(spark), functions().expr(RANGE + more), how)


def using(spark, how):
    x, y = windowed(spark)
    return x.join(y.withColumnsRenamed({"j": "i", "v": "w"}), ["i", "w"], how)


def sums(frame, *keys):
    f = functions()
    return frame.groupBy(*keys).agg(f.count("*"), f.sum("n"), f.avg("n"), f.max("n"), f.sort_array(f.collect_list("n")))


HOWS = ("inner", "left", "right", "full", "leftsemi")
# Name -> (frame, modes).
STREAMS = {
    "tumbling": (lambda s: timed(s).groupBy(window()).count(), ("append", "update", "complete")),
    "sliding": (
        lambda s: (
            timed(s)
            .groupBy(window("10 seconds", "5 seconds"), "k")
            .agg(functions().sum("n"), functions().collect_list("n"))
        ),
        ("append", "update", "complete"),
    ),
    "session": (
        lambda s: timed(s).groupBy("k", session()).agg(functions().count("*"), functions().sum("n")),
        ("append", "complete"),
    ),
    "time as a key": (lambda s: timed(s).groupBy("t").count(), ("append", "update", "complete")),
    "no time among keys": (lambda s: timed(s).groupBy("k").count(), ("update", "complete")),
    "window without a watermark": (lambda s: plain(s).groupBy(window()).count(), ("update", "complete")),
    "no state": (lambda s: timed(s), ("append", "update")),
    "windows of rows": (lambda s: timed(s).select(window(), "n"), ("append", "update")),
    "distinct with time": (lambda s: timed(s).dropDuplicates(["k", "t"]), ("append", "update")),
    "distinct without time": (lambda s: timed(s).dropDuplicates(["k"]), ("append", "update")),
    "distinct within": (lambda s: timed(s).dropDuplicatesWithinWatermark(["k"]), ("append", "update")),
    "distinct, then windows": (
        lambda s: timed(s).dropDuplicates(["k", "t"]).groupBy(window()).count(),
        ("append", "update"),
    ),
    "windows of windows": (
        lambda s: (
            timed(s)
            .groupBy(window(), "k")
            .count()
            .groupBy(functions().window("window", "20 seconds"))
            .agg(functions().sum("count"))
        ),
        ("append",),
    ),
    "windows of windows' times": (
        lambda s: (
            timed(s)
            .groupBy(window(), "k")
            .count()
            .groupBy(functions().window(functions().window_time("window"), "20 seconds"))
            .agg(functions().sum("count"))
        ),
        ("append",),
    ),
    "union of watermarks": (lambda s: timed(s).union(timed(s, "12 seconds")).groupBy(window()).count(), ("append",)),
    "over windows": (
        lambda s: timed(s).groupBy(window()).count().where("count > 1").selectExpr("window.start", "count"),
        ("append", "update"),
    ),
    "strictly": (
        lambda s: left(s).join(right(s), functions().expr("i = j AND b > a AND b < a + interval 10 seconds"), "left"),
        ("append",),
    ),
    "join, then windows": (lambda s: by_window(s, "inner").groupBy("w").count(), ("append",)),
    "inner by keys alone": (lambda s: left(s).join(right(s), functions().expr("i = j")), ("append",)),
    **{f"{how} by range": (lambda s, how=how: by_range(s, how), ("append",)) for how in HOWS},
    **{f"{how} by window": (lambda s, how=how: by_window(s, how), ("append",)) for how in HOWS},
    **{f"{how} using": (lambda s, how=how: using(s, how), ("append",)) for how in ("inner", "full", "leftsemi")},
}


def answers_of(frame, mode):
    """Rows of every batch, and what progress says of times and state."""
    found = []

    def keep(rows, number):
        found.append([number, sorted(str(row) for row in rows.collect())])

    query = frame.writeStream.outputMode(mode).foreachBatch(keep).trigger(availableNow=True).start()
    query.awaitTermination()
    told = [
        [
            each.batchId,
            dict(sorted(each.eventTime.items())),
            [
                [o.operatorName, o.numRowsTotal, o.numRowsUpdated, o.numRowsRemoved, o.numRowsDroppedByWatermark]
                for o in each.stateOperators
            ],
        ]
        for each in query.recentProgress
    ]
    return [found, told]


def console(frame, mode="append"):
    return programs.console(frame, mode)


REFUSED = {
    "append without a watermark": lambda s: console(plain(s).groupBy(window()).count()),
    "append of no time": lambda s: console(timed(s).groupBy("k").count()),
    "sessions in update": lambda s: console(timed(s).groupBy("k", session()).count(), "update"),
    "within no watermark": lambda s: console(plain(s).dropDuplicatesWithinWatermark(["k"])),
    "within a table": lambda s: s.range(3).dropDuplicatesWithinWatermark(["id"]).collect(),
    "windows of windows in update": lambda s: console(
        timed(s).groupBy(window(), "k").count().groupBy("window").count(), "update"
    ),
    "a delay below 0": lambda s: timed(s, "-5 seconds").isStreaming,
    "a delay that is none": lambda s: timed(s, "foo").isStreaming,
    "a watermark of a text": lambda s: plain(s).withWatermark("k", "5 seconds").schema,
    "a length that is none": lambda s: plain(s).select(window("foo")).schema,
    "a length of 0": lambda s: plain(s).select(window("0 seconds")).schema,
    "a slide that is longer": lambda s: plain(s).select(window("5 seconds", "10 seconds")).schema,
    "a length of a month": lambda s: plain(s).select(window("1 month")).schema,
    "a window of a number": lambda s: plain(s).select(functions().window("n", "1 second")).schema,
    "two windows": lambda s: plain(s).select(window("1 second"), window("2 seconds").alias("x")).schema,
    "a start that is too late": lambda s: plain(s).select(window("5 seconds", "5 seconds", "5 seconds")).schema,
    **{f"{how} without a watermark": (
        lambda s, how=how: console(
            stream(s, LEFT, "i INT, a TIMESTAMP").join(stream(s, RIGHT, "j INT, b TIMESTAMP"), functions().expr("i = j"), how)
        )
    ) for how in HOWS[1:]},
    "anti join of streams": lambda s: console(by_range(s, "leftanti")),
    "left join in update": lambda s: console(by_range(s, "left"), "update"),
    "join in complete": lambda s: console(by_range(s, "inner"), "complete"),
}  # fmt: skip


def table(spark):
    rows = [
        ("a", "2026-01-01 00:00:01", 1), ("b", "2026-01-01 00:00:04", 2), ("a", "2026-01-01 00:00:09", 3),
        ("a", "2026-01-01 00:00:06", 4), ("a", "2026-01-01 00:00:19", 5), ("z", None, 5), ("a", "1969-12-31 23:59:58", 6),
    ]  # fmt: skip
    frame = spark.createDataFrame(rows, "k STRING, t STRING, n INT")
    return frame.selectExpr("k", "CAST(t AS TIMESTAMP) AS t", "n")


def sql(spark, text):
    table(spark).createOrReplaceTempView("timed_rows")
    return spark.sql(text)


TABLES = {
    "tumbling": lambda s: table(s).select(window(), "n"),
    "sliding": lambda s: table(s).select(window("10 seconds", "3 seconds"), "n"),
    "with a start": lambda s: table(s).select(window("10 seconds", "5 seconds", "2 seconds"), "n"),
    "counts": lambda s: table(s).groupBy(window()).count(),
    "with_columns": lambda s: table(s).withColumn("w", window()),
    "sessions": lambda s: sums(table(s), "k", session()),
    "sessions of all": lambda s: table(s).groupBy(session()).count(),
    "sessions of a moving gap": lambda s: table(s).groupBy(
        "k", functions().session_window("t", functions().when(functions().col("k") == "a", "10 seconds").otherwise("1 second"))
    ).count(),
    "rows' sessions": lambda s: table(s).select(session(), "n"),
    "times of windows": lambda s: table(s).groupBy(window().alias("w")).count().select("w.start", functions().window_time("w")),
    "a watermark": lambda s: table(s).withWatermark("t", "1 second").groupBy("k").count(),
    "sql": lambda s: sql(s, "SELECT window(t, '10 seconds') AS w, count(*) FROM timed_rows GROUP BY window(t, '10 seconds')"),
    "sql of an end": lambda s: sql(s, "SELECT window.end, sum(n) FROM timed_rows GROUP BY window(t, '10 seconds')"),
    "sql of an interval": lambda s: sql(
        s, "SELECT w.start, n FROM (SELECT window(t, INTERVAL 10 seconds) AS w, n FROM timed_rows)"
    ),
    "sql of sessions": lambda s: sql(
        s, "SELECT k, session_window.start, count(*) FROM timed_rows GROUP BY k, session_window(t, '5 seconds')"
    ),
}  # fmt: skip


def shown(spark, frame):
    """Rows, sorted, and the schema."""
    made = frame(spark)
    schema = made.schema.json().replace('"__autoGeneratedAlias":"true"', "")  # what only the classic API adds
    return [sorted(str(row) for row in made.collect()), schema]


def answers(spark):
    """Everything."""
    return {
        "streams": {
            f"{name} {mode}": answers_of(make(spark), mode) for name, (make, modes) in STREAMS.items() for mode in modes
        },
        "refused": {name: programs.refusal(spark, program) for name, program in REFUSED.items()},
        "tables": {name: shown(spark, frame) for name, frame in TABLES.items()},
    }
