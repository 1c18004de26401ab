"""Streaming queries in the event log: their events have the fields that Spark's have, as recorded, in order."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RECORDED = Path(__file__).parents[1] / "recorded"
sys.path[:0] = [str(RECORDED), str(RECORDED / "frames")]
import event_log_shape  # noqa: E402
import query_events  # noqa: E402
from alike import same  # noqa: E402

SPARK = json.loads((RECORDED / "frames" / "query_events.json").read_text())
PROGRAM = """
    import sys
    sys.path[:0] = {paths}
    import event_log_shape, query_events
    from pyspark import SparkConf
    from pyspark.sql import SparkSession
    conf = event_log_shape.settings(SparkConf(), {directory!r})
    spark = SparkSession.builder.config(conf=conf).getOrCreate()
    query_events.program(spark)
    spark.stop()
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The events that the program logs that Spark's were recorded of."""
    directory = tmp_path_factory.mktemp("logs")
    program = directory.with_suffix(".py")
    paths = [str(RECORDED), str(RECORDED / "frames")]
    program.write_text(
        "\n".join(line[4:] for line in PROGRAM.format(paths=paths, directory=str(directory)).split("\n"))
    )
    command = [sys.executable, "-W", "ignore", "-m", "pyrite", str(program)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return event_log_shape.events(directory)


@pytest.mark.parametrize("kind", sorted(SPARK))
def test_an_event_has_the_fields_of_sparks(log, kind):
    same(kind, SPARK[kind], query_events.shapes(log)[kind])


def test_they_are_in_order_and_say_what_was_done(log):
    told = query_events.events(log)
    named = {event["id"]: event["name"] for event in told if event["Event"] == "QueryStartedEvent"}
    of = {
        name: [event for event in told if name == named[event.get("progress", event)["id"]]]
        for name in ("rates", "bad")
    }
    for events in of.values():
        kinds = [event["Event"] for event in events]
        assert kinds[0] == "QueryStartedEvent" and kinds[-1] == "QueryTerminatedEvent"
        assert set(kinds[1:-1]) == {"QueryProgressEvent"}
        batches = [event["progress"]["batchId"] for event in events[1:-1]]
        assert batches == sorted(batches)
    rates, bad = of["rates"], of["bad"]
    assert (rates[-1]["exception"], bad[-1]["errorClassOnException"]) == (None, "STREAM_FAILED")
    assert 'raise KeyError("mine")' in bad[-1]["exception"]
    # The application's end is the log's last line.
    assert log[-1]["Event"] == "SparkListenerApplicationEnd"
