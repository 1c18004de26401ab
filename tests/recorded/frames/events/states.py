"""Programs whose groups have states of the user's: `applyInPandasWithState` and `transformWithState`, rows of every batch."""

import re

import events


def counted(key, frames, state):
    import pandas as pd

    before = state.get[0] if state.exists else 0
    if state.hasTimedOut:
        state.remove()
        yield pd.DataFrame({"k": [key[0]], "n": [before], "what": ["over"]})
        return
    total = before + sum(int(frame["n"].sum()) for frame in frames)
    state.update((total,))
    if state._timeout_conf == "EventTimeTimeout":
        state.setTimeoutTimestamp(state.getCurrentWatermarkMs() + 15_000)
    yield pd.DataFrame({"k": [key[0]], "n": [total], "what": ["new" if before == 0 else "more"]})


def removing(key, frames, state):
    import pandas as pd

    names = [frame["k"].iloc[0] for frame in frames]
    if state.exists:
        state.remove()
    else:
        state.update((len(names), "x", None))
    yield pd.DataFrame({"k": names, "n": [1] * len(names), "what": [str(state.getOption)] * len(names)})


def apply(frame, function, timeout, state="total LONG", mode="append"):
    return frame.groupBy("k").applyInPandasWithState(function, "k STRING, n LONG, what STRING", state, mode, timeout)


def processor(kind):
    from pyspark.sql import Row
    from pyspark.sql.streaming import StatefulProcessor

    class Totals(StatefulProcessor):
        """A value, a list, a map and a timer of each key."""

        def init(self, handle):
            self.handle = handle
            self.total = handle.getValueState("total", "n LONG")
            self.all = handle.getListState("all", "n LONG")
            self.seen = handle.getMapState("seen", "n LONG", "times LONG")

        def handleInputRows(self, key, rows, timerValues):
            if kind == "pandas":
                numbers = [int(each) for frame in rows for each in frame["n"]]
            else:
                numbers = [row.n for row in rows]
            total = (self.total.get()[0] if self.total.exists() else 0) + sum(numbers)
            self.total.update((total,))
            self.all.appendList([(each,) for each in numbers])
            for each in numbers:
                before = self.seen.getValue((each,))
                self.seen.updateValue((each,), ((before[0] if before else 0) + 1,))
            watermark = timerValues.getCurrentWatermarkInMs()
            if watermark >= 0:
                for timer in list(self.handle.listTimers()):
                    self.handle.deleteTimer(timer)
                self.handle.registerTimer(watermark + 12_000)
            listed = ",".join(str(value[0]) for value in self.all.get())
            yield self.made(key[0], total, f"{listed} {len(list(self.seen.keys()))}")

        def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
            total = self.total.get()[0]
            self.total.clear()
            self.all.clear()
            self.seen.clear()
            yield self.made(key[0], total, f"over at {expiredTimerInfo.getExpiryTimeInMs()}")

        def made(self, k, n, what):
            if kind == "pandas":
                import pandas as pd

                return pd.DataFrame({"k": [k], "n": [n], "what": [what]})
            return Row(k=k, n=n, what=what)

    return Totals()


def transform(frame, kind, time):
    groups = frame.groupBy("k")
    method = groups.transformWithStateInPandas if kind == "pandas" else groups.transformWithState
    from pyspark.sql.types import LongType, StringType, StructType

    schema = StructType().add("k", StringType()).add("n", LongType()).add("what", StringType())
    return method(processor(kind), schema, "Append", time)


def waiting(key, frames, state):
    """Goes by the clock."""
    import pandas as pd

    before = state.get[0] if state.exists else 0
    if state.hasTimedOut:
        state.remove()
        what, total = "over", before
    else:
        total = before + sum(int(frame["n"].sum()) for frame in frames)
        state.update((total,))
        state.setTimeoutDuration(30_000 if key[0] != "b" else 3_600_000)
        what = "new" if before == 0 else "more"
    yield pd.DataFrame({"k": [key[0]], "n": [total], "what": [what]})


def many(key, frames, state):
    """Fields of several types, rows of several frames, no rows for some keys, a state that comes and goes."""
    import pandas as pd

    rows = [row for frame in frames for row in frame.itertuples()]
    if state.exists and state.get[0] > 1:
        state.remove()
        yield pd.DataFrame({"k": [str(key)], "n": [None], "what": [None]})
        return
    before = state.getOption
    state.update(
        (
            len(rows) + (before[0] if before else 0),
            None if before is None else str(before),
            str([row.n for row in rows]),
        )
    )
    for row in rows:
        if row.n != 4:
            yield pd.DataFrame(
                {"k": [row.k, str(state.exists)], "n": [row.n, 0], "what": [str(before), str(state.get[1])]}
            )


def late_timer(key, frames, state):
    state.setTimeoutTimestamp(5)
    yield from ()


def no_duration(key, frames, state):
    state.update((1,))
    state.setTimeoutDuration(0)
    yield from ()


def nothing_there(key, frames, state):
    import pandas as pd

    yield pd.DataFrame({"k": [key[0]], "n": [state.get[0]], "what": [""]})


def keeping(kind, body, ttl=None, expired=None, begin=None):
    """A processor of one function: states by name, the key and the numbers that came."""
    from pyspark.sql import Row
    from pyspark.sql.streaming import StatefulProcessor

    class Kept(StatefulProcessor):
        def init(self, handle):
            self.handle = handle
            self.value = handle.getValueState("value", "n LONG, s STRING, l ARRAY<LONG>", ttl)
            self.list = handle.getListState("list", "n LONG", ttl)
            self.map = handle.getMapState("map", "n LONG", "s STRING", ttl)

        def handleInputRows(self, key, rows, timerValues):
            if kind == "pandas":
                numbers = [int(each) for frame in rows for each in frame["n"]]
            else:
                numbers = [row.n for row in rows]
            yield from self.made(key[0], sum(numbers), body(self, key[0], numbers, timerValues))

        def handleInitialState(self, key, initialState, timerValues):
            rows = list(initialState.itertuples(index=False)) if kind == "pandas" else [initialState]
            begin(self, key, rows, timerValues)

        def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
            yield from self.made(key[0], 0, expired(self, key[0], timerValues, expiredTimerInfo))

        def made(self, k, n, what):
            if what is None:
                return
            if kind == "pandas":
                import pandas as pd

                yield pd.DataFrame({"k": [k], "n": [n], "what": [what]})
            else:
                yield Row(k=k, n=n, what=what)

    return Kept()


def shown(self):
    """All that the states have."""
    lists = sorted(value[0] for value in self.list.get())
    pairs = sorted((key[0], value[0]) for key, value in self.map.iterator())
    there = [self.value.exists(), self.list.exists(), self.map.exists()]
    value = tuple(self.value.get()) if self.value.exists() else None
    return f"{there} {value} {lists} {pairs} {sorted(key[0] for key in self.map.keys())} {sorted(v[0] for v in self.map.values())}"


def growing(self, key, numbers, times):
    before = shown(self)
    old = self.value.get()
    self.value.update((sum(numbers), None if old is None else str(old[0]), numbers))
    self.list.appendList([(number,) for number in numbers])
    self.list.appendValue((-1,))
    for number in numbers:
        self.map.updateValue((number,), (f"{key}{number}",))
    return before


def moving(self, key, numbers, times):
    """Puts, removes, clears."""
    before = shown(self)
    last = numbers[-1] if numbers else 0
    if last % 2:
        self.list.put([(last,), (last + 1,)])
        self.map.updateValue((last,), (None,))
        self.map.removeKey((1,))
        self.value.update((last, "x", None))
    else:
        self.list.clear()
        self.map.clear()
        self.value.clear()
    contains = [self.map.containsKey((number,)) for number in (1, 2, 3)]
    return f"{before} {contains} {self.map.getValue((3,))} {self.map.getValue((100,))}"


def timing(self, key, numbers, times):
    """Timers, several at once."""
    now = times.getCurrentWatermarkInMs()
    self.list.appendList([(number,) for number in numbers])
    for number in numbers:
        self.handle.registerTimer(max(now, 0) + number * 4000)
    if len(list(self.handle.listTimers())) > 2:
        self.handle.deleteTimer(min(self.handle.listTimers()))
    return f"{now} {sorted(self.handle.listTimers())}"


def over(self, key, times, info):
    at = info.getExpiryTimeInMs()
    left = sorted(self.handle.listTimers())
    if self.list.exists() and len(list(self.list.get())) < 3:
        self.list.appendValue((99,))
        self.handle.registerTimer(times.getCurrentWatermarkInMs() + 5000)
    else:
        self.list.clear()
    return f"{at} {times.getCurrentWatermarkInMs()} {left} {sorted(self.handle.listTimers())}"


def by_clock(self, key, numbers, times):
    now = times.getCurrentProcessingTimeInMs()
    self.list.appendList([(number,) for number in numbers])
    self.handle.registerTimer(now + (30_000 if key != "b" else 3_600_000))
    return f"{now > 0} {times.getCurrentWatermarkInMs()} {len(list(self.handle.listTimers()))} {shown(self)}"


def over_by_clock(self, key, times, info):
    past = info.getExpiryTimeInMs() <= times.getCurrentProcessingTimeInMs()
    found = shown(self)
    self.list.clear()
    return f"{past} {found} {len(list(self.handle.listTimers()))}"


def dropping(self, key, numbers, times):
    before = shown(self)
    self.value.update((1, key, [1]))
    self.list.put([(1,)])
    if len(numbers) == 1 and numbers[0] > 4:
        self.handle.deleteIfExists("list")
    return before


def process(frame, kind, time, body, mode="Append", first=None, **more):
    groups = frame.groupBy("k")
    method = groups.transformWithStateInPandas if kind == "pandas" else groups.transformWithState
    return method(keeping(kind, body, **more), "k STRING, n LONG, what STRING", mode, time, first)


def begun(self, key, rows, times):
    """What each key begins with."""
    for row in rows:
        self.list.appendValue((row[-1],))
    number = (self.value.get()[0] if self.value.exists() else 0) + len(rows)
    self.value.update((number, f"{key} {[tuple(row) for row in rows]} {times.getCurrentWatermarkInMs()}", None))
    if times.getCurrentWatermarkInMs() >= 0:
        self.handle.registerTimer(1_767_225_600_000 + rows[0][-1] * 1000)


def first(spark, rows=(("a", 10), ("z", 7), ("a", 20), ("c", -1)), schema="k STRING, m LONG"):
    return spark.createDataFrame(list(rows), schema).groupBy("k")


def numbered(spark, kind):
    """Keys of which one is a NaN."""
    keyed = "CASE k WHEN 'a' THEN 2.5D WHEN 'b' THEN 1.5D ELSE CAST('NaN' AS DOUBLE) END"
    frame = events.plain(spark).selectExpr(f"{keyed} AS k", "n")
    begin = spark.createDataFrame([(float("nan"), 10), (3.5, 7), (2.5, 1)], "k DOUBLE, m LONG").groupBy("k")
    groups = frame.groupBy("k")
    method = groups.transformWithStateInPandas if kind == "pandas" else groups.transformWithState
    return method(keeping(kind, growing, begin=begun), "k DOUBLE, n LONG, what STRING", "Append", "None", begin)


def stamped(kind, body):
    """A processor whose rows have a time."""
    from pyspark.sql import Row
    from pyspark.sql.streaming import StatefulProcessor

    class Stamped(StatefulProcessor):
        def init(self, handle):
            self.count = handle.getValueState("count", "n LONG")

        def handleInputRows(self, key, rows, timerValues):
            if kind == "pandas":
                times = [time.to_pydatetime() for frame in rows for time in frame["t"]]
            else:
                times = [row.t for row in rows]
            for time in times:
                made = body(time)
                if kind == "pandas":
                    import pandas as pd

                    yield pd.DataFrame({"k": [key[0]], "at": [made]})
                else:
                    yield Row(k=key[0], at=made)

    return Stamped()


def later(time):
    import datetime

    return time and time + datetime.timedelta(seconds=3)


def long_ago(time):
    import datetime

    return datetime.datetime(1999, 1, 1)


def on_the_minute(time):
    return time and time.replace(second=0, microsecond=0)


def stamp(frame, kind, body, column="at", mode="Append", time="EventTime", schema="k STRING, at TIMESTAMP"):
    groups = frame.groupBy("k")
    method = groups.transformWithStateInPandas if kind == "pandas" else groups.transformWithState
    return method(stamped(kind, body), schema, mode, time, None, column)


def windows(frame):
    from pyspark.sql import functions as f

    return frame.groupBy(f.window("at", "10 seconds")).agg(f.count("*").alias("n"), f.max("k").alias("k"))


# Name -> (frame, mode).
STREAMS = {
    "apply, no timeout": (lambda s: apply(events.plain(s), counted, "NoTimeout"), "append"),
    "apply, no timeout of late rows": (lambda s: apply(events.timed(s), counted, "NoTimeout"), "append"),
    "apply, clock of late rows": (lambda s: apply(events.timed(s), waiting, "ProcessingTimeTimeout"), "append"),
    "apply, update": (lambda s: apply(events.plain(s), counted, "NoTimeout", mode="update"), "update"),
    "apply, event time": (lambda s: apply(events.timed(s), counted, "EventTimeTimeout"), "append"),
    "apply, removing": (
        lambda s: apply(events.plain(s), removing, "NoTimeout", "a INT, b STRING, c DOUBLE"),
        "append",
    ),
    "pandas, no timers": (lambda s: transform(events.plain(s), "pandas", "None"), "append"),
    "pandas, event time": (lambda s: transform(events.timed(s), "pandas", "EventTime"), "append"),
    "rows, no timers": (lambda s: transform(events.plain(s), "row", "None"), "append"),
    "rows, event time": (lambda s: transform(events.timed(s), "row", "EventTime"), "append"),
    "apply, clock": (lambda s: apply(events.plain(s), waiting, "ProcessingTimeTimeout"), "append"),
    "apply, many": (lambda s: apply(events.plain(s), many, "NoTimeout", "a LONG, b STRING, c STRING", "update"), "update"),
    "apply, a timer in the past": (lambda s: apply(events.timed(s), late_timer, "EventTimeTimeout"), "append"),
    "apply, no duration": (lambda s: apply(events.plain(s), no_duration, "ProcessingTimeTimeout"), "append"),
    "apply, a timer of no timeout": (lambda s: apply(events.plain(s), waiting, "NoTimeout"), "append"),
    "apply, nothing there": (lambda s: apply(events.plain(s), nothing_there, "NoTimeout"), "append"),
    **{f"{kind}, {name}": (lambda s, kind=kind, make=make: make(s, kind), mode) for kind in ("pandas", "rows") for name, (make, mode) in {
        "growing": (lambda s, kind: process(events.plain(s), kind, "None", growing), "append"),
        "growing of late rows": (lambda s, kind: process(events.timed(s), kind, "None", growing), "append"),
        "moving of late rows, clock": (lambda s, kind: process(events.timed(s), kind, "ProcessingTime", moving), "append"),
        "update": (lambda s, kind: process(events.plain(s), kind, "None", growing, "Update"), "update"),
        "moving": (lambda s, kind: process(events.plain(s), kind, "None", moving), "append"),
        "late": (lambda s, kind: process(events.timed(s), kind, "EventTime", growing, expired=over), "append"),
        "timing": (lambda s, kind: process(events.timed(s), kind, "EventTime", timing, expired=over), "append"),
        "clock": (lambda s, kind: process(events.plain(s), kind, "ProcessingTime", by_clock, expired=over_by_clock), "append"),
        "ttl": (lambda s, kind: process(events.plain(s), kind, "ProcessingTime", growing, ttl=40_000), "append"),
        "ttl, moving": (lambda s, kind: process(events.plain(s), kind, "ProcessingTime", moving, ttl=40_000), "append"),
        "ttl without a clock": (lambda s, kind: process(events.plain(s), kind, "None", growing, ttl=40_000), "append"),
        "first": (lambda s, kind: process(events.plain(s), kind, "None", growing, begin=begun, first=first(s)), "append"),
        "first, timing": (lambda s, kind: process(events.timed(s), kind, "EventTime", timing, expired=over, begin=begun, first=first(s)), "append"),
        "first, late": (lambda s, kind: process(events.timed(s), kind, "EventTime", growing, expired=over, begin=begun, first=first(s)), "append"),
        "first of a NaN": (lambda s, kind: numbered(s, kind), "append"),
        "stamped, left out": (lambda s, kind: windows(stamp(events.timed(s).selectExpr("k", "t + interval 0 seconds AS t"), kind, later, time="None")), "append"),
        "growing, left out": (lambda s, kind: process(events.timed(s).select("k", "n"), kind, "None", growing), "append"),
        "timing, left out": (lambda s, kind: process(events.timed(s).select("k", "n"), kind, "EventTime", timing, expired=over), "append"),
        "stamped": (lambda s, kind: stamp(events.timed(s), kind, later), "append"),
        "stamped, windows": (lambda s, kind: windows(stamp(events.timed(s), kind, later)), "append"),
        "stamped, on the minute": (lambda s, kind: windows(stamp(events.timed(s), kind, on_the_minute)), "append"),
        "stamped, update": (lambda s, kind: windows(stamp(events.timed(s), kind, later)), "update"),
        "stamped, long ago": (lambda s, kind: stamp(events.timed(s), kind, long_ago), "append"),
        "stamped, no watermark": (lambda s, kind: stamp(events.plain(s), kind, later, time="None"), "append"),
        "stamped, without timers": (lambda s, kind: windows(stamp(events.timed(s), kind, later, time="None")), "append"),
        "stamped, no such column": (lambda s, kind: stamp(events.timed(s), kind, later, column="when"), "append"),
        "stamped, not told": (lambda s, kind: windows(stamp(events.timed(s), kind, later, column="")), "append"),
        "dropping": (lambda s, kind: process(events.plain(s), kind, "None", dropping), "append"),
    }.items()},
}  # fmt: skip
# How long the batch after a batch comes: milliseconds, by the number of the one before.
PAUSES = {"clock": {1: 60_000}, "ttl": {0: 25_000, 1: 25_000}, "ttl, moving": {0: 25_000, 1: 25_000}}


def rows_of(spark, name, pause):
    """The rows of every batch; `pause` lets time go by. An error's class and first line where one comes."""
    make, mode = STREAMS[name]
    found = []

    def keep(rows, number):
        found.append([number, sorted(str(row) for row in rows.collect())])
        pause(PAUSES.get(name.split(", ", 1)[1], {}).get(number, 1_000))

    spark.conf.set(
        "spark.sql.streaming.noDataMicroBatches.enabled", "false" if "clock" in name or "ttl" in name else "true"
    )
    try:
        query = make(spark).writeStream.outputMode(mode).foreachBatch(keep).trigger(availableNow=True).start()
        query.awaitTermination()
    except Exception as error:
        wrapped = ("STREAM_FAILED", "FOREACH_BATCH_USER_FUNCTION_ERROR")
        conditions = re.findall(r"\[([A-Z][A-Z_.]+)\]", str(error))
        found.append([type(error).__name__, sorted({each for each in conditions if each not in wrapped})])
    finally:
        spark.conf.unset("spark.sql.streaming.noDataMicroBatches.enabled")
    return found
