"""What the page's REST and metrics say of streaming queries, and what it costs to have a page."""

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from pyspark.sql import functions as F


def get(spark, path):
    with urllib.request.urlopen(spark.sparkContext.uiWebUrl + path, timeout=60) as answer:
        return answer.read().decode()


def ask(spark, path):
    return json.loads(get(spark, f"/api/v1/applications/{spark.sparkContext.applicationId}/pyrite/queries{path}"))


@pytest.fixture
def rows(spark, tmp_path):
    """A stream of files, and a function that adds one."""
    count = iter(range(1000))

    def add(*lines):
        (tmp_path / f"{next(count)}.txt").write_text("".join(f"{line}\n" for line in lines))

    return spark.readStream.text(str(tmp_path)), add


def test_a_query_is_told_as_it_is(spark, rows, tmp_path_factory):
    stream, add = rows
    add("a", "b")
    writing = stream.groupBy("value").count().writeStream.format("memory").outputMode("complete").queryName("told")
    checkpoint = str(tmp_path_factory.mktemp("checkpoint"))
    query = writing.option("checkpointLocation", checkpoint).start()
    query.processAllAvailable()
    add("c")
    query.processAllAvailable()
    (told,) = [one for one in ask(spark, "") if one["runId"] == str(query.runId)]
    assert (told["id"], told["name"], told["status"]) == (str(query.id), "told", "RUNNING")
    assert (told["latestBatchId"], told["numBatches"], told["numInputRows"]) == (1, 2, 3)
    assert (told["outputMode"], told["sink"], told["checkpoint"]) == ("Complete", "MemorySink", checkpoint)
    assert told["message"] == query.status["message"]
    whole = ask(spark, f"/{query.runId}")
    ran = [one for one in query.recentProgress if "addBatch" in one.durationMs]
    assert [one["batchId"] for one in whole["recentProgress"] if "addBatch" in one["durationMs"]] == [0, 1]
    assert [one["timestamp"] for one in whole["recentProgress"]][-1] == ran[-1].timestamp
    assert "count" in whole["plan"]
    query.stop()
    told = ask(spark, f"/{query.runId}")
    assert (told["status"], told["message"], "failure" in told) == ("FINISHED", "Stopped", False)
    assert told["duration"] >= 0 and told["endTime"] >= told["startTime"]


def test_a_failure_has_the_users_traceback(spark, rows):
    stream, add = rows
    add("a")

    def fails(rows, number):
        raise KeyError("mine")

    query = stream.writeStream.foreachBatch(fails).start()
    with pytest.raises(Exception, match="mine"):
        query.awaitTermination()
    told = ask(spark, f"/{query.runId}")
    assert told["status"] == "FAILED"
    assert 'raise KeyError("mine")' in told["failure"] and "test_query_numbers.py" in told["failure"]
    assert "name" not in told


def test_sessions_of_one_context_share_the_page_and_an_unknown_run_is_not_found(spark, rows):
    stream, add = rows
    other = spark.newSession()
    first = stream.writeStream.format("noop").queryName("same").start()
    second = other.readStream.format("rate").load().writeStream.format("noop").queryName("same").start()
    try:
        runs = {one["runId"] for one in ask(spark, "") if one.get("name") == "same" and one["status"] == "RUNNING"}
        assert runs == {str(first.runId), str(second.runId)}
    finally:
        first.stop()
        second.stop()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask(spark, "/nope")


def test_metrics_have_a_line_a_query_and_sparks_names_where_they_are_asked_for(spark):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    rates = spark.readStream.format("rate").option("rowsPerSecond", 1000).load()
    counts = rates.withWatermark("timestamp", "1 second").groupBy(F.window("timestamp", "1 second")).count()
    spark.conf.set("spark.sql.streaming.metricsEnabled", "true")
    query = counts.writeStream.format("noop").queryName("metered").outputMode("update").start()
    spark.conf.unset("spark.sql.streaming.metricsEnabled")
    other = rates.writeStream.format("noop").queryName("quiet").start()

    def found():
        samples = {}
        for family in text_string_to_metric_families(get(spark, "/metrics")):
            for sample in family.samples:
                if family.name.startswith("pyrite_query_"):
                    assert sample.labels["id"] in (str(query.id), str(other.id))
                    samples[sample.name, sample.labels["query"]] = sample.value
        return samples

    try:
        deadline = time.monotonic() + 60
        while not found().get(("pyrite_query_watermark_seconds", "metered")) and time.monotonic() < deadline:
            time.sleep(0.1)
        samples = found()
        assert samples["pyrite_query_rows_total", "metered"] >= 1000
        assert samples["pyrite_query_batches_total", "metered"] >= 2
        assert samples["pyrite_query_busy_seconds_total", "metered"] > 0
        assert samples["pyrite_query_last_batch_seconds", "metered"] > 0
        assert abs(samples["pyrite_query_watermark_seconds", "metered"] - time.time()) < 60
        assert samples["pyrite_query_state_rows", "metered"] >= 1
        assert samples["pyrite_query_state_bytes", "metered"] > 0
        assert ("pyrite_query_watermark_seconds", "quiet") not in samples
        page = (Path(__file__).parents[3] / "docs" / "page.md").read_text()
        assert {name for name, _ in samples} == set(re.findall(r"`(pyrite_query_\w+)`", page))
        gauges = json.loads(get(spark, "/metrics/json"))["gauges"]
        prefix = f"{spark.sparkContext.applicationId}.driver.spark.streaming."
        ours = {name.removeprefix(prefix): of["value"] for name, of in gauges.items() if name.startswith(prefix)}
        # Spark's six, and of no query that didn't ask for them.
        assert set(ours) == {
            f"metered.{name}"
            for name in ("inputRate-total", "processingRate-total", "latency", "eventTime-watermark",
                         "states-rowsTotal", "states-usedBytes")
        }  # fmt: skip
        assert ours["metered.eventTime-watermark"] > 10**12
    finally:
        query.stop()
        other.stop()
    assert ("pyrite_query_rows_total", "metered") not in found()


def test_what_is_remembered_has_an_end(spark, rows):
    stream, add = rows
    spark.conf.set("spark.sql.streaming.ui.retainedProgressUpdates", "3")
    query = stream.writeStream.format("noop").start()
    spark.conf.unset("spark.sql.streaming.ui.retainedProgressUpdates")
    for number in range(6):
        add(number)
        query.processAllAvailable()
    told = ask(spark, f"/{query.runId}")
    query.stop()
    assert ([one["batchId"] for one in told["recentProgress"]], told["numBatches"]) == ([3, 4, 5], 6)


def test_a_query_may_have_no_place_on_the_page(spark, rows):
    stream, _ = rows
    spark.conf.set("spark.sql.streaming.ui.enabled", "false")
    query = stream.writeStream.format("noop").start()
    spark.conf.unset("spark.sql.streaming.ui.enabled")
    try:
        assert str(query.runId) not in {one["runId"] for one in ask(spark, "")}
    finally:
        query.stop()
