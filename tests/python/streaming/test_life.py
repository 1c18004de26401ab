"""start, stop, awaitTermination: the states, their errors, and where they may be called from."""

import functools
import gc
import threading
import time
import weakref

import pytest
from pyrite.errors import Py4JError, Py4JJavaError
from pyrite.storagelevel import StorageLevel
from pyrite.streaming import StreamingContext
from pyrite.testing import advance

ADDING = "Adding new inputs, transformations, and output operations after {} a context is not supported. "


def message(caught) -> str:
    error = caught.value.java_exception
    return f"{error.getClass().getSimpleName()}: {error.getMessage()}"


@pytest.mark.parametrize("duration", [0, -1, 0.0001])
def test_an_interval_must_be_positive(manual, duration):
    with pytest.raises(ValueError, match="at least 0.001 seconds") as caught:
        StreamingContext(manual(), duration)
    assert repr(duration) in str(caught.value)


def test_an_interval_is_needed(manual):
    with pytest.raises(AssertionError):
        StreamingContext(manual())


def test_nothing_to_execute(ssc):
    ssc.queueStream([[1]]).map(lambda x: x)
    with pytest.raises(Py4JJavaError) as caught:
        ssc.start()
    assert message(caught) == (
        "IllegalArgumentException: requirement failed: No output operations registered, so nothing to execute. "
        "Call pprint() or foreachRDD() on a stream before start()."
    )
    with pytest.raises(Py4JJavaError, match="StreamingContext has already been stopped"):
        ssc.start()


def test_what_an_active_context_refuses(ssc):
    q = ssc.queueStream([[1]])
    mapped = q.map(lambda x: x)
    q.pprint()
    ssc.start()
    ssc.start()
    for add in (
        lambda: ssc.queueStream([[1]]),
        lambda: ssc.socketTextStream("localhost", 1),
        lambda: q.window(2),
        lambda: q.union(q),
        lambda: q.pprint(),
        lambda: mapped.foreachRDD(print),
    ):
        with pytest.raises(Py4JJavaError) as caught:
            add()
        assert message(caught).startswith(
            "IllegalStateException: " + ADDING.format("starting") + "Set everything up before start(). To change "
        )
    q.map(lambda x: x).filter(bool)  # no error by itself
    with pytest.raises(Py4JJavaError, match="Cannot change storage level of a DStream after streaming context has"):
        q.cache()
    ssc.stop(False)
    with pytest.raises(Py4JJavaError) as caught:
        q.pprint()
    anew = "Set everything up on a new StreamingContext(sc, seconds)."
    assert message(caught) == "IllegalStateException: " + ADDING.format("stopping") + anew
    ssc.stop(False)
    assert ssc.awaitTerminationOrTimeout(1) is True
    assert ssc.awaitTermination(1) is None


def test_one_active_context(manual):
    sc = manual()
    first, second = StreamingContext(sc, 1), StreamingContext(sc, 1)
    for context in (first, second):
        context.queueStream([[1]]).foreachRDD(lambda rdd: None)
    assert StreamingContext.getActive() is None
    first.start()
    assert StreamingContext.getActive() is first
    with pytest.raises(Py4JJavaError) as caught:
        second.start()
    assert message(caught).startswith(
        "IllegalStateException: Only one StreamingContext may be started in this JVM. Currently running "
        "StreamingContext was started at "
    )
    assert "test_life.py" in message(caught)
    second.stop(False)
    assert StreamingContext.getActive() is first
    third = StreamingContext(sc, 1)
    third.queueStream([[1]]).foreachRDD(lambda rdd: None)
    first.stop(False)
    assert StreamingContext.getActive() is None
    third.start()
    assert StreamingContext.getActiveOrCreate(None, lambda: None) is third
    with pytest.raises(TypeError, match="setupFunc should be callable."):
        StreamingContext.getActiveOrCreate(None, 1)
    assert third.sparkContext.parallelize([1, 2]).count() == 2


def test_waiting(ssc):
    ssc.queueStream([[1]]).foreachRDD(lambda rdd: None)
    ssc.start()
    begin = time.monotonic()
    assert ssc.awaitTerminationOrTimeout(0.05) is False
    assert ssc.awaitTermination(0.05) is None
    assert 0.1 <= time.monotonic() - begin < 2
    threading.Timer(0.05, lambda: ssc.stop(False)).start()
    assert ssc.awaitTerminationOrTimeout(10) is True


def test_stopping_the_spark_context_stops_the_stream(manual):
    sc = manual()
    ssc = StreamingContext(sc, 1)
    ssc.queueStream([[1]]).foreachRDD(lambda rdd: None)
    ssc.start()
    sc.stop()
    assert ssc.awaitTerminationOrTimeout(1) is True
    with pytest.raises(Py4JJavaError, match="stopped SparkContext"):
        StreamingContext(sc, 1)


@pytest.mark.parametrize("gracefully", [False, True])
def test_a_stream_may_stop_itself(manual, gracefully):
    ssc = StreamingContext(manual(**{"spark.streaming.gracefulStopTimeout": "100ms"}), 1)
    seen = []

    def stop_at_two(rdd):
        seen.append(rdd.collect())
        if len(seen) == 2:
            ssc.stop(stopSparkContext=False, stopGraceFully=gracefully)

    ssc.queueStream([[1], [2], [3]]).foreachRDD(stop_at_two)
    ssc.start()
    ssc._clock.advance(2000)
    assert ssc.awaitTerminationOrTimeout(10) is True
    assert seen[:2] == [[1], [2]]


def test_a_transform_may_stop_the_stream(ssc):
    def stop(rdd):
        ssc.stop(stopSparkContext=False)
        return rdd

    ssc.queueStream([[1]]).transform(stop).foreachRDD(lambda rdd: None)
    ssc.start()
    ssc._clock.advance(1000)
    begin = time.monotonic()
    assert ssc.awaitTerminationOrTimeout(10) is True
    assert time.monotonic() - begin < 1.5


def test_a_graceful_stop_works_on_what_came_in(manual):
    ssc = StreamingContext(manual(), 1)
    seen = []
    ssc.queueStream([[1], [2], [3], [4]]).foreachRDD(lambda rdd: seen.append(rdd.collect()))
    ssc.start()
    advance(ssc)
    stopper = threading.Thread(target=ssc.stop, args=(False, True))
    stopper.start()
    for _ in range(3):
        time.sleep(0.1)
        ssc._clock.advance(1000)
    stopper.join(10)
    assert seen == [[1], [2], [3]]


def test_stop_does_not_wait_for_a_job_that_never_ends(ssc, caplog):
    running, release = threading.Event(), threading.Event()

    def hang(rdd):
        running.set()
        release.wait(30)

    ssc.queueStream([[1]]).foreachRDD(hang)
    ssc.start()
    ssc._clock.advance(1000)
    assert running.wait(5)
    begin = time.monotonic()
    ssc._end(graceful=False, grace=0.1)
    assert time.monotonic() - begin < 2
    release.set()


def test_remember_once(ssc):
    ssc.remember(10)
    with pytest.raises(Py4JJavaError) as caught:
        ssc.remember(5)
    assert message(caught) == (
        "IllegalArgumentException: requirement failed: Remember duration already set as 10000 ms. Cannot set it again."
    )


def test_arguments(ssc):
    with pytest.raises(IndexError):
        ssc.queueStream([])
    with pytest.raises(TypeError):
        ssc.queueStream([[1], ssc.sparkContext.parallelize([1])])
    with pytest.raises(AttributeError):
        ssc.queueStream([ssc.sparkContext.parallelize([1]), [1]])
    with pytest.raises(ValueError, match="should have at least one DStream to union"):
        ssc.union()
    with pytest.raises(Py4JJavaError):
        ssc.transform([], lambda rdds: rdds[0])
    with pytest.raises(Py4JError):
        ssc.socketTextStream("localhost", "9999")
    with pytest.raises(Py4JJavaError, match="port out of range:99999"):
        ssc.socketTextStream("localhost", 99999)
    with pytest.raises(Py4JError):
        ssc.textFileStream(7)
    q = ssc.queueStream([[1]])
    assert ssc.union(q) is q
    assert q.context() is ssc
    with pytest.raises(TypeError, match="storageLevel must be of type pyspark.StorageLevel"):
        q.persist("memory")
    assert q.persist(StorageLevel.DISK_ONLY) is q
    assert q.is_cached
    two = q.window(2, 2)
    with pytest.raises(ValueError, match="All DStreams should have same slide duration"):
        ssc.union(q, two)
    with pytest.raises(ValueError, match="the two DStream should have same slide duration"):
        q.union(two)
    with pytest.raises(Py4JJavaError, match="Some of the DStreams have different slide durations"):
        ssc.transform([q, two], lambda rdds: rdds[0])
    for window, slide, name in ((1.5, None, "windowDuration"), (0, None, "windowDuration"), (2, -1, "slideDuration")):
        with pytest.raises(ValueError, match=name) as caught:
            q.window(window, slide)
        assert str(caught.value) == (
            f"{name} must be multiple of the parent dstream's slide (batch) duration (1000 ms)"
        )


def test_a_stopped_context_is_collected(manual):
    sc = manual()
    ssc = StreamingContext(sc, 1)
    ssc.queueStream([[1]]).foreachRDD(functools.partial(lambda context, rdd: None, ssc))
    ssc.start()
    advance(ssc)
    ssc.stop(False)
    sc._stop_hooks.clear()
    gone = weakref.ref(ssc)
    del ssc
    gc.collect()
    assert gone() is None
