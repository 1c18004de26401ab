"""What fails comes out of awaitTermination as the user's own exception, every time, with the user's own lines."""

import logging
import time
import traceback

import pytest
from pyrite.streaming import StreamingContext
from pyrite.testing import advance


def own_error(ssc) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the stream raised
        ssc.awaitTerminationOrTimeout(0)
    return caught.value


def go(ssc, batches):
    """Runs batches whatever they raise."""
    ssc.start()
    for _ in range(batches):
        ssc._clock.advance(1000)
        assert ssc._streaming.wait_idle(10)


def divide(x):
    return 8 // x


def test_a_failing_lambda(ssc, watch):
    q = ssc.queueStream([[1, 0], [2], [4]])
    q.map(divide).foreachRDD(lambda rdd: rdd.collect())
    seen = watch(q)
    go(ssc, 3)
    assert len(seen) == 3, "the other operation and later batches go on"
    error = own_error(ssc)
    assert type(error) is ZeroDivisionError
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert frames[-1] == "divide"
    assert not any("/pyrite/" in f.filename for f in traceback.extract_tb(error.__traceback__)), frames
    notes = "\n".join(error.__notes__)
    assert "the record: 0" in notes
    assert "map at test_failures.py" in notes
    assert "in the batch of 1970-01-01 00:00:01" in notes


def test_raised_again_it_is_the_same(ssc):
    ssc.queueStream([[0]]).map(divide).foreachRDD(lambda rdd: rdd.collect())
    go(ssc, 1)
    texts = []
    for _ in range(3):
        try:
            ssc.awaitTermination(1)
        except ZeroDivisionError as error:
            texts.append(traceback.format_exception(error))
    ssc.stop(False)
    try:
        ssc.awaitTermination(1)
    except ZeroDivisionError as error:
        texts.append(traceback.format_exception(error))
    without_line = [[line for line in text if "awaitTermination" not in line] for text in texts]
    assert len(texts) == 4
    assert all(text == without_line[0] for text in without_line)
    ours = [line for line in texts[0] if "divide" not in line and "test_failures" not in line]
    assert len(ours) <= 15


def test_a_failing_transform_drops_the_batch(ssc, watch):
    def sometimes(rdd):
        if rdd.collect() == [2]:
            raise LookupError("two")
        return rdd

    q = ssc.queueStream([[1], [2], [3]])
    seen = watch(q)
    q.transform(sometimes).foreachRDD(lambda rdd: None)
    go(ssc, 3)
    assert seen == [[[], [1]], [[], [3]]]
    error = own_error(ssc)
    assert type(error) is LookupError
    assert traceback.extract_tb(error.__traceback__)[-1].name == "sometimes"
    assert "in the batch of 1970-01-01 00:00:02" in error.__notes__


def test_none_reaches_what_is_folded_and_skips_nodes(ssc, watch):
    q = ssc.queueStream([[1], [2]])
    even = q.transform(lambda time, rdd: rdd if time.second % 2 == 0 else None)
    seen = watch(even)
    go(ssc, 2)
    assert seen == [[[], [2]]]


def test_none_before_a_chained_operation_is_an_attribute_error(ssc):
    ssc.queueStream([[1]]).transform(lambda rdd: None).map(lambda x: x).foreachRDD(lambda rdd: None)
    go(ssc, 1)
    assert type(own_error(ssc)) is AttributeError


def test_stop_iteration_in_a_lambda_fails_the_job(ssc):
    def stop(x):
        if x == 9:
            raise StopIteration
        return x

    ssc.queueStream([[1, 2, 9, 3]]).map(stop).foreachRDD(lambda rdd: rdd.collect())
    go(ssc, 1)
    assert "StopIteration" in str(own_error(ssc))


def test_nobody_waits_so_the_log_says_it(manual, caplog):
    ssc = StreamingContext(manual(), 1)
    ssc.queueStream([[0], [0]]).map(divide).foreachRDD(lambda rdd: rdd.collect())
    with caplog.at_level(logging.INFO, "pyrite"):
        go(ssc, 2)
        deadline = time.monotonic() + 5
        # Messages come on a thread of their own: an earlier test's may still be on its way.
        while not (found := [r for r in caplog.records if r.exc_info and r.exc_info[0] is ZeroDivisionError]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    (record,) = found
    assert record.name == "pyrite.streaming"
    assert record.levelname == "ERROR"
    assert record.getMessage() == (
        "The batch of 00:00:01 failed. The stream goes on with the next batch: ssc.awaitTermination() raises this error, "
        "ssc.stop(stopSparkContext=False) stops the stream."
    )
    shown = logging.Formatter().format(record).splitlines()
    assert shown[1] == "Traceback (most recent call last):"
    assert shown[-5:-3] == ["    return 8 // x", "           ~~^^~~"]
    assert shown[-3] == "ZeroDivisionError: integer division or modulo by zero"
    assert shown[-2].startswith("while running map at test_failures.py:")
    assert shown[-1] == "in the batch of 1970-01-01 00:00:01"
    assert not any("pyrite/streaming" in line for line in shown[1:])


def test_stored_errors_do_not_end_the_context(ssc, watch):
    q = ssc.queueStream([[0], [1]])
    q.map(divide).foreachRDD(lambda rdd: rdd.collect())
    seen = watch(q)
    ssc.start()
    with pytest.raises(ZeroDivisionError):
        advance(ssc)
    with pytest.raises(ZeroDivisionError):
        advance(ssc)
    assert len(seen) == 2
    assert ssc._streaming.phase == "active"


def test_take_does_not_reach_the_row_that_fails(ssc, capsys):
    ssc.queueStream([[1, 2, 4, 8, 0]]).repartition(1).map(divide).pprint(2)
    go(ssc, 1)
    ssc.awaitTerminationOrTimeout(0)
    assert capsys.readouterr().out.splitlines()[-4:] == ["8", "4", "...", ""]


def test_a_sort_fails_its_operation_only(ssc, watch):
    q = ssc.queueStream([[1, 0]])
    q.transform(lambda rdd: rdd.sortBy(divide)).foreachRDD(lambda rdd: rdd.collect())
    seen = watch(q)
    go(ssc, 1)
    assert len(seen) == 1
    assert type(own_error(ssc)) is ZeroDivisionError
