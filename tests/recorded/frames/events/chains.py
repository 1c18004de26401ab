"""Chains of operators of random choice, and what Spark refuses of them in an output mode: recorded in chains.json."""

import tempfile

from events import programs


def functions():
    from pyspark.sql import functions

    return functions


def nothing(key, frames, state):
    yield from ()


def processor():
    from pyspark.sql.streaming import StatefulProcessor

    class Passes(StatefulProcessor):
        def init(self, handle):
            handle.getValueState("v", "a INT")

        def handleInputRows(self, key, rows, timerValues):
            yield from rows

    return Passes()


SCHEMA = "k STRING, t TIMESTAMP, n INT"


class Chain:
    """Frames of the columns k, t and n; `w` or `p` says of the source and of the other one whether they have a watermark."""

    def __init__(self, spark, marks):
        self.spark = spark
        self.empty = tempfile.mkdtemp()
        self.marks = marks

    def source(self, at=0):
        frame = self.spark.readStream.schema(SCHEMA).json(self.empty)
        return frame.withWatermark("t", "5 seconds") if self.marks[at] == "w" else frame

    def static(self):
        return self.spark.createDataFrame([("a", None, 1)], SCHEMA)

    def other(self, frame):
        return frame.selectExpr("k AS k2", "t AS t2", "n AS n2")

    def joined(self, left, right, on, how):
        return left.join(right, functions().expr(on), how).select("k", "t", "n")


def counts(frame, *keys):
    f = functions()
    return frame.groupBy(*keys).agg(f.count("*").alias("n"))


def windows(frame, column, name, *keys):
    f = functions()
    made = [] if keys else [f.max("k").alias("k")]
    grouped = frame.groupBy(*keys, column).agg(*made, f.count("*").alias("n"))
    return grouped.select("k", f.window_time(name).alias("t"), "n")


def window(frame, *keys):
    return windows(frame, functions().window("t", "10 seconds"), "window", *keys)


def session(frame, *keys):
    return windows(frame, functions().session_window("t", "5 seconds"), "session_window", *keys)


def total(frame, *keys):
    f = functions()
    return frame.groupBy(*keys).agg(
        *[f.max(name).alias(name) for name in ("k", "t") if name not in keys], f.count("*").alias("n")
    )


def apply(frame, mode, timeout="NoTimeout"):
    return frame.groupBy("k").applyInPandasWithState(nothing, SCHEMA, "a INT", mode, timeout)


def transform(frame, mode, time):
    return frame.groupBy("k").transformWithStateInPandas(processor(), SCHEMA, mode, time)


# Name -> (chain, frame) -> frame.
OPERATORS = {
    "where": lambda c, x: x.where("n > 0"),
    "select": lambda c, x: x.selectExpr("k", "t", "n + 1 AS n"),
    "watermark": lambda c, x: x.withWatermark("t", "3 seconds"),
    "count_k": lambda c, x: total(x, "k"),
    "count_w": lambda c, x: window(x),
    "count_wk": lambda c, x: window(x, "k"),
    "count_t": lambda c, x: counts(x, "k", "t"),
    "session_k": lambda c, x: session(x, "k"),
    "session": lambda c, x: session(x),
    "total": lambda c, x: total(x),
    "dedup_k": lambda c, x: x.dropDuplicates(["k"]),
    "dedup_kt": lambda c, x: x.dropDuplicates(["k", "t"]),
    "within": lambda c, x: x.dropDuplicatesWithinWatermark(["k"]),
    "distinct": lambda c, x: x.distinct(),
    "limit": lambda c, x: x.limit(3),
    "order": lambda c, x: x.orderBy("n"),
    "union_stream": lambda c, x: x.union(c.source(1).select("k", "t", "n")),
    "union_static": lambda c, x: x.union(c.static()),
    "explode": lambda c, x: x.select("k", "t", functions().explode(functions().array("n")).alias("n")),
    "map": lambda c, x: x.mapInPandas(lambda it: it, SCHEMA),
    "apply_append": lambda c, x: apply(x, "append"),
    "apply_update": lambda c, x: apply(x, "update"),
    "apply_event": lambda c, x: apply(x, "append", "EventTimeTimeout"),
    "tws_none": lambda c, x: transform(x, "append", "None"),
    "tws_event": lambda c, x: transform(x, "update", "EventTime"),
    "cast": lambda c, x: x.select("k", functions().col("t").cast("timestamp").alias("t"), "n"),
    "dropna": lambda c, x: x.na.drop(),
    "offset": lambda c, x: x.offset(1),
}
ON = "k = k2"
for how in ("inner", "left", "right", "full", "leftsemi", "leftanti"):
    OPERATORS |= {
        f"static_{how}": lambda c, x, how=how: c.joined(x, c.static().selectExpr("k AS k2"), ON, how),
        f"rstatic_{how}": lambda c, x, how=how: c.joined(c.static(), c.other(x), ON, how),
        f"stream_{how}": lambda c, x, how=how: c.joined(x, c.other(c.source(1)), ON, how),
        f"range_{how}": lambda c, x, how=how: c.joined(
            x, c.other(c.source(1)), f"{ON} AND t2 >= t AND t2 <= t + interval 5 seconds", how
        ),
        f"time_{how}": lambda c, x, how=how: c.joined(x, c.other(c.source(1)), f"{ON} AND t = t2", how),
    }


def refusal(spark, name):
    """What is refused where the chain is started: its marks, operators and output mode are its name."""
    marks, rest = name.split(" ", 1)
    operators, mode = rest.rsplit(" ", 1)

    def start(spark):
        chain = Chain(spark, marks)
        frame = chain.source()
        for operator in operators.split(" > "):
            frame = OPERATORS[operator](chain, frame)
        frame.writeStream.outputMode(mode).format("noop").start().stop()

    return programs.refusal(spark, start)


# What only a batch finds out in Spark is said before the start here: `watermark` of a watermark, sessions of all rows, timers without
# a watermark, a union without one beside one.
IN_A_BATCH = (
    "Redefining watermark",
    "Global aggregation with session window",
    "Watermark must be specified in the query",
)
