"""Groups with states of the user's: values, lists, maps, timeouts and timers, batch by batch; a state goes on from a checkpoint."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "events"))

import states  # noqa: E402

APPLIED = [
    [("a", 1, "new"), ("b", 2, "new")],
    [("a", 8, "more"), ("c", 4, "new")],
    [("a", 13, "more"), ("b", 8, "more")],
    [("b", 15, "more"), ("c", 12, "more")],
]
KEPT = [
    [("a", 1, "1 1"), ("b", 2, "2 1")],
    [("a", 8, "1,3,4 3"), ("c", 4, "4 1")],
    [("a", 13, "1,3,4,5 4"), ("b", 8, "2,6 2")],
    [("b", 15, "2,6,7 3"), ("c", 12, "4,8 2")],
]
TIMED = [
    [("a", 1, "1 1"), ("b", 2, "2 1")],
    [("a", 8, "1,3,4 3"), ("b", 2, "over at 12000"), ("c", 4, "4 1")],
    [("a", 13, "1,3,4,5 4"), ("b", 6, "6 1"), ("c", 4, "over at 1767225611000")],
    [("c", 8, "8 1")],
    [("a", 13, "over at 1767225628000"), ("b", 6, "over at 1767225628000"), ("c", 8, "over at 1767225628000")],
]
EXPECTED = {
    "apply, no timeout": APPLIED,
    "apply, update": APPLIED,
    "apply, event time": [
        [("a", 1, "new"), ("b", 2, "new")],
        [("a", 8, "more"), ("b", 2, "over"), ("c", 4, "new")],
        [("a", 13, "more"), ("b", 6, "new"), ("c", 4, "over")],
        [("c", 8, "new")],
        [("a", 13, "over"), ("b", 6, "over"), ("c", 8, "over")],
    ],
    "pandas, no timers": KEPT,
    "pandas, event time": TIMED,
    "rows, no timers": KEPT,
    "rows, event time": TIMED,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_rows_of_every_batch(spark, name):
    make, mode = states.STREAMS[name]
    found = []
    query = make(spark).writeStream.outputMode(mode)
    query = query.foreachBatch(lambda rows, _: found.append(sorted(map(tuple, rows.collect()))))
    query.trigger(availableNow=True).start().awaitTermination()
    assert found == EXPECTED[name]


def test_a_state_goes_on_from_a_checkpoint(spark, tmp_path):
    frame, found = states.STREAMS["rows, event time"][0](spark), []

    def keep(rows, number):
        if number == 2 and len(found) == 2:
            raise KeyError("stop here")
        found.append(sorted(map(tuple, rows.collect())))

    writer = frame.writeStream.foreachBatch(keep).option("checkpointLocation", str(tmp_path / "checkpoint"))
    with pytest.raises(Exception, match="stop here"):
        writer.trigger(availableNow=True).start().awaitTermination()
    spark.streams.resetTerminated()
    rest = []
    writer = frame.writeStream.foreachBatch(lambda rows, _: rest.append(sorted(map(tuple, rows.collect()))))
    writer = writer.option("checkpointLocation", str(tmp_path / "checkpoint"))
    writer.trigger(availableNow=True).start().awaitTermination()
    assert found + rest == TIMED
