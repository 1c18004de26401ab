"""A clock that tests move drives triggers, timeouts and TTL of states, and rates, without a sleep."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "events"))

import states  # noqa: E402
from pyrite.testing import query_clock  # noqa: E402


@pytest.fixture
def clock(spark):
    with query_clock(spark) as clock:
        yield clock


def kept(frame, found, **trigger):
    writer = frame.writeStream.foreachBatch(
        lambda rows, number: found.append((number, sorted(map(tuple, rows.collect()))))
    )
    return writer.trigger(**trigger).start() if trigger else writer.start()


def test_a_trigger_runs_at_whole_intervals(spark, clock):
    found = []
    query = kept(spark.readStream.format("rate").load().select("value"), found, processingTime="1 minute")
    clock.advance(59_000)
    assert [len(rows) for _, rows in found] == [0]
    clock.advance(1_000)
    clock.advance(180_000)
    query.stop()
    assert [len(rows) for _, rows in found] == [0, 60, 180]
    assert [each.timestamp for each in query.recentProgress] == [
        "1970-01-01T00:00:00.000Z", "1970-01-01T00:01:00.000Z", "1970-01-01T00:04:00.000Z",
    ]  # fmt: skip


def test_a_query_without_an_interval_looks_when_the_clock_moves(spark, clock):
    found = []
    query = kept(spark.readStream.format("rate").option("rowsPerSecond", 2).load().select("value"), found)
    for _ in range(3):
        clock.advance(1_000)
    query.stop()
    assert [rows for _, rows in found if rows] == [[(0,), (1,)], [(2,), (3,)], [(4,), (5,)]]


def test_a_state_times_out_without_rows(spark, clock, tmp_path):
    found = []
    stream = spark.readStream.schema("k STRING, n INT").json(str(tmp_path))
    query = kept(states.apply(stream, states.waiting, "ProcessingTimeTimeout"), found)
    (tmp_path / "0.json").write_text('{"k":"a","n":1}\n{"k":"b","n":2}\n')
    clock.advance(0)
    clock.advance(30_000)
    assert found == [(0, [("a", 1, "new"), ("b", 2, "new")])]
    clock.advance(1)
    assert found[1:] == [(1, [("a", 1, "over")])]
    clock.advance(3_600_000)
    assert found[2:] == [(2, [("b", 2, "over")])]
    query.stop()


@pytest.mark.parametrize("kind", ["pandas", "rows"])
def test_what_is_over_goes_though_its_key_never_comes_again(spark, clock, tmp_path, kind):
    found = []
    stream = spark.readStream.schema("k STRING, n INT").json(str(tmp_path))
    query = kept(states.process(stream, kind, "ProcessingTime", states.growing, ttl=40_000), found)
    (tmp_path / "0.json").write_text('{"k":"a","n":1}\n{"k":"b","n":2}\n')
    clock.advance(0)
    clock.advance(20_000)
    (tmp_path / "1.json").write_text('{"k":"b","n":3}\n')
    clock.advance(0)
    assert "(2, None, [2])" in found[1][1][0][2]
    totals = [query.lastProgress.stateOperators[0].numRowsTotal]
    for at, wait in enumerate((20_000, 20_000)):
        clock.advance(wait)
        (tmp_path / f"{at + 2}.json").write_text('{"k":"c","n":4}\n')
        clock.advance(0)
        totals.append(query.lastProgress.stateOperators[0].numRowsTotal)
    query.stop()
    # a and b; b and c; c alone.
    assert totals == [2, 2, 1]


def test_what_a_query_failed_with_is_raised_where_the_clock_is_moved(spark, clock):
    def fail(rows, number):
        if number:
            raise KeyError("stop here")

    query = (
        spark.readStream.format("rate").load().writeStream.foreachBatch(fail).trigger(processingTime="1 minute").start()
    )
    clock.advance(0)
    with pytest.raises(Exception, match="stop here"):
        clock.advance(60_000)
    assert not query.isActive
    spark.streams.resetTerminated()


def test_only_queries_of_the_clock_are_waited_for(spark, clock):
    assert clock.now() == 0
    with query_clock(spark, 5_000) as other:
        found = []
        query = kept(spark.readStream.format("rate").load().select("value"), found, processingTime="10 seconds")
        other.advance(0)
        clock.advance(100_000)
        assert len(found) == 1
        other.advance(5_000)
        query.stop()
        assert [len(rows) for _, rows in found] == [0, 5]
    with pytest.raises(TypeError, match="SparkSession"), query_clock(None):
        pass
