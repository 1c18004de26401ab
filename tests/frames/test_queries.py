"""Streaming queries from outside: sources, sinks, names, waiting, stopping, failing, several at once."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from pyspark.errors import StreamingQueryException


@pytest.fixture
def folder(tmp_path):
    """A folder for text files, and what adds one."""
    count = iter(range(1000))

    def add(text):
        number = next(count)
        hidden, file = tmp_path / f".{number}", tmp_path / f"{number}.txt"
        hidden.write_text(text)
        os.utime(hidden, (1_700_000_000 + number, 1_700_000_000 + number))
        hidden.rename(file)

    return str(tmp_path), add


def words(spark, path):
    return spark.readStream.text(path).selectExpr("explode(split(value, ' ')) AS word")


def rows(spark, name):
    return sorted(map(tuple, spark.table(name).collect()))


def test_a_query_goes_on_with_what_comes(spark, folder):
    path, add = folder
    add("a b a")
    query = words(spark, path).groupBy("word").count().writeStream.outputMode("complete").format("memory")
    query = query.queryName("counts").start()
    assert query.isActive and query.name == "counts" and query.exception() is None
    assert spark.streams.get(query.id).runId == query.runId
    assert query.id in [each.id for each in spark.streams.active]
    query.processAllAvailable()
    assert rows(spark, "counts") == [("a", 2), ("b", 1)]
    add("b c")
    query.processAllAvailable()
    assert rows(spark, "counts") == [("a", 2), ("b", 2), ("c", 1)]
    assert spark.sql("SELECT sum(count) FROM counts").first()[0] == 5
    assert [each.numInputRows for each in query.recentProgress] == [1, 1]
    query.stop()
    assert not query.isActive and spark.streams.get(query.id) is None
    assert query.status == {"message": "Stopped", "isDataAvailable": False, "isTriggerActive": False}
    assert query.awaitTermination(1) is True
    assert rows(spark, "counts") == [("a", 2), ("b", 2), ("c", 1)]


def test_memory_in_update_and_append_mode_keeps_all(spark, folder):
    path, add = folder
    update = words(spark, path).groupBy("word").count().writeStream.outputMode("update").format("memory")
    update = update.queryName("updates").start()
    append = words(spark, path).writeStream.format("memory").queryName("appends").start()
    assert rows(spark, "updates") == []
    for text in ("a b", "a"):
        add(text)
        update.processAllAvailable()
        append.processAllAvailable()
    update.stop()
    append.stop()
    assert rows(spark, "updates") == [("a", 1), ("a", 2), ("b", 1)]
    assert rows(spark, "appends") == [("a",), ("a",), ("b",)]


def test_lines_of_a_socket_are_counted(spark):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        lines = spark.readStream.format("socket").option("host", "127.0.0.1").option("port", port).load()
        seen, begun, done = [], threading.Event(), threading.Event()

        def keep(frame, number):
            seen.append((number, sorted(map(tuple, frame.collect()))))
            begun.set()
            if sum(count for _, count in seen[-1][1]) == 4:
                done.set()

        query = lines.groupBy("value").count().writeStream.outputMode("complete").foreachBatch(keep).start()
        peer, _ = server.accept()
        with peer:
            assert begun.wait(20)
            peer.sendall("a\nß\r\n".encode())
            peer.sendall(b"a\nlast")
        assert done.wait(20)
        query.stop()
    assert seen[0] == (0, [])
    assert seen[-1][1] == [("a", 2), ("last", 1), ("ß", 1)]
    assert query.lastProgress.sources[0].description == f"TextSocketV2[host: 127.0.0.1, port: {port}]"


def test_a_refused_connection_ends_the_query(spark):
    query = spark.readStream.format("socket").option("host", "127.0.0.1").option("port", 1).load()
    query = query.writeStream.format("noop").start()
    with pytest.raises(StreamingQueryException, match="terminated with exception: Connection refused"):
        query.awaitTermination()


def test_rate_counts_from_its_beginning(spark):
    seen, enough = [], threading.Event()

    def keep(frame, number):
        seen.extend(frame.collect())
        if len(seen) >= 10:
            enough.set()

    query = spark.readStream.format("rate").option("rowsPerSecond", 10).option("numPartitions", 2).load()
    query = query.writeStream.foreachBatch(keep).start()
    assert enough.wait(20)
    query.stop()
    assert [row.value for row in seen[:10]] == [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
    assert (seen[1].timestamp - seen[0].timestamp).total_seconds() == 0.2
    progress = query.recentProgress[0]
    assert progress.numInputRows == 0
    assert progress.sources[0].description == "RateStreamV2[rowsPerSecond=10, rampUpTimeSeconds=0, numPartitions=2"


def test_the_function_of_a_batch_is_the_users_own(spark, folder):
    path, add = folder
    add("a b")
    state = {"batches": []}

    def keep(frame, number):
        frame.createOrReplaceTempView("batch_view")
        total = frame.sparkSession.sql("SELECT count(*) AS n FROM batch_view").first().n
        state["batches"].append((number, total, frame.isStreaming))

    words(spark, path).writeStream.foreachBatch(keep).trigger(once=True).start().awaitTermination()
    assert state["batches"] == [(0, 2, False)]


def test_what_a_function_raises_is_told_with_its_own_traceback(spark, folder):
    path, add = folder
    add("a")

    def broken(frame, number):
        raise ValueError(f"batch {number} is bad")

    query = words(spark, path).writeStream.foreachBatch(broken).trigger(availableNow=True).start()
    with pytest.raises(StreamingQueryException) as caught:
        query.awaitTermination()
    error = caught.value
    assert error.getCondition() == "STREAM_FAILED" and error.getSqlState() == "XXKST"
    assert "[FOREACH_BATCH_USER_FUNCTION_ERROR]" in str(error) and "in broken" in str(error)
    assert "pyrite/_frames" not in str(error)
    assert isinstance(error.__cause__, ValueError) and str(error.__cause__) == "batch 0 is bad"
    assert query.exception() is not None and "batch 0 is bad" in str(query.exception())
    assert query.status["message"].startswith("Terminated with exception: ")
    with pytest.raises(StreamingQueryException):
        spark.streams.awaitAnyTermination(5)
    spark.streams.resetTerminated()
    assert spark.streams.awaitAnyTermination(0.01) is False


def test_what_a_udf_raises_is_the_cause(spark, folder):
    from pyspark.sql.functions import udf

    path, add = folder
    add("a")

    @udf("int")
    def broken(word):
        raise KeyError(word)

    query = words(spark, path).select(broken("word")).writeStream.format("noop").trigger(availableNow=True).start()
    with pytest.raises(StreamingQueryException) as caught:
        query.awaitTermination()
    assert isinstance(caught.value.__cause__, KeyError)
    spark.streams.resetTerminated()


def test_foreach_opens_processes_and_closes(spark, folder, tmp_path_factory):
    path, add = folder
    add("a b")
    add("c")
    told = str(tmp_path_factory.mktemp("told") / "calls.txt")

    class Writer:
        def open(self, partition, epoch):
            self.file = open(told, "a")  # noqa: SIM115 - closed in close
            self.file.write(f"open {partition} {epoch}\n")
            return True

        def process(self, row):
            self.file.write(f"{row.word}\n")

        def close(self, error):
            self.file.write(f"close {error}\n")
            self.file.close()

    frame = spark.readStream.option("maxFilesPerTrigger", 1).text(path).selectExpr("explode(split(value, ' ')) AS word")
    frame.writeStream.foreach(Writer()).trigger(availableNow=True).start().awaitTermination()
    with open(told) as lines:
        assert lines.read().split("\n")[:-1] == ["open 0 0", "a", "b", "close None", "open 0 1", "c", "close None"]


def test_names_are_taken_once_at_a_time(spark, folder):
    path, _ = folder
    query = words(spark, path).writeStream.format("noop").queryName("taken").start()
    with pytest.raises(
        Exception, match="Cannot start query with name taken as a query with that name is already active"
    ):
        words(spark, path).writeStream.format("noop").queryName("taken").start()
    query.stop()
    words(spark, path).writeStream.format("noop").queryName("taken").start().stop()


def test_triggers_that_are_not_there_say_so(spark, folder):
    path, _ = folder
    writer = words(spark, path).writeStream.format("noop")
    for trigger in ({"continuous": "1 second"}, {"realTime": "1 second"}):
        with pytest.raises(Exception, match="is not in Pyrite's DataFrames yet"):
            writer.trigger(**trigger).start()


def test_processing_time_begins_batches_at_whole_multiples(spark, folder):
    path, add = folder
    add("a")
    query = words(spark, path).writeStream.format("noop").trigger(processingTime="200 milliseconds").start()
    query.processAllAvailable()
    add("b")
    query.processAllAvailable()
    query.stop()
    times = [each.timestamp for each in query.recentProgress if each.numInputRows]
    assert len(times) == 2 and all(int(time[20:23]) % 200 < 150 for time in times[1:])


def test_listeners_hear_of_it(spark, folder):
    from pyspark.sql.streaming import StreamingQueryListener

    path, add = folder
    add("a b")
    heard, over = [], threading.Event()

    class Listener(StreamingQueryListener):
        def onQueryStarted(self, event):
            heard.append(("started", event.name))

        def onQueryProgress(self, event):
            heard.append(("progress", event.progress.numInputRows))

        def onQueryIdle(self, event):
            heard.append(("idle",))

        def onQueryTerminated(self, event):
            heard.append(("terminated", event.exception))
            over.set()

    listener = Listener()
    spark.streams.addListener(listener)
    try:
        query = words(spark, path).writeStream.format("noop").queryName("heard").trigger(availableNow=True).start()
        query.awaitTermination()
        assert over.wait(10)
    finally:
        spark.streams.removeListener(listener)
    assert heard == [("started", "heard"), ("progress", 1), ("terminated", None)]


def test_a_query_may_be_stopped_by_its_own_function(spark, folder):
    path, add = folder
    add("a")
    own = []

    def stop(frame, number):
        own[0].stop()

    ready = threading.Event()

    def first_wait(frame, number):
        ready.wait(10)
        stop(frame, number)

    own.append(words(spark, path).writeStream.foreachBatch(first_wait).start())
    ready.set()
    assert own[0].awaitTermination(10) is True


def _run(program, tmp_path, **more):
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "pyrite", "program.py"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, **more,
    )  # fmt: skip


START = """
    import threading
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.master("local[2]").getOrCreate()
    query = spark.readStream.format("rate").option("rowsPerSecond", 100).load().writeStream.format("noop").start()
"""


def test_a_program_that_ends_ends_its_queries(tmp_path):
    for end in ("spark.stop(); print([t.name for t in threading.enumerate() if 'query' in t.name])", "print([])"):
        ran = _run(START + f"    {end}\n", tmp_path)
        out, err = ran.communicate(timeout=60)
        assert (ran.returncode, out, err) == (0, "[]\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="a signal can't be sent to a process there")
def test_an_interrupt_ends_the_wait_at_once(tmp_path):
    program = (
        START
        + """
    try:
        print("waiting", flush=True)
        query.awaitTermination()
    except KeyboardInterrupt:
        print("interrupted", query.isActive)
    """
    )
    ran = _run(program, tmp_path)
    assert ran.stdout.readline() == "waiting\n"
    ran.send_signal(signal.SIGINT)
    out, err = ran.communicate(timeout=60)
    assert (ran.returncode, out, err) == (0, "interrupted True\n", "")


def test_a_function_of_batches_goes_with_who_was_given_it(spark, tmp_path):
    import gc

    from pyrite._frames.query.client import _functions

    (tmp_path / "a.txt").write_text("one\n")
    gc.collect()
    before = len(_functions)
    seen = []
    writer = spark.readStream.text(str(tmp_path)).writeStream.foreachBatch(lambda frame, number: seen.append(number))
    for _ in range(2):  # a writer may start more than one query
        writer.trigger(availableNow=True).start().awaitTermination()
    assert (seen, len(_functions)) == ([0, 0], before + 1)
    del writer
    gc.collect()
    assert len(_functions) == before


def test_whatever_fails_at_the_end_the_rest_is_closed(spark, tmp_path, monkeypatch):
    from pyrite._frames.query.sources.files import Files

    def fails(self):
        raise OSError("it can't be closed")

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one\n")
    stream = spark.readStream.text(str(tmp_path / "in")).writeStream.format("noop")
    stream = stream.option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True)
    with monkeypatch.context() as patched:
        patched.setattr(Files, "close", fails)
        with pytest.raises(Exception, match="it can't be closed"):
            stream.start().awaitTermination()
    # Its checkpoint is free again.
    stream.start().awaitTermination()


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        (b"a\n\nb \n", ["a", "", "b "]),
        (b"a\r\nb\r\r\nc", ["a", "b\r", "c"]),
        ("é\n데이터\n".encode(), ["é", "데이터"]),
        (b"\xff\na\n", ["\ufffd", "a"]),
        (b"\n", [""]),
    ],
)
def test_lines_of_a_socket(spark, sent, lines):
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        rows = spark.readStream.format("socket").option("host", host).option("port", port).load()
        query = rows.writeStream.format("memory").queryName("of_a_socket").start()
        peer, _ = server.accept()
        with peer:
            peer.sendall(sent)
        deadline = time.monotonic() + 30
        try:
            while spark.table("of_a_socket").count() < len(lines) and time.monotonic() < deadline:
                time.sleep(0.02)
            assert [row.value for row in spark.table("of_a_socket").collect()] == lines
        finally:
            query.stop()
