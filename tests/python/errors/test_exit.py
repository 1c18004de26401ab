"""How programs end: with a stream or a job that runs, with a failure, in a forked child, from inside a callback."""

import os
import re
import subprocess
import sys
import textwrap
import time

import pytest

HEAD = """
import os, sys, threading, time
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
sc = SparkContext("local[2]", "test")

def stream(interval=0.05):
    ssc = StreamingContext(sc, interval)
    return ssc, ssc.queueStream([[1]], default=[2])

def mark():
    print("end", time.time(), flush=True)

def fail():
    raise LookupError("mine")
"""
NEVER = ("Fatal", "panicked", "terminate called", "Segmentation", "pyrite/", "Exception ignored", "Exception in thread")


class Ended:
    """What a program left behind."""

    def __init__(self, body: str, *, within: float = 1.5) -> None:
        source = HEAD + textwrap.dedent(body)
        done = subprocess.run(
            [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, env=os.environ, check=False
        )
        ended = time.time()
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert not any(word in self.err for word in NEVER), self.err
        marks = [line for line in self.out.splitlines() if line.startswith("end ")]
        if marks:
            assert ended - float(marks[-1].split()[1]) < within, (ended, marks, self.err)


@pytest.mark.parametrize(
    "job",
    [
        "sc.parallelize(range(4), 2).foreach(lambda x: time.sleep(60))",
        "sc.parallelize(range(10**9), 2).filter(lambda x: hash(str(x)) == 1).count()",
        "sc.parallelize(range(2), 2).mapPartitions(lambda rows: iter(int, 1)).count()",
        "sc.parallelize(range(2), 2).map(lambda x: [1 for _ in iter(int, 1)]).count()",
    ],
    ids=["asleep", "working", "without end", "in a loop"],
)
def test_a_running_job_ends_with_the_program(job):
    ended = Ended(
        f"""
        threading.Thread(target=lambda: {job}, daemon=True).start()
        time.sleep(0.3)
        mark()
        """
    )
    assert ended.code == 0


@pytest.mark.parametrize(
    "output",
    [
        "q.foreachRDD(lambda rdd: [1 for _ in iter(int, 1)])",
        "q.map(lambda x: [1 for _ in iter(int, 1)]).pprint()",
        "q.transform(lambda rdd: [1 for _ in iter(int, 1)]).pprint()",
    ],
    ids=["callback", "lambda", "transform"],
)
def test_a_stream_in_a_loop_ends_with_the_program(output):
    ended = Ended(
        f"""
        ssc, q = stream()
        {output}
        ssc.start()
        time.sleep(0.3)
        mark()
        """
    )
    assert ended.code == 0


def test_a_stream_that_failed_and_that_nobody_asked():
    ended = Ended(
        """
        ssc, q = stream()
        q.foreachRDD(lambda rdd: fail())
        ssc.start()
        time.sleep(1)
        mark()
        """
    )
    assert ended.code == 0
    lines = ended.err.splitlines()
    assert re.match(r"pyrite: The batch of \d\d:\d\d:\d\d(\.\d\d\d)? failed\. The stream goes on", lines[0])
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[-2] == "LookupError: mine"
    assert lines[-1].startswith("in the batch of ")
    assert ended.err.count("Traceback") == 1, "the same failure is said once a minute"


def test_a_stream_that_failed():
    ended = Ended(
        """
        ssc, q = stream()
        q.foreachRDD(lambda rdd: fail())
        ssc.start()
        try:
            ssc.awaitTermination()
        finally:
            mark()
        """
    )
    assert ended.code == 1
    assert ended.err.splitlines()[-2] == "LookupError: mine"
    assert ended.err.splitlines()[-1].startswith("in the batch of ")


def test_an_exception_in_the_program_while_a_stream_runs():
    ended = Ended(
        """
        ssc, q = stream()
        q.map(lambda x: x + 1).pprint()
        ssc.start()
        time.sleep(0.2)
        mark()
        fail()
        """
    )
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "LookupError: mine"


def test_sys_exit_in_the_program_while_a_stream_runs():
    ended = Ended(
        """
        ssc, q = stream()
        q.foreachRDD(lambda rdd: time.sleep(30))
        ssc.start()
        time.sleep(0.2)
        mark()
        sys.exit(3)
        """
    )
    assert (ended.code, ended.err) == (3, "")


def test_sys_exit_in_a_callback_comes_out_of_await_termination():
    ended = Ended(
        """
        ssc, q = stream(0.01)
        q.foreachRDD(lambda rdd: sys.exit(4))
        ssc.start()
        time.sleep(0.1)
        try:
            ssc.awaitTermination()
        finally:
            mark()
        """
    )
    assert (ended.code, ended.err) == (4, "")


def test_stop_in_a_callback():
    ended = Ended(
        """
        ssc, q = stream()
        batches = []

        def enough(rdd):
            batches.append(rdd.collect())
            if len(batches) == 3:
                ssc.stop(stopSparkContext=False)

        q.foreachRDD(enough)
        ssc.start()
        ssc.awaitTermination()
        print(len(batches), sc.parallelize([1, 2]).count())
        mark()
        """
    )
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[0] == "3 2"


@pytest.mark.parametrize("graceful", [False, True])
def test_stop_everything_in_a_callback(graceful):
    ended = Ended(
        f"""
        ssc, q = stream()
        q.foreachRDD(lambda rdd: ssc.stop(stopGraceFully={graceful}))
        ssc.start()
        print(ssc.awaitTerminationOrTimeout(10))
        mark()
        """
    )
    assert ended.code == 0
    # A graceful stop says what it did.
    assert re.fullmatch(r"(pyrite: Stopped: .*, none dropped\.\n)?" if graceful else "", ended.err)
    assert ended.out.splitlines()[0] == "True"


@pytest.mark.parametrize("body", ["rdd.count()", "time.sleep(0.02)", "rdd.map(lambda x: time.sleep(0.02)).count()"])
def test_the_spark_context_stops_while_a_stream_runs(body):
    ended = Ended(
        f"""
        ssc, q = stream()
        q.foreachRDD(lambda rdd: {body})
        ssc.start()
        time.sleep(0.3)
        at = time.time()
        sc.stop()
        print(time.time() - at < 3, StreamingContext.getActive(), ssc.awaitTerminationOrTimeout(1))
        mark()
        """
    )
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[0] == "True None True"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child():
    ended = Ended(
        """
        import warnings
        warnings.simplefilter("ignore")
        ssc, q = stream()
        q.foreachRDD(lambda rdd: rdd.count())
        rdd = sc.parallelize([1])
        ssc.start()
        time.sleep(0.2)
        child = os.fork()
        if child == 0:
            for use in (rdd.count, lambda: sc.parallelize([1]), lambda: StreamingContext(sc, 1), ssc.start):
                try:
                    use()
                    print("no error")
                except Exception as error:
                    print(str(error).splitlines()[1])
            own = SparkContext("local", "child")
            print(own.parallelize([1, 2]).map(lambda x: x + 1).collect(), flush=True)
            sys.exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), sc.parallelize([1]).count(), flush=True)
        mark()
        """
    )
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    told = (
        ": java.lang.IllegalStateException: This SparkContext belongs to the process that forked this one: its threads "
        "are not here. Make a SparkContext in the child, or start it with the spawn method."
    )
    assert lines[:5] == [told, told, told, told, "[2, 3]"]
    assert lines[5] == "0 1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_that_uses_nothing_ends_by_itself():
    ended = Ended(
        """
        import warnings
        warnings.simplefilter("ignore")
        ssc, q = stream()
        q.pprint()
        ssc.start()
        time.sleep(0.1)
        child = os.fork()
        if child == 0:
            sys.exit(5)
        print("child", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        mark()
        """
    )
    assert (ended.code, ended.err) == (0, "")
    assert "child 5" in ended.out


def test_threads_that_start_jobs_without_end():
    for _ in range(3):
        ended = Ended(
            """
            def run():
                while True:
                    sc.parallelize(range(100), 4).map(lambda x: x + 1).collect()

            for _ in range(2):
                threading.Thread(target=run, daemon=True).start()
            time.sleep(0.1)
            mark()
            """
        )
        assert (ended.code, ended.err) == (0, "")


STUBBORN = """
    sys.setswitchinterval(1e-5)

    class Key:
        def __hash__(self):
            return sum(range(50))

        def __eq__(self, other):
            return True

        def __reduce__(self):
            sum(i for i in range(200))
            return Key, ()

    calls = [
        lambda: sc.parallelize(range(10), 2).map(lambda x: x + 1).collect(),
        lambda: sc.parallelize([Key()] * 20, 2),
        lambda: sc.parallelize([1, 2], 2).map(str).explain(),
        lambda: pyrite.rdd.portable_hash((Key(), Key())),
        lambda: sc.parallelize([3, 1], 2).sortBy(lambda x: x).top(1),
        lambda: (ssc.getState(), ssc.remember(1), ssc.sparkContext),
        lambda: StreamingContext(sc, 1).queueStream([]).map(str).cache(),
        lambda: ssc.awaitTerminationOrTimeout(0.001),
    ]

    def go_on(call):
        while True:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    call()
            except BaseException:
                pass

    ssc, q = stream()
    q.map(lambda x: x + 1).foreachRDD(lambda rdd: rdd.count())
    ssc.start()
    for call in calls:
        threading.Thread(target=go_on, args=(call,), daemon=True).start()
    time.sleep(0.3)
    print("end", time.time(), file=sys.__stdout__, flush=True)
"""


def test_threads_that_catch_everything_and_go_on():
    for _ in range(3):
        ended = Ended("    import contextlib, io\n    import pyrite.rdd\n" + STUBBORN, within=20)
        assert ended.code == 0, ended.err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_leaves_broadcasts_to_its_parent():
    ended = Ended(
        """
        kept, dropped = sc.broadcast([5]), sc.broadcast([6])
        if os.fork() == 0:
            del dropped
            sys.exit()
        os.wait()
        print(sc.parallelize([1], 1).map(lambda x: kept.value[0] + dropped.value[0] + x).collect())
        """
    )
    assert (ended.code, ended.out) == (0, "[12]\n")
