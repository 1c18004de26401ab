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
