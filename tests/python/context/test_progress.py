"""The line that shows how far a long job is: on a terminal only, wiped when the job is done."""

import os
import subprocess
import sys
import threading
import time
from typing import ClassVar

import pytest
from pyrite._progress import Progress, line

PROGRAM = """
import time
from pyrite import SparkContext
sc = SparkContext("local[2]", conf=None)
print(sc.parallelize(range(6), 6).map(lambda x: (time.sleep(0.4), x)[1]).count())
sc.stop()
"""


def test_the_line():
    assert line([]) == ""
    assert line([(0, 2.0, [(0, 4, 0, 4, 100), (1, 8, 2, 3, 20_000)])]) == (
        "Stage 1: [=========>              ] 3/8 tasks, 2 running, 10,050 rows/s"
    )
    busy = [(i, 1.0, [(i, 2, 0, 1, 0)]) for i in range(4)]
    assert line(busy) == "Stage 0, 1, 2 ...: [============>           ] 4/8 tasks, 0 running"


def test_nothing_is_written_where_nobody_watches():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("6\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
@pytest.mark.parametrize("shown", [True, False])
def test_on_a_terminal(shown):
    import pty

    program = PROGRAM
    if not shown:
        program = program.replace(
            "conf=None", 'conf=__import__("pyrite").SparkConf().set("spark.ui.showConsoleProgress", "false")'
        )
    here, there = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=there)
    os.close(there)
    written = b""
    try:
        while piece := os.read(here, 65536):
            written += piece
    except OSError:  # the other end has closed
        pass
    out, _ = process.communicate(timeout=60)
    os.close(here)
    assert out.split() == [b"6"]
    if not shown:
        assert written == b""
        return
    assert b"Stage 0: [" in written
    assert b"/6 tasks, 2 running" in written
    assert written.endswith(b"\r\x1b[2K")
    assert 3 <= written.count(b"Stage 0") <= 8


def _long(make_sc, progress):
    sc = make_sc(**{"spark.ui.showConsoleProgress": "false"})
    sc._engine.on_progress(progress)
    return sc.parallelize(range(2), 2).map(lambda x: (time.sleep(0.9), x)[1])


@pytest.mark.parametrize("kind", [KeyboardInterrupt, TimeoutError])
def test_a_signal_that_comes_while_it_is_drawn_counts(make_sc, kind):
    def progress(goes_on):
        if goes_on:
            raise kind

    with pytest.raises(kind):
        _long(make_sc, progress).collect()


def test_a_signal_that_comes_while_it_is_wiped_counts(make_sc):
    def progress(goes_on):
        if not goes_on:
            raise KeyboardInterrupt

    rows = _long(make_sc, progress)
    with pytest.raises(KeyboardInterrupt):
        (rows.collect(), time.sleep(1))


def test_what_cannot_be_drawn_disturbs_nobody(make_sc):
    def progress(goes_on):
        raise OSError

    assert _long(make_sc, progress).collect() == [0, 1]


def test_two_jobs_that_end_together_leave_nothing(monkeypatch):
    class Jobs:
        running: ClassVar = [(0, 1.0, [(0, 2, 1, 1, 0)])]

        def progress(self):
            return self.running

    class Slow:
        shown = ""

        def draw(self, text):
            drawing.set()
            time.sleep(0.2)
            self.shown = text

        def wipe(self):
            self.shown = ""

    drawing, place = threading.Event(), Slow()
    monkeypatch.setattr("pyrite._progress._place", lambda _jobs: place)
    progress = Progress(Jobs())
    # The first job ends while the second runs; that one ends while the first draws.
    first = threading.Thread(target=progress.show, args=(False,))
    first.start()
    drawing.wait(5)
    Jobs.running = []
    progress.show(False)
    first.join()
    assert place.shown == ""
