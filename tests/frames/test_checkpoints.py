"""Queries that end and go on: offsets, commits, sources' logs and state on disk; files as real PySpark 4.3 wrote them."""

import json
import pathlib
import re
import socket
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from pyspark.sql import functions as F

RECORDED = json.loads(
    (pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "checkpoints" / "spark.json").read_text()
)["files"]


@pytest.fixture
def feed(tmp_path):
    """A function that puts a file of rows into the folder `in`."""
    folder = tmp_path / "in"
    folder.mkdir()
    count = 0

    def put(*rows):
        nonlocal count
        count += 1
        rows = rows or ({"k": "a", "v": count}, {"k": "b", "v": 10})
        (folder / f"{count}.json").write_text("".join(json.dumps(row) + "\n" for row in rows))

    return put


@pytest.fixture
def run(spark, tmp_path):
    """A function that runs a query over `in` until nothing is left; gives the batches' rows."""

    def run(make=lambda rows: rows, mode="append", checkpoint="ck", fail_in=None, **options):
        got = []

        def keep(rows, number):
            if number == fail_in:
                raise ValueError("not this batch")
            got.append((number, sorted(map(tuple, rows.collect()), key=repr)))

        rows = spark.readStream.schema("k STRING, v INT").options(**options).json(str(tmp_path / "in"))
        writer = make(rows).writeStream.outputMode(mode).option("checkpointLocation", str(tmp_path / checkpoint))
        query = writer.foreachBatch(keep).trigger(availableNow=True).start()
        run.id = query.id
        query.awaitTermination()
        run.progress = query.lastProgress
        return got

    return run


def sums(rows):
    return rows.groupBy("k").agg(F.sum("v").alias("s"), F.count("*").alias("n"))


def test_a_query_goes_on_where_it_was(run, feed, tmp_path):
    feed()
    assert run(sums, "update") == [(0, [("a", 1, 1), ("b", 10, 1)])]
    first = run.id
    # A writer that was killed has left it.
    left = tmp_path / "ck/offsets/.1.0c9d36a2-54f5-4a3e-9a3e-2a0a1d7f6b11.tmp"
    left.write_text("v1\n{")
    assert run(sums, "update") == []
    assert not left.exists()
    feed({"k": "b", "v": 1})
    assert run(sums, "update") == [(1, [("b", 11, 2)])]
    assert run.id == first
    feed({"k": "c", "v": 1})
    assert run(sums, "complete") == [(2, [("a", 1, 1), ("b", 11, 2), ("c", 1, 1)])]


def test_a_batch_that_was_begun_runs_again_with_its_own_offsets(run, feed, tmp_path):
    feed()
    run(sums, "update")
    feed({"k": "a", "v": 5})
    with pytest.raises(Exception, match="not this batch"):
        run(sums, "update", fail_in=1)
    assert (tmp_path / "ck/offsets/1").exists()
    assert not (tmp_path / "ck/commits/1").exists()
    feed({"k": "a", "v": 100})
    assert run(sums, "update") == [(1, [("a", 6, 2)]), (2, [("a", 106, 3)])]


def test_state_of_a_batch_that_was_not_committed_is_not_used(run, feed, tmp_path):
    feed()
    run(sums, "update")
    feed({"k": "a", "v": 5})
    run(sums, "update")
    # As if the process had ended behind the state and before the commit.
    (tmp_path / "ck/commits/1").unlink()
    assert run(sums, "update") == [(1, [("a", 6, 2)])]
    assert run(sums, "update") == []


def test_other_operators_keep_their_rows(run, feed):
    feed({"k": "a", "v": 1}, {"k": "a", "v": 1}, {"k": None, "v": None})
    assert run(lambda rows: rows.dropDuplicates(), checkpoint="d") == [(0, [("a", 1), (None, None)])]
    assert run(lambda rows: rows.limit(4), checkpoint="l") == [(0, [("a", 1), ("a", 1), (None, None)])]
    feed({"k": "a", "v": 1}, {"k": "b", "v": 2}, {"k": None, "v": None})
    assert run(lambda rows: rows.dropDuplicates(), checkpoint="d") == [(1, [("b", 2)])]
    assert run(lambda rows: rows.limit(4), checkpoint="l") == [(1, [("a", 1)])]


def test_keys_and_values_of_every_type(run, feed):
    def make(rows):
        keys = rows.selectExpr(
            "v", "array(k, NULL) AS l", "named_struct('x', v, 'y', date'2024-01-02') AS s", "CAST(v AS DECIMAL(20, 3)) AS d",
            "CAST('NaN' AS DOUBLE) AS f", "timestamp'2024-01-02 03:04:05.678901' AS t", "k = 'a' AS b", "CAST(k AS BINARY) AS y",
        )  # fmt: skip
        return keys.groupBy("l", "s", "d", "f", "t", "b", "y").agg(
            F.collect_list(F.struct("v", "d")).alias("c"), F.max("t"), F.min("y"), F.avg("d"), F.first("s")
        )

    feed({"k": "a", "v": 1}, {"k": None, "v": None})
    first = run(make, "update")
    assert len(first[0][1]) == 2
    feed({"k": "a", "v": 1}, {"k": None, "v": None})
    again = run(make, "complete")
    assert len(again[0][1]) == 2
    assert sorted(len(row[7]) for row in again[0][1]) == [2, 2]


def test_snapshots_and_what_goes(run, feed, spark, tmp_path):
    spark.conf.set("spark.sql.streaming.minBatchesToRetain", "5")
    try:
        for _ in range(45):
            feed({"k": "a", "v": 1})
        assert run(sums, "update", maxFilesPerTrigger=1)[-1] == (44, [("a", 45, 45)])
    finally:
        spark.conf.unset("spark.sql.streaming.minBatchesToRetain")
    state = {path.name for path in (tmp_path / "ck/state/0").iterdir()}
    assert {"0.40.snapshot", "0.30.snapshot", "0.45.delta"} <= state
    assert "0.10.snapshot" not in state
    assert "0.15.delta" not in state
    assert sorted(int(path.name) for path in (tmp_path / "ck/commits").iterdir()) == list(range(39, 45))
    assert (tmp_path / "ck/sources/0/39.compact").exists()
    # The last snapshot is cut off: the one before and the deltas say the same.
    snapshot = tmp_path / "ck/state/0/0.40.snapshot"
    snapshot.write_bytes(snapshot.read_bytes()[:-9])
    feed({"k": "a", "v": 1})
    assert run(sums, "update") == [(45, [("a", 46, 46)])]


@pytest.mark.parametrize(
    "harm", [lambda data: b"", lambda data: data[:-1], lambda data: data[:40] + b"x" + data[41:], None]
)
def test_state_that_is_broken_is_said(run, feed, tmp_path, harm):
    feed()
    run(sums, "update")
    delta = tmp_path / "ck/state/0/0.1.delta"
    delta.write_bytes(harm(delta.read_bytes())) if harm else delta.unlink()
    feed()
    with pytest.raises(
        Exception, match=r"CANNOT_LOAD_STATE_STORE.* before batch 1 .*0\.1\.delta is (truncated|missing)"
    ):
        run(sums, "update")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("offsets/1", "", "Failed to read log file file:.*/offsets/1. Incomplete log file"),
        ("offsets/1", "v1\n", "offsets/1 of the checkpoint is broken"),
        ("offsets/1", 'v1\n{"batchWatermarkMs":0,"ba', "offsets/1 of the checkpoint is broken"),
        ("offsets/1", "v9\n{}\n{}", "INVALID_LOG_VERSION.MAX_SUPPORTED_VERSION"),
        (
            "offsets/1",
            "hello",
            r"MALFORMED_LOG_FILE\] Log file was malformed: failed to read correct log version from hello",
        ),
        ("commits/1", "", "Incomplete log file"),
        ("metadata", "{", "metadata of the checkpoint is broken"),
        ("metadata", None, "STREAMING_CHECKPOINT_MISSING_METADATA_FILE"),
        ("offsets/0", None, "batch 0 doesn't exist"),
        ("sources/0/0", None, "sources/0/0 of the checkpoint is broken: it is missing"),
    ],
)
def test_logs_that_are_broken_are_said(run, feed, tmp_path, file, text, said):
    for _ in range(2):
        feed()
        run()
    path = tmp_path / "ck" / file
    path.unlink() if text is None else path.write_text(text)
    feed()
    with pytest.raises(Exception, match=said):
        run()


@pytest.mark.parametrize(
    ("make", "mode", "condition"),
    [
        (
            lambda rows: rows.groupBy("v").agg(F.sum("v"), F.count("*")),
            "update",
            "STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE",
        ),
        (lambda rows: rows.groupBy("k").agg(F.max("k")), "update", "STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE"),
        (lambda rows: rows.dropDuplicates(["k"]), "update", "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA"),
        (lambda rows: rows, "append", "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA"),
        (
            lambda rows: rows.union(rows),
            "append",
            r"There are \[1\] sources in the checkpoint offsets and now there are \[2\]",
        ),
    ],
)
def test_another_query_is_refused(run, feed, make, mode, condition):
    feed()
    run(sums, "update")
    feed()
    with pytest.raises(Exception, match=condition):
        run(make, mode)
    # And nothing of the checkpoint has changed by it.
    assert run(sums, "update")[0][0] == 1


def test_partitions_are_those_of_the_first_start(run, feed, spark):
    try:
        spark.conf.set("spark.sql.shuffle.partitions", "3")
        feed()
        run(sums, "update")
        spark.conf.set("spark.sql.shuffle.partitions", "7")
        feed()
        run(sums, "update")
    finally:
        spark.conf.unset("spark.sql.shuffle.partitions")
    assert run.progress["stateOperators"][0]["numShufflePartitions"] == 3


def shape(text):
    """A file's text with what differs from run to run taken out."""
    text = re.sub(r'"(batchTimestampMs|timestamp)":\d+', r'"\1":0', text)
    return re.sub(r'"id":"[-0-9a-f]{36}"', '"id":""', text)


def test_files_are_those_that_spark_writes(run, spark, tmp_path):
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    (tmp_path / "in").mkdir()
    try:
        for name in "ab":
            (tmp_path / "in" / f"{name}.json").write_text("{}\n")
            run(checkpoint="ck_js")
    finally:
        spark.conf.unset("spark.sql.shuffle.partitions")
    told = {path: shape(text) for path, text in RECORDED.items() if path.startswith("ck_js")}
    here = {
        str(path.relative_to(tmp_path)): shape(path.read_text().replace(str(tmp_path), "{folder}"))
        for path in (tmp_path / "ck_js").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    assert here == told


def test_a_checkpoint_of_spark_goes_on(run, tmp_path):
    for path, text in RECORDED.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("{folder}", str(tmp_path)))
    (tmp_path / "in").mkdir()
    for name in "abc":
        (tmp_path / "in" / f"{name}.json").write_text(json.dumps({"k": name, "v": 1}) + "\n")
    assert run(checkpoint="ck_js") == [(2, [("c", 1)])]
    assert run.id == json.loads(RECORDED["ck_js/metadata"])["id"]
    (tmp_path / "ck_js/commits/2").unlink()
    (tmp_path / "ck_js/commits/1").unlink()
    (tmp_path / "ck_js/offsets/2").unlink()
    # Spark's own last batch: the file with which it was.
    assert run(checkpoint="ck_js") == [(1, [("b", 1)]), (2, [("c", 1)])]


def stream(spark, tmp_path, checkpoint="ck"):
    rows = spark.readStream.schema("k STRING, v INT").json(str(tmp_path / "in"))
    return rows.writeStream.format("noop").option("checkpointLocation", str(tmp_path / checkpoint))


def test_the_second_start_stops_the_first(spark, feed, tmp_path):
    feed()
    first = stream(spark, tmp_path).start()
    first.processAllAvailable()
    second = stream(spark, tmp_path).start()
    try:
        second.processAllAvailable()
        assert (first.isActive, second.isActive, first.exception(), first.id == second.id) == (False, True, None, True)
        spark.conf.set("spark.sql.streaming.stopActiveRunOnRestart", "false")
        with pytest.raises(
            Exception, match=f"Cannot start query with id {second.id} as another query with same id is already active"
        ):
            stream(spark, tmp_path).start()
        assert second.isActive
    finally:
        spark.conf.unset("spark.sql.streaming.stopActiveRunOnRestart")
        second.stop()


def test_another_process_is_refused(spark, feed, tmp_path):
    feed()
    holder = textwrap.dedent(
        """
        import fcntl, sys
        file = open(sys.argv[1], "w")
        fcntl.lockf(file, fcntl.LOCK_EX)
        print("held", flush=True)
        sys.stdin.read()
        """
    )
    (tmp_path / "ck").mkdir()
    held = subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path / "ck/.pyrite.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert held.stdout.readline() == b"held\n"
        with pytest.raises(
            Exception, match=r"CONCURRENT_STREAM_LOG_UPDATE.*only one streaming job runs on a specific checkpoint"
        ):
            stream(spark, tmp_path).start()
    finally:
        held.communicate()
    query = stream(spark, tmp_path).start()
    query.processAllAvailable()
    query.stop()


def test_where_a_checkpoint_is(spark, feed, tmp_path):
    feed()
    spark.conf.set("spark.sql.streaming.checkpointLocation", str(tmp_path / "all"))
    try:
        rows = spark.readStream.text(str(tmp_path / "in")).writeStream.format("memory").queryName("here_it_is")
        rows.trigger(availableNow=True).start().awaitTermination()
        assert (tmp_path / "all/here_it_is/commits/0").exists()
        with pytest.raises(
            Exception, match="does not support recovering from checkpoint location. Delete .*here_it_is/offsets"
        ):
            rows.start()
    finally:
        spark.conf.unset("spark.sql.streaming.checkpointLocation")


def test_rate_goes_on_from_its_first_start(spark, tmp_path):
    values = []

    def seconds(many):
        query = (
            spark.readStream.format("rate").option("rowsPerSecond", 10).load().writeStream
            .foreachBatch(lambda rows, number: values.extend(row.value for row in rows.collect()))
            .option("checkpointLocation", str(tmp_path / "ck")).start()
        )  # fmt: skip
        end = time.monotonic() + 20
        while len(values) < many and time.monotonic() < end:
            time.sleep(0.02)
        query.stop()

    seconds(10)
    seconds(len(values) + 1)
    assert sorted(values) == list(range(len(values)))
    assert (tmp_path / "ck/sources/0/0").read_text().startswith("v1\n1")


def test_a_socket_cannot_go_back(spark, tmp_path):
    server = socket.create_server(("127.0.0.1", 0))
    connections = []

    def serve():
        for _ in range(2):
            connections.append(server.accept()[0])
            if len(connections) == 1:
                connections[0].sendall(b"a\nb\n")

    threading.Thread(target=serve, daemon=True).start()
    got = []

    def start():
        reader = spark.readStream.format("socket").option("host", "127.0.0.1").option("port", server.getsockname()[1])
        writer = reader.load().writeStream.foreachBatch(
            lambda rows, number: got.extend(row.value for row in rows.collect())
        )
        return writer.option("checkpointLocation", str(tmp_path / "ck")).start()

    query = start()
    end = time.monotonic() + 20
    while len(got) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    query.stop()
    assert got == ["a", "b"]
    with pytest.raises(Exception, match="Offsets committed out of order: 1 followed by -1"):
        start().awaitTermination()
    for each in [*connections, server]:
        each.close()


WINDOWS = [
    ("a", '{"k":"a","v":1,"t":"2024-01-01T00:00:01Z"}\n{"k":"b","v":2,"t":"2024-01-01T00:00:05Z"}\n'),
    ("b", '{"k":"a","v":3,"t":"2024-01-01T00:01:01Z"}\n'),
]


def test_event_time_goes_on(spark, tmp_path):
    """Two starts, each with a batch of rows and one that the watermark makes: as the recorded program."""
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    (tmp_path / "in").mkdir()
    rows = spark.readStream.schema("k STRING, v INT, t TIMESTAMP").json(str(tmp_path / "in"))
    counts = rows.withWatermark("t", "10 seconds").groupBy(F.window("t", "5 seconds"), "k").count()
    counts = counts.select("window.start", "window.end", "k", "count")
    try:
        for name, text in WINDOWS:
            (tmp_path / "in" / f"{name}.json").write_text(text)
            writer = counts.writeStream.format("csv").option("checkpointLocation", str(tmp_path / "ck_agg"))
            writer.trigger(availableNow=True).start(str(tmp_path / "out")).awaitTermination()
    finally:
        spark.conf.unset("spark.sql.shuffle.partitions")
    for path, text in RECORDED.items():
        if path.startswith("ck_agg/"):
            assert shape((tmp_path / path).read_text()) == shape(text), path
    found = spark.read.csv(str(tmp_path / "out")).collect()
    assert sorted(tuple(row) for row in found) == [
        ("2024-01-01T00:00:00.000Z", "2024-01-01T00:00:05.000Z", "a", "1"),
        ("2024-01-01T00:00:05.000Z", "2024-01-01T00:00:10.000Z", "b", "1"),
    ]


def test_joins_and_sessions_go_on(run, feed):
    """What a run keeps, the next one has: the same rows as of one run."""

    def join(rows):
        left = rows.selectExpr("k AS l", "v AS x").where("x < 10")
        return left.join(rows.selectExpr("k AS r", "v AS y").where("y >= 10"), F.expr("l = r"))

    def session(rows):
        moments = rows.selectExpr("k", "CAST(v AS TIMESTAMP) AS t").withWatermark("t", "1 hour")
        return moments.groupBy(F.session_window("t", "10 seconds"), "k").count().selectExpr("k", "count")

    sessions = []
    found = []
    for part in (
        [{"k": "a", "v": 1}],
        [{"k": "a", "v": 10}, {"k": "b", "v": 5}],
        [{"k": "b", "v": 40}, {"k": "a", "v": 2}],
    ):
        feed(*part)
        found += [row for _, batch in run(join, checkpoint="j") for row in batch]
        sessions.append(sorted(row for _, batch in run(session, "complete", checkpoint="s") for row in batch))
    assert sessions == [[("a", 1)], [("a", 2), ("b", 1)], [("a", 3), ("b", 1), ("b", 1)]]
    assert sorted(found) == [("a", 1, "a", 10), ("a", 2, "a", 10), ("b", 5, "b", 40)]
