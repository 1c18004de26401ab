"""Answers within a time, when the time is too short."""

import math
import os
import signal
import sys
import threading
import time

import pytest
from pyrite import TaskContext
from pyrite.rdd import BoundedFloat


def slow(x):
    time.sleep(0.02)
    return x


def none_runs(sc):
    end = time.monotonic() + 10
    while sc.statusTracker().getActiveJobsIds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_is_done_stands_for_all(sc):
    rows = sc.parallelize(range(400), 100).map(slow)
    sc.parallelize(range(2), 2).map(slow).count()  # worker processes take their time to start
    for answer in (rows.meanApprox(1000), rows.sumApprox(1000, 0.9)):
        assert type(answer) is BoundedFloat
        assert answer.low < answer < answer.high
        assert answer.confidence in (0.95, 0.9)
    # As in PySpark the estimate is cut to an int: k partitions of 100 stand for 4 * (k / 0.01k), which may round down.
    assert rows.countApprox(1000) in (399, 400)
    none_runs(sc)


def test_nothing_is_done_in_time(sc):
    answer = sc.parallelize([1, 2], 2).map(lambda x: time.sleep(0.5) or x).meanApprox(0)
    assert (answer, answer.confidence, answer.low, answer.high) == (0.0, 0.0, -math.inf, math.inf)
    none_runs(sc)


def test_a_row_that_fails(sc):
    with pytest.raises(ZeroDivisionError):
        sc.parallelize([1, 0], 2).map(lambda x: 1 // x).sumApprox(60_000)


def test_its_job_is_of_the_callers_group(sc):
    sc.setJobGroup("mine", "approximately")
    assert sc.parallelize(range(10), 2).countApprox(60_000) == 10
    assert sc.statusTracker().getJobIdsForGroup("mine")


def test_a_slow_partition_holds_up_no_other(make_sc):
    sc = make_sc("local[2]", **{"pyrite.python.workers": "0"})

    def partition(index, rows):
        time.sleep(60 if index == 0 else 0.01)
        return rows

    begin = time.monotonic()
    answer = sc.parallelize(range(40), 20).mapPartitionsWithIndex(partition).sumApprox(3000)
    assert time.monotonic() - begin < 4
    # 19 of 20 partitions: all rows but the first two.
    assert math.isclose(answer, sum(range(2, 40)) / 38 * 40)
    none_runs(sc)


def test_many_tiny_partitions_are_one_job(sc):
    sc.setJobGroup("tiny", "approximately")
    rows = sc.parallelize(range(1000), 1000)
    begin = time.monotonic()
    rows.map(float).sum()
    exact = time.monotonic() - begin
    begin = time.monotonic()
    assert rows.sumApprox(60_000) == sum(range(1000))
    assert time.monotonic() - begin < 3 * exact + 1
    assert len(sc.statusTracker().getJobIdsForGroup("tiny")) == 2


def test_a_cancelled_group_and_an_interrupt_end_it(sc):
    rows = sc.parallelize(range(1000), 500).map(slow)
    rows.ctx.setJobGroup("mine", "approximately")
    threading.Timer(0.3, sc.cancelJobGroup, ("mine",)).start()
    with pytest.raises(Exception, match="cancelled"):
        rows.sumApprox(60_000)
    none_runs(sc)
    if sys.platform != "win32":
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            rows.meanApprox(60_000)
        none_runs(sc)


def test_its_tasks_have_the_callers_properties(sc):
    sc.setLocalProperty("colour", "red")

    def red(_):
        return float(TaskContext.get().getLocalProperty("colour") == "red")

    assert sc.parallelize(range(4), 4).map(red).sumApprox(60_000) == 4


def test_nothing_at_all(sc):
    assert sc.parallelize([], 2).sumApprox(60_000) == 0
    assert sc.emptyRDD().countApprox(60_000) == 0
