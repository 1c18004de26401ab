"""Debuggers, coverage and profilers: while one is active, functions run in the interpreter, where it sees their lines."""

import cProfile
import importlib.util
import json
import subprocess
import sys

import pytest

PROGRAM = """
from pyrite import SparkContext
sc = SparkContext("local[2]", "test")
def helper(value):
    if value > 11:
        return value + 1
    return value
made = sc.parallelize(range(3), 2).map(
    lambda value: value * 10 + 1
).map(helper)
print(made.collect())
print(made.sum())
"""
STREAM = """
import threading
from pyrite import SparkContext
from pyrite.streaming import StreamingContext
ssc = StreamingContext(SparkContext("local[2]", "test"), 0.05)
done = threading.Event()
def show(rdd):
    rows = rdd.collect()
    if rows:
        print(rows)
        done.set()
ssc.queueStream([[1, 2]]).map(
    lambda value: value * 10 + 1
).foreachRDD(show)
ssc.start()
done.wait()
ssc.stop()
"""
SAID = "pyrite: Nothing is compiled while a tracer is active, so that it sees the lines of your functions.\n"


def run(*arguments, **more):
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **more)


@pytest.fixture
def program(tmp_path):
    def write(text):
        path = tmp_path / "program.py"
        path.write_text(text)
        return path

    return write


def debugged(path, *commands):
    script = [f"b {path}:{line}" for line in commands[0]]
    done = run("-m", "pdb", path, input="\n".join([*script, *commands[1:], "q", ""]))
    return done.stdout + done.stderr


def test_breakpoints_in_functions_stop_there(program):
    # First it stops where the lambda is made.
    steps = ["c", "c", "p 'lambda', value in range(3)", "clear 1", "c", "p 'helper', value", "clear 2", "c"]
    said = debugged(program(PROGRAM), [9, 6], *steps)
    assert "program.py(9)<lambda>()" in said
    assert "('lambda', True)" in said
    assert "program.py(6)helper()" in said
    assert "('helper', 21)" in said
    assert "[1, 11, 22]" in said
    assert said.count(SAID) == 1


def test_breakpoints_in_functions_of_a_stream(program):
    said = debugged(program(STREAM), [8, 13], "c", "c", "p rdd is not None", "c", "p 'found', value", "clear 2", "c")
    assert "program.py(8)show()" in said
    assert "program.py(13)<lambda>()" in said
    assert "('found', 1)" in said or "('found', 2)" in said
    assert "[11, 21]" in said


@pytest.mark.skipif(importlib.util.find_spec("coverage") is None, reason="there is no coverage here")
def test_coverage_counts_the_lines_of_functions(program, tmp_path):
    path, data, report = program(PROGRAM), tmp_path / "data", tmp_path / "report.json"
    done = run("-m", "coverage", "run", f"--data-file={data}", "--branch", path)
    assert done.stdout == "[1, 11, 22]\n34\n"
    assert done.stderr.count("Nothing is compiled while") == 1
    run("-m", "coverage", "json", f"--data-file={data}", "-o", report, f"--include={path}")
    [found] = json.loads(report.read_text())["files"].values()
    assert found["missing_lines"] == []
    assert found["missing_branches"] == []


@pytest.mark.skipif(importlib.util.find_spec("coverage") is None, reason="there is no coverage here")
def test_coverage_that_begins_later_sees_threads_that_were_there(program):
    text = PROGRAM.replace(
        "def helper",
        "sc.parallelize([1], 1).map(lambda x: {x}).collect()\n"
        "import coverage\nwatching = coverage.Coverage(data_file=None)\nwatching.start()\ndef helper",
    )
    done = run(program(text + "watching.stop()\nprint(watching.analysis2(__file__)[3])\n"))
    # The program's own frame was there before; the lines of the functions are not among those that are missing.
    assert done.stdout == "[1, 11, 22]\n34\n[2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 18]\n", done.stderr


def test_profilers_mean_python(make_sc, capsys):
    sc = make_sc("local[2]")
    doubled = sc.parallelize(range(4), 2).map(lambda x: x * 2)
    with cProfile.Profile():
        assert doubled.collect() == [0, 2, 4, 6]
        doubled.explain()
    assert "Python: a " in capsys.readouterr().out
    before = sys.getprofile()
    sys.setprofile(lambda *_: None)
    try:
        assert doubled.collect() == [0, 2, 4, 6]
        doubled.explain()
    finally:
        sys.setprofile(before)
    assert "Python: a profiler is active; rows: 0 native, 0 declined, 8 Python" in capsys.readouterr().out
    assert doubled.collect() == [0, 2, 4, 6]
    doubled.explain()
    assert "native; rows: 4 native, 0 declined, 8 Python" in capsys.readouterr().out


def test_a_tracer_that_is_gone_traces_no_thread(make_sc):
    sc = make_sc("local[1]", **{"pyrite.native": "off"})
    traced = sc.parallelize([1], 1).map(lambda _: type(sys.gettrace()).__name__)
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        assert traced.collect() == ["Lent"]
    finally:
        sys.settrace(before)
    assert traced.collect() == [type(before).__name__]
