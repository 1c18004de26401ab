"""Listeners of streaming queries: on a thread of their own, in order, to the last event; what they do is their own affair."""

import logging
import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest


def bus_of(spark):
    from pyrite._frames.sessions import client_session, service_of

    return service_of(client_session(spark)).queries.bus


@pytest.fixture
def listening(spark):
    """Adds listeners that are called with the name of an event and itself; gone in the end."""
    from pyspark.sql.streaming import StreamingQueryListener

    added = []

    def listen(hear):
        class Listener(StreamingQueryListener):
            def onQueryStarted(self, event):
                hear("started", event)

            def onQueryProgress(self, event):
                hear("progress", event)

            def onQueryIdle(self, event):
                hear("idle", event)

            def onQueryTerminated(self, event):
                hear("terminated", event)

        added.append(Listener())
        spark.streams.addListener(added[-1])

    yield listen
    # What was told is heard by those who were there.
    bus_of(spark).drain(60)
    for listener in added:
        spark.streams.removeListener(listener)


def until(there, seconds=30):
    deadline = time.monotonic() + seconds
    while not there() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert there()


@pytest.fixture
def folder(tmp_path):
    """Files of one row each; adds one."""
    count = iter(range(1000))

    def add():
        (tmp_path / f"{next(count)}.txt").write_text("row\n")

    return str(tmp_path), add


def batches(spark, folder, many):
    """A query that has run so many batches."""
    path, add = folder
    for _ in range(many):
        add()
    stream = spark.readStream.option("maxFilesPerTrigger", 1).text(path)
    return stream.writeStream.format("noop").trigger(availableNow=True).start()


def test_a_slow_listener_makes_no_query_wait_and_hears_all_in_order(spark, listening, folder):
    heard, free, threads = [], threading.Event(), set()

    def hear(what, event):
        heard.append((what, event.progress.batchId if what == "progress" else None))
        if what != "started":
            threads.add(threading.current_thread().name)
            free.wait(30)

    listening(hear)
    query = batches(spark, folder, 8)
    assert query.awaitTermination(30) is True
    # The query is over, and the listener is still at the first batch: as in PySpark, nobody waits for it.
    assert len(heard) <= 2
    free.set()
    until(lambda: heard and heard[-1][0] == "terminated")
    assert heard == [("started", None), *(("progress", number) for number in range(8)), ("terminated", None)]
    assert threads == {"pyrite-query-listeners"}


def test_a_start_is_told_before_start_returns(spark, listening, folder):
    heard = []

    def hear(what, event):
        time.sleep(0.05)
        heard.append((what, str(event.runId) if what == "started" else None))

    listening(hear)
    query = batches(spark, folder, 0)
    assert heard[0] == ("started", str(query.runId))
    query.awaitTermination()


def test_what_a_listener_raises_is_logged_and_others_hear(spark, listening, folder, caplog):
    heard = []

    def raises(what, event):
        raise SystemExit(3) if what == "started" else ValueError(f"mine, {what}")

    listening(raises)
    listening(lambda what, event: heard.append(what))
    with caplog.at_level(logging.ERROR, "pyrite"):
        query = batches(spark, folder, 2)
        query.awaitTermination()
        until(lambda: "terminated" in heard)
    assert query.exception() is None
    assert heard == ["started", "progress", "progress", "terminated"]
    said = [record for record in caplog.records if "StreamingQueryListener raised" in record.message]
    assert [record.message.split()[-1] for record in said] == [
        "onQueryStarted", "onQueryProgress", "onQueryProgress", "onQueryTerminated",
    ]  # fmt: skip
    assert "mine, progress" in caplog.text and "def raises" not in caplog.text


def test_a_failure_is_told_with_its_class(spark, listening, folder):
    heard = []
    listening(lambda what, event: heard.append(event) if what == "terminated" else None)
    path, add = folder
    add()

    def fails(rows, number):
        raise KeyError("mine")

    query = spark.readStream.text(path).writeStream.foreachBatch(fails).start()
    with pytest.raises(Exception, match="mine"):
        query.awaitTermination()
    until(lambda: heard)
    assert (str(heard[0].runId), heard[0].errorClassOnException) == (str(query.runId), "STREAM_FAILED")
    assert "KeyError: 'mine'" in heard[0].exception


def test_a_listener_may_use_the_session(spark, listening, folder):
    """It asks for the query, stops it, counts rows, and takes itself off."""
    found = []

    def hear(what, event):
        if what == "progress":
            found.append((spark.streams.get(str(event.progress.id)).isActive, spark.range(5).count()))
            spark.streams.get(str(event.progress.id)).stop()

    listening(hear)
    path, add = folder
    add()
    query = spark.readStream.text(path).writeStream.format("noop").start()
    assert query.awaitTermination(30) is True
    assert found == [(True, 5)]


def test_what_waits_is_bounded_and_ends_are_never_dropped(spark, listening, folder, caplog):
    bus = bus_of(spark)
    heard, free, before = [], threading.Event(), bus.most

    def hear(what, event):
        heard.append(what)
        if what == "progress":
            free.wait(30)

    listening(hear)
    bus.most = 3
    try:
        with caplog.at_level(logging.WARNING, "pyrite"):
            batches(spark, folder, 12).awaitTermination()
            free.set()
            until(lambda: heard and heard[-1] == "terminated")
    finally:
        bus.most = before
        bus._dropped = 0
    assert heard[0] == "started" and 3 <= heard.count("progress") <= 5
    assert sum("progress of queries is dropped" in record.message for record in caplog.records) == 1


PROGRAM = """
    import sys, time
    from pyspark.sql import SparkSession
    from pyspark.sql.streaming import StreamingQueryListener
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()

    class Listener(StreamingQueryListener):
        def onQueryStarted(self, event): pass
        def onQueryProgress(self, event): pass
        def onQueryTerminated(self, event):
            time.sleep(NAP)
            print("heard", event.exception, flush=True)

    spark.streams.addListener(Listener())
    query = spark.readStream.format("rate").load().writeStream.format("noop").start()
    time.sleep(0.2)
    END
"""


@pytest.mark.parametrize(("nap", "end", "heard"), [
    (0.5, "spark.stop(); print('stopped')", "heard None\nstopped\n"),
    (0.5, "spark.sparkContext.stop(); print('stopped')", "heard None\nstopped\n"),
    (0.5, "sys.exit(0)", "heard None\n"),
    (600, "sys.exit(0)", ""),
])  # fmt: skip
def test_the_end_of_the_program_lets_listeners_hear_and_waits_for_none_for_ever(tmp_path, nap, end, heard):
    program = textwrap.dedent(PROGRAM).replace("NAP", str(nap)).replace("END", end)
    (tmp_path / "program.py").write_text(program)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "pyrite", "program.py"], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, timeout=60, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, heard), ran.stderr
    assert ("has" in ran.stderr) == (nap > 1), ran.stderr
