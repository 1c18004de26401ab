"""What Pyrite says beside Spark's REST: functions, the log, failures, the stream's parts; and what Spark's fields hold."""

import json
import logging
import socket
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
from pyrite.streaming import StreamingContext


@pytest.fixture
def ask():
    def ask(sc, path):
        with urllib.request.urlopen(
            f"{sc.uiWebUrl}/api/v1/applications/{sc.applicationId}{path}", timeout=60
        ) as answer:
            return json.loads(answer.read())

    return ask


def until(there, seconds=60):
    """What `there` gives once it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := there()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def own(functions):
    """By text, those that are the program's."""
    return {function.get("text", function["name"]): function for function in functions}


def test_functions_say_where_they_stand_and_how_they_ran(make_page, ask):
    sc = make_page()

    def unusual(n):
        return time.time() > n

    rows = sc.parallelize(range(1000), 4)
    rows.map(lambda n: n + 1).filter(unusual).map(lambda n: (n % 3, n)).reduceByKey(lambda a, b: a + b).collect()
    rows.map(len and str).count()
    found = own(ask(sc, "/pyrite/functions"))
    plus, odd, merge = found["lambda n: n + 1"], found["def unusual(n):"], found["lambda a, b: a + b"]
    assert (plus["how"], plus["nativeRows"], plus["pythonRows"], plus["declinedRows"]) == ("NATIVE", 1000, 0, 0)
    assert (plus["file"], plus["operation"], plus["role"]) == (
        "test_own.py",
        f"map at test_own.py:{plus['line']}",
        "step",
    )
    assert plus["line"] == unusual.__code__.co_firstlineno + 4
    assert plus["nativeMs"] > 0
    assert "why" not in plus
    assert (odd["how"], odd["pythonRows"], odd["name"]) == ("PYTHON", 1000, "unusual")
    assert odd["why"]
    assert odd["pythonMs"] > 0
    # On both sides of the shuffle.
    assert (merge["role"], merge["nativeRows"] >= 1000) == ("merge", True)
    assert found["str"]["name"] == "str"


def test_rows_that_were_declined_are_told(make_page, ask):
    sc = make_page()
    # The last one goes beyond 64 bits.
    assert sc.parallelize([1, 2, 2**62], 1).map(lambda n: n * 4).collect() == [4, 8, 2**64]
    found = own(ask(sc, "/pyrite/functions"))["lambda n: n * 4"]
    assert (found["how"], found["declinedRows"], found["pythonRows"]) == ("NATIVE", 3, 3)
    assert found["lastDecline"]


def test_a_function_is_shown_once_however_often_it_runs_and_stays_when_its_plan_is_gone(make_page, ask):
    sc = make_page()
    for _ in range(5):
        sc.parallelize(range(10), 2).map(lambda n: n * 7).count()
    found = [one for one in ask(sc, "/pyrite/functions") if one.get("text") == "lambda n: n * 7"]
    assert [one["nativeRows"] for one in found] == [50]


def test_functions_are_forgotten_when_there_are_too_many(make_page, ask):
    sc = make_page()
    for number in range(520):
        sc.parallelize([1], 1).map(eval(f"lambda n: n + {number}")).count()
    shown = ask(sc, "/pyrite/functions")
    assert len(shown) == 500
    assert shown[-1]["id"] == 519


def test_the_log_has_the_last_messages(make_page, ask):
    sc = make_page()
    logger = logging.getLogger("pyrite.test")
    for number in range(1100):
        logger.error("message %d", number)
    try:
        raise KeyError("gone")
    except KeyError:
        logger.exception("with a traceback")
    said = ask(sc, "/pyrite/log")
    mine = [line for line in said["lines"] if line["logger"] == "pyrite.test"]
    assert len(said["lines"]) == 1000
    assert said["count"] >= 1101
    assert mine[-2]["message"] == "message 1099"
    assert mine[-1]["level"] == "ERROR"
    assert "KeyError: 'gone'" in mine[-1]["message"]
    last = said["lines"][-1]["number"]
    assert [line["number"] for line in ask(sc, f"/pyrite/log?from={last}")["lines"]] == [last]
    sc.stop()
    logger.error("nobody listens any more")  # the page's handler is gone with it
    assert not any("page" in type(handler).__module__ for handler in logging.getLogger("pyrite").handlers)


def test_failures_have_the_users_traceback(make_page, ask):
    sc = make_page()
    with pytest.raises(ZeroDivisionError):
        sc.parallelize([1, 0], 2).map(lambda n: 1 // n).collect()
    [failure] = ask(sc, "/pyrite/failures")
    assert failure["jobId"] == 0
    assert "lambda n: 1 // n" in failure["failureReason"]
    assert "ZeroDivisionError" in failure["failureReason"]


def test_stages_have_bytes_spills_and_how_uneven_they_were(make_page, ask):
    sc = make_page(**{"pyrite.memory.limit": "2m"})
    pairs = sc.parallelize(range(400_000), 4).map(lambda n: (n, "x" * 20))
    assert pairs.groupByKey(4).count() == 400_000
    first = ask(sc, "/stages/0")[0]
    assert first["shuffleWriteBytes"] > 400_000 * 20
    assert first["shuffleWriteRecords"] == 400_000
    spread = {stage["stageId"]: stage for stage in ask(sc, "/pyrite/stages")}
    assert sum(stage["spilledBytes"] for stage in spread.values()) > 2 << 20
    assert spread[0]["totalBytes"] == first["shuffleWriteBytes"]
    assert spread[1]["reads"] == [0]
    assert spread[0]["rows"] == {"median": 100_000, "max": 100_000}
    tasks = ask(sc, "/stages/0/0/taskList")
    assert (
        sum(task["taskMetrics"]["shuffleWriteMetrics"]["bytesWritten"] for task in tasks) == first["shuffleWriteBytes"]
    )
    assert sum(task["taskMetrics"]["diskBytesSpilled"] for task in tasks) == first["diskBytesSpilled"]


def test_a_stream_shows_its_sources_state_checkpoints_and_jobs(make_page, ask, tmp_path):
    sc = make_page()
    ssc = StreamingContext(sc, 0.1)
    ssc.checkpoint(str(tmp_path / "checkpoints"))
    server, free = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    port, nobody = server.getsockname()[1], free.getsockname()[1]
    free.close()
    words = ssc.socketTextStream("127.0.0.1", port).map(lambda word: (word, 1))
    words.updateStateByKey(lambda new, old: sum(new) + (old or 0)).foreachRDD(lambda rdd: rdd.count())
    ssc.socketTextStream("127.0.0.1", nobody).foreachRDD(lambda rdd: None)
    (tmp_path / "in").mkdir()
    ssc.textFileStream(str(tmp_path / "in")).foreachRDD(lambda rdd: None)
    ssc.start()
    connection = server.accept()[0]
    connection.sendall(b"a\nb\na\n")

    def there():
        said = ask(sc, "/pyrite/streaming")
        states = [source["state"] for source in said["sources"]]
        keys = [state["keys"] for state in said["states"]]
        return (
            said if states == ["CONNECTED", "RETRYING", "LOCAL"] and keys == [2] and said["checkpointCount"] else None
        )

    said = until(there)
    batches = until(lambda: [one for one in ask(sc, "/streaming/batches?status=completed") if one["inputSize"] == 3])
    operations = ask(sc, f"/streaming/batches/{batches[0]['batchId']}/operations")
    jobs = {job["jobId"]: job for job in ask(sc, "/jobs")}
    ssc.stop(stopSparkContext=False)
    connection.close()
    server.close()
    connected, refused, folder = said["sources"]
    assert (connected["place"], "trouble" in connected) == (f"127.0.0.1:{port}", False)
    assert "Nobody listens" in refused["trouble"]
    assert folder["place"] == str(tmp_path / "in")
    assert [(state["name"].split(" ")[0], state["keys"]) for state in said["states"]] == [("updateStateByKey", 2)]
    assert said["states"][0]["bytes"] > 0
    newest = said["checkpoints"][0]
    assert newest["bytes"] > 0
    assert newest["durationMs"] > 0
    assert operations[0]["jobIds"]
    assert all("test_own.py" in jobs[job]["name"] for job in operations[0]["jobIds"])
    assert operations[1]["jobIds"] == []


def test_back_pressure_and_limits_are_shown(make_page, ask):
    sc = make_page(**{"spark.streaming.receiver.maxRate": "50"})
    ssc = StreamingContext(sc, 0.1)
    server = socket.create_server(("127.0.0.1", 0))
    ssc.socketTextStream(*server.getsockname()).foreachRDD(lambda rdd: None)
    ssc.start()
    [source] = ask(sc, "/pyrite/streaming")["sources"]
    ssc.stop(stopSparkContext=False)
    server.close()
    assert (source["maxRate"], source["backpressure"]) == (50.0, False)


def test_stages_and_tasks_say_what_they_used(make_page, ask, tmp_path):
    text = tmp_path / "lines.txt"
    text.write_text("one two three\n" * 50_000)
    sc = make_page()
    words = sc.textFile(str(text), 3).flatMap(str.split)
    words.map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b, 2).collect()
    kept = sc.parallelize(range(10_000), 2).map(lambda n: (n, "x")).cache()
    kept.count()
    kept.count()
    again, first, collect, shuffle = ask(sc, "/stages")

    assert shuffle["inputRecords"] == 50_000
    size = text.stat().st_size
    # A split ends its last line behind its end.
    assert size <= shuffle["inputBytes"] <= 3 * size
    assert (collect["inputRecords"], collect["inputBytes"]) == (0, 0)
    assert collect["shuffleReadRecords"] == shuffle["shuffleWriteRecords"] == 9
    assert collect["shuffleReadBytes"] == shuffle["shuffleWriteBytes"] > 0
    # What is kept is input once it is there.
    assert (first["inputRecords"], again["inputRecords"]) == (0, 10_000)
    assert again["inputBytes"] > 0

    tasks = ask(sc, f"/stages/{shuffle['stageId']}/0/taskList")
    assert sum(task["taskMetrics"]["inputMetrics"]["recordsRead"] for task in tasks) == 50_000
    assert sum(task["taskMetrics"]["executorCpuTime"] for task in tasks) == shuffle["executorCpuTime"]
    summary = ask(sc, f"/stages/{shuffle['stageId']}/0/taskSummary?quantiles=0,1")
    assert 0 < summary["executorCpuTime"][0] <= summary["executorCpuTime"][1]
    assert summary["inputMetrics"]["recordsRead"][1] >= 50_000 / 3
    (driver,) = ask(sc, "/executors")
    assert driver["totalInputBytes"] == shuffle["inputBytes"] + again["inputBytes"]
    assert driver["totalShuffleRead"] == driver["totalShuffleWrite"] == shuffle["shuffleWriteBytes"]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_processor_time_is_that_of_whoever_works(make_page, ask, workers):
    sc = make_page(**{"pyrite.python.workers": workers, "pyrite.native": "off"})

    def busy(n):
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass
        return n

    assert sc.parallelize(range(20), 2).map(busy).count() == 20
    (stage,) = ask(sc, "/stages")
    # 20 rows with 20 ms each, and what it takes to begin.
    assert 0.4 <= stage["executorCpuTime"] / 1e9 < 4


def test_what_else_tools_of_sparks_ask_for(make_page, ask):
    sc = make_page()
    listed = "/api/v1/applications?status="
    found = {
        status: _get(sc, listed + status) for status in ("running", "completed", "COMPLETED&status=running", "odd")
    }
    assert {status: code for status, (code, _, _) in found.items() if code != 200} == {"odd": 404}
    ids = {status: [app["id"] for app in json.loads(text)] for status, (code, _, text) in found.items() if code == 200}
    assert ids == {
        "running": [sc.applicationId],
        "completed": [],
        "COMPLETED&status=running": [sc.applicationId],
    }
    assert ask(sc, "/allmiscellaneousprocess") == []
    # Links to one job, stage or RDD, as Spark's own pages have them.
    links = {"/jobs/job/?id=3": "/jobs/?id=3", "/stages/stage/?id=0&attempt=0": "/stages/?id=0&attempt=0"}
    for link, shown in (links | {"/storage/rdd/?id=2": "/storage/?id=2"}).items():
        code, address, text = _get(sc, link)
        assert (code, address) == (200, sc.uiWebUrl + shown)
        assert "<main" in text


def _get(sc, path):
    """Status, the address that it came from, and text."""
    try:
        with urllib.request.urlopen(sc.uiWebUrl + path, timeout=60) as answer:
            return answer.status, answer.geturl(), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, sc.uiWebUrl + path, error.read().decode()


def test_threads_say_where_they_are(make_page, ask):
    sc, free = make_page(), threading.Event()

    def waits_here():
        free.wait(60)

    waiting = threading.Thread(target=waits_here, name="waits for a test", daemon=True)
    waiting.start()
    try:
        until(lambda: "wait" in sys._current_frames()[waiting.ident].f_code.co_name)
        threads = ask(sc, "/executors/driver/threads")
    finally:
        free.set()
    names = [thread["threadName"] for thread in threads]
    assert names == sorted(names, key=str.lower) and {"MainThread", "waits for a test"} <= set(names)
    # Who answers is no part of the answer.
    assert "pyrite-page-answers" not in names
    found = next(thread for thread in threads if thread["threadName"] == "waits for a test")
    assert (found["threadState"], found["isDaemon"], found["threadId"]) == ("WAITING", True, waiting.native_id)
    stack = found["stackTrace"]["elems"]
    assert stack[0].startswith("threading.Condition.wait(threading.py:")
    assert any("waits_here(test_own.py:" in each for each in stack)
    assert stack[-1].startswith("threading.Thread._bootstrap(")
    main = next(thread for thread in threads if thread["threadName"] == "MainThread")
    assert any("test_threads_say_where_they_are" in each for each in main["stackTrace"]["elems"])
