"""Programs whose groups have states of the user's: `applyInPandasWithState` and `transformWithState`, rows of every batch."""

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


# Name -> (frame, mode).
STREAMS = {
    "apply, no timeout": (lambda s: apply(events.plain(s), counted, "NoTimeout"), "append"),
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
}
