"""Answers within a time, when the time is too short."""

import math
import time

import pytest
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
    for answer in (rows.meanApprox(1000), rows.sumApprox(1000, 0.9)):
        assert type(answer) is BoundedFloat
        assert answer.low < answer < answer.high
        assert answer.confidence in (0.95, 0.9)
    assert rows.countApprox(1000) == 400
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
