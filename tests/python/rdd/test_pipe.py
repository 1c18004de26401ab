"""Rows through programs, beyond what PySpark's recorded answers say."""

import os
import sys
import threading
import time

import psutil
import pytest
from pyrite import TaskContext
from pyrite._ends import Selected, Threaded

PATH = {"PATH": os.environ.get("PATH", "")}

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(params=[Selected, Threaded])
def kind(request, monkeypatch):
    """Both ways to wait for a program; in worker processes always the system's own."""
    if sys.platform == "win32" and request.param is Selected:
        pytest.skip("nothing waits for several pipes here")
    monkeypatch.setattr("pyrite._piping._ends", lambda program: request.param(program.stdin, program.stdout, 0.05))


def running(program):
    """The processes that were started with such an argument."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if process.info["status"] != psutil.STATUS_ZOMBIE and program in (process.info["cmdline"] or []):
            found.append(process)
    return found


def ends(program):
    """None of them is left, soon."""
    end = time.monotonic() + 5
    while running(program):
        assert time.monotonic() < end, "the program goes on"
        time.sleep(0.02)


def test_a_program_that_nobody_reads_any_more_is_ended(sc, kind):
    assert sc.parallelize(range(10), 1).pipe("sh -c 'echo a; exec sleep 300.1'").take(1) == ["a"]
    assert sc.parallelize(range(1_000_000), 1).pipe("yes").take(2) == ["y", "y"]
    ends("300.1")


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
def test_what_such_a_program_has_started_is_ended_too(make_sc):
    sc = make_sc("local[2]", **{"pyrite.python.workers": "0"})
    assert sc.parallelize(range(10), 1).pipe("sh -c 'echo a; sleep 300.2; echo b'", PATH).take(1) == ["a"]
    ends("300.2")


@pytest.mark.parametrize("command", ["cat", "head -n 1"])
def test_rows_that_nobody_will_get_are_not_computed(sc, kind, tmp_path, command):
    seen = tmp_path / "seen"
    seen.write_text("")

    def slowly(x):
        time.sleep(0.02)
        with seen.open("a") as out:
            out.write("x")
        return x

    rows = sc.parallelize(range(500), 1).map(slowly).pipe(command, PATH)
    begin = time.monotonic()
    assert (rows.take(1) if command == "cat" else rows.collect()) == ["0"]
    assert time.monotonic() - begin < 8
    assert len(seen.read_text()) < 100


def test_functions_before_it_run_in_the_task(sc, kind):
    def partition(_):
        return TaskContext.get().partitionId()

    assert sc.parallelize(range(4), 2).map(partition).pipe("cat").collect() == ["0", "0", "1", "1"]


def test_accumulators_before_it_count(sc, kind):
    count = sc.accumulator(0)
    sc.parallelize(range(10), 2).map(lambda x: count.add(x)).pipe("cat").count()
    assert count.value == 45


@pytest.mark.parametrize("command", ["sleep 300.3", "sh -c 'exec >&-; exec sleep 300.3'"])
def test_a_cancelled_job_ends_its_program(sc, kind, command):
    sc.parallelize([1], 1).map(lambda x: x).collect()  # a worker is there
    timers = [threading.Timer(0.5, sc.cancelJobGroup, ("mine",)), threading.Timer(20, os.abort)]
    for timer in timers:
        timer.start()
    sc.setJobGroup("mine", "waits")
    with pytest.raises(Exception, match="cancelled"):
        sc.parallelize([1], 1).pipe(command, PATH).collect()
    timers[1].cancel()
    ends("300.3")


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupted_one_too(sc, kind):
    import signal

    sc.parallelize([1], 1).map(lambda x: x).collect()
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sc.parallelize([1], 1).pipe("sleep 300.4", PATH).collect()
    assert time.monotonic() - begin < 5
    ends("300.4")


def test_a_row_that_fails_on_its_way_in(sc, kind):
    piped = sc.parallelize([1, 0], 1).map(lambda x: 1 // x).pipe("cat")
    with pytest.raises(ZeroDivisionError):
        piped.collect()
    assert piped.take(1) == ["1"]


def test_a_row_that_is_no_text(sc, kind):
    with pytest.raises(UnicodeEncodeError):
        sc.parallelize(["a", "\ud800"], 1).pipe("cat").collect()
    # What can't be read fails where it is.
    wrong = sc.parallelize([1], 1).pipe(r"printf a\\n\\377\\nb", PATH)
    assert wrong.take(1) == ["a"]
    with pytest.raises(UnicodeDecodeError):
        wrong.collect()


def test_a_program_that_is_not_there(sc):
    with pytest.raises(FileNotFoundError):
        sc.parallelize([1], 1).pipe("no-such-program-anywhere").collect()


def test_many_rows_and_long_lines(sc, kind):
    assert sc.parallelize(range(200_000), 2).pipe("cat").collect() == [str(i) for i in range(200_000)]
    assert sc.parallelize(["é" * 3_000_000] * 2, 1).pipe("cat").map(len).collect() == [3_000_000] * 2


def test_lines_of_every_kind(sc, kind):
    rows = ["", "a\n", "b\n\n", "c\nd", "e\r", "\n", " f\u2028g ", 7, None, (1, "x")]
    expected = ["", "a", "b", "c", "d", "e\r", "", " f\u2028g ", "7", "None", "(1, 'x')"]
    assert sc.parallelize(rows, 1).pipe("cat").collect() == expected
    assert sc.parallelize([], 1).pipe("cat").collect() == []
    assert sc.parallelize(["1"], 1).pipe("printf 'a\\n\\nb'", PATH).collect() == ["a", "", "b"]


def test_a_program_that_ends_its_output_first_still_gets_all_rows(sc, kind, tmp_path):
    got = tmp_path / "got"
    piped = sc.parallelize(range(100_000), 1).pipe(f"sh -c 'exec >&-; exec cat > {got}'", PATH, True)
    assert piped.collect() == []
    assert got.read_text() == "".join(f"{i}\n" for i in range(100_000))


def test_exit_codes(sc, kind):
    rows = sc.parallelize([1], 1)
    assert rows.pipe("sh -c 'echo a; exit 3'", PATH).collect() == ["a"]
    with pytest.raises(Exception, match="3") as caught:
        rows.pipe("sh -c 'echo a; exit 3'", PATH, True).collect()
    assert caught.value.getErrorClass() == "PIPE_FUNCTION_EXITED"
    # Nobody asks how one ended that nobody reads any more.
    assert rows.pipe("sh -c 'echo a; exit 3'", PATH, True).take(1) == ["a"]


def test_nothing_is_left_of_it(make_sc, kind):
    sc = make_sc("local[2]", **{"pyrite.python.workers": "0"})
    process = psutil.Process()
    files = process.num_fds() if hasattr(process, "num_fds") else 0
    for _ in range(5):
        sc.parallelize(range(10), 2).pipe("cat").collect()
        sc.parallelize(range(100_000), 2).pipe("cat").take(1)
    end = time.monotonic() + 5
    while any(thread.name == "pyrite-pipe" for thread in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.02)
    if files:
        assert process.num_fds() <= files + 4
    assert not [child for child in process.children() if child.name() == "cat"]
