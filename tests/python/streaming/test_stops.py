"""Stopping: what is worked on first, what is dropped and said, SIGTERM, the states and what is allowed in each."""

import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext
from pyrite.testing import advance

HEAD = """
import sys, time, os, threading, signal
from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
conf = SparkConf().set("spark.streaming.stopGracefullyOnShutdown", "true")
sc = SparkContext("local[2]", "t", conf=conf)
ssc = StreamingContext(sc, 0.2)
done = []
q = ssc.queueStream([[1]], default=[2])
q.foreachRDD(lambda rdd: done.append(rdd.count()))
"""


def started(body):
    source = HEAD + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )


def until(condition, timeout=10):
    end = time.monotonic() + timeout
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def said(caplog, part):
    until(lambda: any(part in record.getMessage() for record in caplog.records))
    return next(record for record in caplog.records if part in record.getMessage())


def stop_gracefully(ssc, moves=3):
    """stop() on a thread of its own while the clock moves on."""
    stopper = threading.Thread(target=ssc.stop, args=(False, True))
    stopper.start()
    for _ in range(moves):
        time.sleep(0.05)
        ssc._clock.advance(ssc._interval_ms)
    stopper.join(20)
    assert not stopper.is_alive()


def test_a_graceful_stop_says_what_it_did(ssc, caplog):
    seen = []
    ssc.queueStream([[i] for i in range(9)]).foreachRDD(lambda rdd: seen.append(rdd.collect()))
    ssc.start()
    advance(ssc)
    with caplog.at_level(logging.INFO, "pyrite"):
        stop_gracefully(ssc)
        record = said(caplog, "worked on after stop()")
    assert seen == [[0], [1], [2]]
    assert record.levelno == logging.INFO
    assert record.getMessage() == "Stopped: 2 batches were worked on after stop() was called, none dropped."


def test_a_graceful_stop_says_what_failed(ssc, caplog):
    ssc.queueStream([[0]], default=[0]).foreachRDD(lambda rdd: rdd.map(lambda x: 1 // x).collect())
    ssc.start()
    with caplog.at_level(logging.INFO, "pyrite"):
        stop_gracefully(ssc)
        record = said(caplog, "worked on after stop()")
    assert record.getMessage().startswith("Stopped: 2 batches were worked on after stop() was called, 2 of them failed")
    with pytest.raises(ZeroDivisionError):
        ssc.awaitTermination()


def test_a_graceful_stop_has_a_deadline_and_says_what_it_dropped(manual, caplog):
    ssc = StreamingContext(manual(**{"spark.streaming.gracefulStopTimeout": "300ms"}), 1)
    let = threading.Event()
    ssc.queueStream([[1]], default=[1]).foreachRDD(lambda rdd: let.wait(20))
    ssc.start()
    ssc._clock.advance(3000)
    begin = time.monotonic()
    with caplog.at_level(logging.WARNING, "pyrite"):
        stopper = threading.Thread(target=lambda: ssc._end(graceful=True, grace=0.1))
        stopper.start()
        stopper.join(10)
        assert 0.3 <= time.monotonic() - begin < 5
        record = said(caplog, "dropped by stop()")
    assert record.levelno == logging.WARNING
    assert record.getMessage().endswith("0 batches were worked on after stop() was called.")
    assert "gave up after 300 ms (spark.streaming.gracefulStopTimeout)" in said(caplog, "gave up after").getMessage()
    let.set()


def test_a_stop_at_once_drops_and_is_quiet(ssc, caplog):
    let, seen = threading.Event(), []

    def work(time, rdd):
        seen.append(time.second)
        let.wait(20)

    ssc.queueStream([[1]], default=[1]).foreachRDD(work)
    ssc.start()
    ssc._clock.advance(3000)
    until(lambda: seen)
    with caplog.at_level(logging.INFO, "pyrite"):
        threading.Timer(0.2, let.set).start()
        ssc.stop(False)
        time.sleep(0.1)
    assert seen == [1], "batches that wait are dropped"
    assert not caplog.records


def test_stop_from_a_callback_drops_the_rest_of_the_batch(ssc):
    seen = []

    def stop(rdd):
        seen.append("first")
        ssc.stop(stopSparkContext=True)

    q = ssc.queueStream([[1]])
    q.foreachRDD(stop)
    q.foreachRDD(lambda rdd: seen.append("second"))
    ssc.start()
    ssc._clock.advance(1000)
    assert ssc.awaitTerminationOrTimeout(10) is True
    assert seen == ["first"]
    # The callback's thread still clears up.
    until(lambda: StreamingContext.getActive() is None)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send to one process")
class TestSigterm:
    def test_it_stops_gracefully(self):
        program = started(
            """
            ssc.start()
            print("ready", flush=True)
            try:
                ssc.awaitTermination()
            finally:
                print("after", len(done), ssc.awaitTerminationOrTimeout(0), flush=True)
            """
        )
        assert program.stdout.readline() == "ready\n"
        time.sleep(0.3)
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate(timeout=30)
        assert program.returncode == 143
        assert out.startswith("after ")
        assert out.endswith(" True\n")
        assert "worked on after stop() was called, none dropped." in err

    def test_a_handler_of_the_program_comes_after_it(self):
        program = started(
            """
            signal.signal(signal.SIGTERM, lambda *_: print("mine", ssc.awaitTerminationOrTimeout(0), flush=True))
            ssc.start()
            print("ready", flush=True)
            ssc.awaitTermination()
            print("end", signal.getsignal(signal.SIGTERM).__name__)
            """
        )
        assert program.stdout.readline() == "ready\n"
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate(timeout=30)
        assert program.returncode == 0
        assert out == "mine True\nend <lambda>\n"

    def test_it_is_what_it_was_after_stop(self):
        program = started(
            """
            ssc.start()
            armed = signal.getsignal(signal.SIGTERM)
            ssc.stop(False)
            print(callable(armed), signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
            """
        )
        out, err = program.communicate(timeout=30)
        assert (program.returncode, out) == (0, "True True\n")

    def test_not_on_the_main_thread(self):
        program = started(
            """
            starter = threading.Thread(target=ssc.start)
            starter.start()
            starter.join()
            ssc.stop(False)
            print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
            """
        )
        out, err = program.communicate(timeout=30)
        assert (program.returncode, out) == (0, "True\n")
        assert "stopGracefullyOnShutdown has no effect on SIGTERM" in err


def test_the_end_of_a_script_is_graceful_where_it_was_asked_for():
    program = started(
        """
        ssc.start()
        time.sleep(0.3)
        """
    )
    out, err = program.communicate(timeout=30)
    assert program.returncode == 0
    assert "worked on after stop() was called, none dropped." in err


@pytest.mark.parametrize(("jobs", "most"), [(1, 1), (3, 3)])
def test_concurrent_jobs(manual, jobs, most):
    ssc = StreamingContext(manual(**{"spark.streaming.concurrentJobs": jobs}), 1)
    inside, worst, lock = [], [], threading.Lock()

    def work(rdd):
        with lock:
            inside.append(1)
            worst.append(len(inside))
        time.sleep(0.05)
        with lock:
            inside.pop()

    q = ssc.queueStream([[1]], default=[1])
    for _ in range(3):
        q.foreachRDD(work)
    ssc.start()
    advance(ssc, 2)
    ssc.stop(False)
    assert len(worst) == 6
    assert max(worst) == most


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_concurrent_jobs_must_be_a_number(manual, jobs):
    with pytest.raises(Py4JJavaError, match=f"spark.streaming.concurrentJobs is set to '{jobs}', but it takes"):
        StreamingContext(manual(**{"spark.streaming.concurrentJobs": jobs}), 1)


def test_concurrent_jobs_fail_and_settle_in_order(manual):
    """A later batch that fails first doesn't free what an earlier one still reads."""
    ssc = StreamingContext(manual(**{"spark.streaming.concurrentJobs": 2}), 1)
    let, seen = threading.Event(), []

    def work(at, rdd):
        if at.second == 1:
            let.wait(10)
            seen.append(rdd.collect())
        elif at.second == 2:
            raise ValueError("second")
        else:
            seen.append(rdd.collect())

    q = ssc.queueStream([[1], [2], [3]])
    q.cache()
    q.map(lambda x: x * 10).foreachRDD(work)
    ssc.start()
    ssc._clock.advance(3000)
    until(lambda: [30] in seen)
    assert ssc._streaming.history() == []
    let.set()
    assert ssc._streaming.wait_idle(10)
    assert seen == [[30], [10]]
    assert [(batch[0], batch[4]) for batch in ssc._streaming.history()] == [(1000, False), (2000, True), (3000, False)]
    ssc.stop(False)


def test_remembered_batches_are_those_of_the_stream(manual):
    made = []

    def make(rdd):
        made.append(1)
        return rdd.map(lambda x: x)

    ssc = StreamingContext(manual(), 1)
    ssc.remember(3)
    stream = ssc.queueStream([[i] for i in range(6)]).transform(make)
    stream.foreachRDD(lambda rdd: None)
    ssc.start()
    advance(ssc, 5)
    assert len(made) == 5
    assert [rdd.collect() for rdd in stream.slice(3, 5)] == [[2], [3], [4]]
    assert len(made) == 5, "they were remembered"
    assert stream.slice(0, 0) == [], "there is none at the zero time"
    assert [rdd.collect() for rdd in stream.slice(4.9, 5.9)] == [[3], [4]], "both ends go down to a batch"
    assert [rdd.collect() for rdd in stream.slice(6, 6)] == [[5]], "what will be is made now"
    assert len(made) == 6
    ssc.stop(False)


def test_slice_before_the_start(ssc):
    with pytest.raises(Py4JJavaError, match="has not been initialized"):
        ssc.queueStream([[1]]).slice(1, 2)


class TestStates:
    """What each state allows."""

    def test_stop_before_start(self, ssc):
        ssc.queueStream([[1]]).foreachRDD(lambda rdd: None)
        assert ssc.awaitTerminationOrTimeout(0.01) is False
        assert ssc.stop(False) is None
        assert ssc.awaitTerminationOrTimeout(0.01) is True
        with pytest.raises(Py4JJavaError, match="IllegalStateException: StreamingContext has already been stopped"):
            ssc.start()

    def test_stop_after_stop_still_stops_the_spark_context(self, manual):
        sc = manual()
        ssc = StreamingContext(sc, 1)
        ssc.queueStream([[1]]).foreachRDD(lambda rdd: None)
        ssc.start()
        ssc.stop(False)
        ssc.stop(False)
        assert sc.parallelize([1]).count() == 1
        ssc.stop()
        with pytest.raises(Py4JJavaError, match="stopped SparkContext"):
            sc.parallelize([1]).count()

    def test_what_is_lazy_fails_when_it_is_needed(self, ssc):
        q = ssc.queueStream([[1]])
        q.foreachRDD(lambda rdd: None)
        ssc.start()
        lazy = q.map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b).transform(lambda rdd: rdd)
        for use in (
            lazy.pprint,
            lambda: lazy.window(1),
            lambda: lazy.join(q),
            lambda: lazy.transformWith(lambda a, b: a, q),
        ):
            with pytest.raises(Py4JJavaError, match="after starting a context is not supported"):
                use()

    def test_another_context_runs(self, manual):
        sc = manual()
        first, second = StreamingContext(sc, 1), StreamingContext(sc, 1)
        for context in (first, second):
            context.queueStream([[1]]).foreachRDD(lambda rdd: None)
        first.start()
        with pytest.raises(Py4JJavaError, match="Only one StreamingContext may be started in this JVM"):
            second.start()
        first.stop(False)
        second.start()  # it stayed as it was
        assert StreamingContext.getActive() is second
        advance(second)
        second.stop(False)

    def test_a_failure_is_raised_every_time_and_after_the_stop(self, ssc):
        def fail(time, rdd):
            raise ValueError(f"batch {time.second}")

        seen = []
        q = ssc.queueStream([[1], [2]])
        q.foreachRDD(fail)
        q.foreachRDD(lambda rdd: seen.append(rdd.collect()))
        ssc.start()
        for second in (1, 2):
            ssc._clock.advance(1000)
            assert ssc._streaming.wait_idle(10)
            for _ in range(2):
                with pytest.raises(ValueError, match=f"batch {second}"):
                    ssc.awaitTerminationOrTimeout(10)
        assert seen == [[1], [2]], "other operations and later batches go on"
        ssc.stop(False)
        for _ in range(2):
            with pytest.raises(ValueError, match="batch 2"):
                ssc.awaitTermination()

    def test_stopping_the_spark_context_of_two(self, manual):
        sc = manual()
        first, second = StreamingContext(sc, 1), StreamingContext(sc, 1)
        first.queueStream([[1]]).foreachRDD(lambda rdd: None)
        second.queueStream([[1]]).foreachRDD(lambda rdd: None)
        first.start()
        second.stop(stopSparkContext=True)
        assert first.awaitTerminationOrTimeout(10) is True
        assert StreamingContext.getActive() is None
