"""`source`, `collect` and `run_batches(ssc, n)` of pyrite.testing."""

import pytest
from pyrite.streaming import StreamingContext
from pyrite.testing import ABORT, END, PAUSE, Aborted, collect, run_batches, source, streaming_context


@pytest.fixture
def ssc():
    with streaming_context() as context:
        yield context


def test_rows_a_batch(ssc):
    seen = collect(source(ssc, range(5), rows=2))
    run_batches(ssc, 4)
    assert seen == [[0, 1], [2, 3], [4], []]
    assert seen.rows == [0, 1, 2, 3, 4]
    assert seen.times == [1000, 2000, 3000, 4000]


def test_partitions(ssc):
    seen = collect(source(ssc, [[1], [2], [3]], rows=3, partitions=2), partitions=True)
    run_batches(ssc)
    assert seen == [[[[1]], [[2], [3]]]]


def test_pause_and_end(ssc):
    seen = collect(source(ssc, [1, PAUSE, PAUSE, 2, 3, END, 4, END, END, 5], rows=2))
    run_batches(ssc)
    assert seen == [[1], [], [], [2, 3]]
    run_batches(ssc)
    assert seen[4:] == [[4]]
    run_batches(ssc)
    assert seen[5:] == [[5]]
    run_batches(ssc, more=1)
    assert seen[6:] == [[]]


def test_several_sources(ssc):
    a, b = source(ssc, [1, 2, 3]), source(ssc, [10], rows=4)
    seen = collect(a.union(b))
    run_batches(ssc)
    assert seen == [[1, 10], [2], [3]]


def test_a_stream_that_is_read_twice_gets_the_same(ssc):
    s = source(ssc, [1, 2])
    left, right = collect(s.map(lambda x: x + 1)), collect(s.window(2))
    run_batches(ssc)
    assert (left, right) == ([[2], [3]], [[1], [1, 2]])


def test_abort_ends_the_context_once(ssc):
    sc = ssc.sparkContext
    items = [1, 2, ABORT, 3]
    seen = collect(source(ssc, items))
    with pytest.raises(Aborted, match="came to ABORT in the batch of 3000 ms"):
        run_batches(ssc)
    assert seen == [[1], [2]]
    assert StreamingContext.getActive() is None
    with pytest.raises(Aborted):
        ssc.awaitTermination()
    # Another source is another abort, this one's has happened.
    again = StreamingContext(sc, 1)
    other = collect(source(again, items))
    with pytest.raises(Aborted):
        run_batches(again, 5)
    assert other == [[1], [2]]


def test_wrong_arguments(ssc):
    with pytest.raises(ValueError, match="1 row or more, not 0"):
        source(ssc, [1], rows=0)
    with pytest.raises(TypeError, match="takes the inputs of build's stream"):
        run_batches(ssc, 3, lambda s: s)
    with pytest.raises(TypeError, match="takes a function from a stream"):
        run_batches(ssc, [[1]])


def test_a_failure_is_raised(ssc):
    source(ssc, [1, 0, 2]).map(lambda x: 1 // x).foreachRDD(lambda rdd: rdd.count())
    with pytest.raises(ZeroDivisionError):
        run_batches(ssc)
