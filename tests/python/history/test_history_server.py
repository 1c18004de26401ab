"""Spark's own history server opens the log: a program that ended, one that failed, one that was killed, a stream, queries."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

# Java begins, and loads what it shows, while much else may run.
pytestmark = pytest.mark.timeout(600)

PROGRAM = Path(__file__).parent / "programs.py"


def _run(logs, kind, *settings):
    command = [sys.executable, str(PROGRAM), logs.as_uri(), kind, *settings]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def _frames_python():
    """The Python that has the extra `pyrite[sql]`: `make` has it beside this one."""
    return Path(f"{sys.prefix}-frames") / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _opened(server, name, is_complete):
    """The id of the application of that name."""

    def there(applications):
        return any(a["name"] == name and a["attempts"][0]["completed"] == is_complete for a in applications)

    (found,) = [a for a in server.wait_for(there) if a["name"] == name]
    return found["id"], found["attempts"][0]


def test_a_program_that_ended(history):
    server, logs = history
    assert _run(logs, "finished").returncode == 0
    app, attempt = _opened(server, "finished", is_complete=True)
    assert (attempt["appSparkVersion"], attempt["duration"] > 0) == ("4.3.0", True)

    second, first = server.get(f"/{app}/jobs")
    assert (first["jobId"], second["jobId"]) == (0, 1)
    assert re.fullmatch(r"collect at .*programs\.py:\d+", first["name"])
    assert (first["description"], first["jobGroup"]) == ("sums of sevens", "first")
    counts = ("status", "numTasks", "numCompletedTasks", "numFailedTasks", "numCompletedStages", "numActiveTasks")
    assert [first[name] for name in counts] == ["SUCCEEDED", 7, 7, 0, 2, 0]
    assert [second[name] for name in counts] == ["SUCCEEDED", 4, 4, 0, 1, 0]

    count, collect, shuffle = server.get(f"/{app}/stages")
    assert [stage["status"] for stage in (shuffle, collect, count)] == ["COMPLETE"] * 3
    assert (shuffle["shuffleWriteRecords"], collect["shuffleReadRecords"], collect["outputRecords"]) == (28, 28, 7)
    assert shuffle["shuffleWriteBytes"] == collect["shuffleReadBytes"] > 0
    assert count["outputRecords"] == 1000
    assert len(shuffle["rddIds"]) == 2
    # What was kept is input, as Spark counts it.
    assert (shuffle["inputRecords"], count["inputRecords"]) == (0, 1000)
    assert count["inputBytes"] > 0
    assert all(stage["executorCpuTime"] > 0 for stage in (shuffle, collect, count))

    tasks = server.get(f"/{app}/stages/{shuffle['stageId']}/0/taskList")
    assert [(task["index"], task["status"], task["executorId"]) for task in tasks] == [
        (index, "SUCCESS", "driver") for index in range(4)
    ]
    assert [task["taskMetrics"]["shuffleWriteMetrics"]["recordsWritten"] for task in tasks] == [7] * 4

    (driver,) = server.get(f"/{app}/executors")
    assert (driver["id"], driver["totalCores"], driver["completedTasks"], driver["failedTasks"]) == ("driver", 2, 11, 0)

    environment = server.get(f"/{app}/environment")
    assert ["spark.app.name", "finished"] in environment["sparkProperties"]
    assert dict(environment["systemProperties"])["pythonVersion"] == sys.version.split()[0]


def test_a_program_that_failed(history):
    server, logs = history
    assert _run(logs, "failing", "spark.eventLog.compress=false").returncode == 1
    app, _ = _opened(server, "failing", is_complete=True)
    failed, *others = server.get(f"/{app}/jobs")
    assert [job["status"] for job in others] == ["SUCCEEDED"] * 2
    assert (failed["status"], failed["numCompletedTasks"], failed["numFailedTasks"]) == ("FAILED", 1, 1)
    stage = server.get(f"/{app}/stages/{failed['stageIds'][0]}/0")
    assert stage["status"] == "FAILED"
    assert "ZeroDivisionError: integer division or modulo by zero" in stage["failureReason"]
    tasks = server.get(f"/{app}/stages/{failed['stageIds'][0]}/0/taskList")
    assert [task["status"] for task in tasks] == ["SUCCESS", "FAILED"]
    assert "programs.py" in tasks[1]["errorMessage"]


@pytest.mark.parametrize(("rolling", "codec"), [("true", "zstd"), ("false", "zstd"), ("true", "lz4"), ("false", "lz4")])
def test_a_program_that_was_killed(history, rolling, codec):
    server, logs = history
    name = f"killed {rolling} {codec}"
    command = [sys.executable, str(PROGRAM), logs.as_uri(), "killed", f"spark.app.name={name}"]
    command += [f"spark.eventLog.rolling.enabled={rolling}", f"spark.eventLog.compression.codec={codec}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout.readline() == "runs\n"
            app, _ = _opened(server, name, is_complete=False)
            # It is read while it runs, and no less once it was killed.
            server.wait_for(lambda jobs: len(jobs) == 3 and jobs[0]["numActiveTasks"] == 2, f"/{app}/jobs")
        finally:
            program.kill()
    running, *others = server.get(f"/{app}/jobs")
    assert [job["status"] for job in others] == ["SUCCEEDED"] * 2
    assert (running["status"], running["numTasks"], running["numActiveTasks"]) == ("RUNNING", 2, 2)
    assert [task["status"] for task in server.get(f"/{app}/stages/{running['stageIds'][0]}/0/taskList")] == [
        "RUNNING"
    ] * 2


def test_a_stream_is_its_jobs(history):
    server, logs = history
    assert _run(logs, "streaming", "spark.eventLog.compression.codec=lz4").returncode == 0
    app, _ = _opened(server, "streaming", is_complete=True)
    jobs = [job for job in server.get(f"/{app}/jobs") if "[output operation 0, batch time" in job["description"]]
    assert len(jobs) >= 2
    assert {job["status"] for job in jobs} == {"SUCCEEDED"}


def test_streaming_queries_are_on_their_own_tab(history):
    server, logs = history
    # `pyspark` is Pyrite there.
    command = [str(_frames_python()), "-W", "ignore", "-m", "pyrite", str(PROGRAM), logs.as_uri(), "queries"]
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(command, env=paths, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    app, _ = _opened(server, "queries", is_complete=True)
    listed = server.page(f"/history/{app}/StreamingQuery/")
    assert "Completed Streaming Queries (2)" in listed
    good, bad = (row for row in re.findall("<tr>(.*?)</tr>", listed, re.DOTALL) if " values" in row)
    if "bad values" in good:
        good, bad = bad, good
    assert "counted values" in good and "FINISHED" in good
    assert "FAILED" in bad and "ZeroDivisionError" in bad
    shown = server.page(f"/history/{app}/StreamingQuery/statistics/?id={ran.stdout.strip()}")
    assert "counted values" in shown
    for chart in ("Input Rate", "Operation Duration", "Global Watermark Gap", "Aggregated Number Of Total State Rows"):
        assert chart in shown
