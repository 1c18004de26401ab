"""Groups with states of the user's: values, lists, maps, timeouts and timers, batch by batch; a state goes on from a checkpoint."""

import json
import pathlib
import sys

import pytest

RECORDED = pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "events"
sys.path.insert(0, str(RECORDED))

import states  # noqa: E402
from pyrite.testing import query_clock  # noqa: E402

ANSWERS = json.loads((RECORDED / "states.json").read_text())


@pytest.mark.parametrize("name", states.STREAMS)
def test_rows_of_every_batch(spark, name):
    """As real PySpark gave them; where it waited for its clock, ours is moved."""
    with query_clock(spark, 1_800_000_000_000) as clock:
        found = states.rows_of(spark, name, clock.advance)
    assert json.loads(json.dumps(found)) == ANSWERS[name]


def test_a_state_goes_on_from_a_checkpoint(spark, tmp_path):
    frame, found = states.STREAMS["rows, event time"][0](spark), []

    def keep(rows, number):
        if number == 2 and len(found) == 2:
            raise KeyError("stop here")
        found.append([number, sorted(str(row) for row in rows.collect())])

    writer = frame.writeStream.foreachBatch(keep).option("checkpointLocation", str(tmp_path / "checkpoint"))
    with pytest.raises(Exception, match="stop here"):
        writer.trigger(availableNow=True).start().awaitTermination()
    spark.streams.resetTerminated()
    rest = []
    writer = frame.writeStream.foreachBatch(
        lambda rows, n: rest.append([n, sorted(str(row) for row in rows.collect())])
    )
    writer = writer.option("checkpointLocation", str(tmp_path / "checkpoint"))
    writer.trigger(availableNow=True).start().awaitTermination()
    assert found + rest == ANSWERS["rows, event time"]


@pytest.mark.parametrize("kind", ["pandas", "rows"])
def test_an_initial_state_is_for_the_first_batch_of_all_only(spark, tmp_path, kind):
    """Not for the first batch after a start."""
    frame, found = states.STREAMS[f"{kind}, first"][0](spark), []

    def keep(rows, number):
        if number == 1 and len(found) == 1:
            found.append("stopped")
            raise KeyError("stop here")
        found.append([number, sorted(str(row) for row in rows.collect())])

    for run in range(2):
        writer = frame.writeStream.foreachBatch(keep).option("checkpointLocation", str(tmp_path / "checkpoint"))
        query = writer.trigger(availableNow=True).start()
        if run:
            query.awaitTermination()
        else:
            with pytest.raises(Exception, match="stop here"):
                query.awaitTermination()
            spark.streams.resetTerminated()
    assert found == [ANSWERS[f"{kind}, first"][0], "stopped", *ANSWERS[f"{kind}, first"][1:]]


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (lambda s: states.first(s, [(1, 2)], "k LONG, m LONG"), "an initial state whose keys are of other types"),
        (lambda s: states.events.plain(s).groupBy("k"), "an initial state that is a stream"),
    ],
)
def test_initial_states_that_are_declined(spark, first, said):
    frame = states.process(
        states.events.plain(spark), "rows", "None", states.growing, begin=states.begun, first=first(spark)
    )
    with pytest.raises(Exception, match=said):
        frame.writeStream.format("noop").start()


def test_an_event_time_must_be_a_time(spark):
    frame = states.stamp(states.events.timed(spark), "rows", states.later, column="k")
    with pytest.raises(Exception, match="an event time that is no timestamp"):
        frame.writeStream.format("noop").start()
