"""`pyrite.testing` does what its documentation shows."""

import doctest

import pyrite.testing
import pytest
from pyrite.testing import advance, run_batches, streaming_context


def test_the_example_runs():
    results = doctest.testmod(pyrite.testing)
    assert results.attempted > 3
    assert results.failed == 0


def test_partitions_more_batches_and_nothing(manual):
    with streaming_context() as ssc:
        outputs = run_batches(
            ssc, [[1, 2], [3]], lambda s: s.transform(lambda t, r: r if t.second < 3 else None), more=1, partitions=True
        )
    assert outputs == [[[1], [2]], [[], [3]], None]


def test_a_failure_is_raised():
    with streaming_context() as ssc, pytest.raises(ZeroDivisionError):
        run_batches(ssc, [[0]], lambda s: s.map(lambda x: 1 // x))


def test_a_day_of_batches_runs_in_a_moment():
    with streaming_context(batchDuration=60) as ssc:
        seen = []
        ssc.queueStream([[1]], default=[1]).foreachRDD(lambda time, rdd: seen.append(time))
        ssc.start()
        advance(ssc, 24 * 60)
    assert len(seen) == 24 * 60


def test_the_machines_clock_cannot_be_moved(make_sc):
    from pyrite.streaming import StreamingContext

    with pytest.raises(ValueError, match="machine's clock"):
        advance(StreamingContext(make_sc(), 1))
