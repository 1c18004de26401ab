"""StreamingListener: which events come, in which order, with which fields; listeners hold nobody up."""

import logging
import os
import threading
import time

import pytest
from pyrite.errors import Py4JError
from pyrite.streaming import StreamingContext, StreamingListener
from pyrite.streaming._events import ReceiverEvent
from pyrite.testing import advance

METHODS = [name for name in dir(StreamingListener) if name.startswith("on")]


class Hears(StreamingListener):
    """Keeps every event under its method's name."""

    def __init__(self):
        self.events = []

    def of(self, name):
        return [event for method, event in self.events if method == name]

    def short(self):
        """`Submitted 1000`, `OpStarted 1000/0`."""
        return [self._short(method, event) for method, event in self.events]

    @staticmethod
    def _short(method, event):
        name = method.removeprefix("on").replace("OutputOperation", "Op").replace("Batch", "")
        if hasattr(event, "batchInfo"):
            return f"{name} {event.batchInfo().batchTime().milliseconds()}"
        if hasattr(event, "outputOperationInfo"):
            info = event.outputOperationInfo()
            return f"{name} {info.batchTime().milliseconds()}/{info.id()}"
        return name


for _method in METHODS:

    def _keep(self, event, _method=_method):
        self.events.append((_method, event))

    setattr(Hears, _method, _keep)


@pytest.fixture
def hears(ssc):
    listener = Hears()
    ssc.addStreamingListener(listener)
    return listener


def test_the_order_of_events(ssc, hears):
    q = ssc.queueStream([[1], [2]])
    q.foreachRDD(lambda rdd: None)
    q.pprint()
    ssc.start()
    advance(ssc, 2)
    ssc.stop(False)
    of = lambda t: [f"Submitted {t}", f"Started {t}", f"OpStarted {t}/0", f"OpCompleted {t}/0", f"OpStarted {t}/1", f"OpCompleted {t}/1", f"Completed {t}"]  # fmt: skip
    assert hears.short() == ["StreamingStarted", *of(1000), *of(2000)]


def test_the_fields_of_a_batch(ssc, hears, tmp_path):
    files, q = ssc.textFileStream(str(tmp_path)), ssc.queueStream([[1, 2]])
    files.union(q.map(str)).foreachRDD(lambda rdd: ssc._clock.advance(250))
    ssc.start()
    (tmp_path / "a.txt").write_text("x\ny\n")
    os.utime(tmp_path / "a.txt", (0.5, 0.5))
    advance(ssc)
    ssc.stop(False)
    assert hears.of("onStreamingStarted")[0].time() == 0
    submitted, started, completed = (
        hears.of(f"onBatch{what}")[0].batchInfo() for what in ("Submitted", "Started", "Completed")
    )
    for info in (submitted, started, completed):
        assert str(info.batchTime()) == "1000 ms"
        assert info.batchTime().milliseconds() == 1000
        assert info.submissionTime() == 1000
        assert info.numRecords() == 0
        inputs = info.streamIdToInputInfo()
        assert list(inputs) == [0], "a queue reports nothing"
        said = f"file:{tmp_path / 'a.txt'}"
        assert inputs[0].inputStreamId() == 0
        assert inputs[0].numRecords() == 0
        assert inputs[0].metadata() == {"files": [said], "Description": said}
        assert inputs[0].metadataDescription() == said
    times = lambda i: (i.processingStartTime(), i.processingEndTime(), i.schedulingDelay(), i.processingDelay(), i.totalDelay())  # fmt: skip
    assert times(submitted) == (-1, -1, -1, -1, -1)
    assert times(started) == (1000, -1, 0, -1, -1)
    assert times(completed) == (1000, 1250, 0, 250, 250)
    operation = completed.outputOperationInfos()[0]
    assert (operation.id(), operation.startTime(), operation.endTime()) == (0, 1000, 1250)
    assert operation.name().startswith("foreachRDD at test_listeners.py:")
    assert operation.description() == operation.name()
    assert operation.batchTime() == completed.batchTime()
    assert operation.failureReason() is None
    before = hears.of("onOutputOperationStarted")[0].outputOperationInfo()
    assert (before.startTime(), before.endTime()) == (1000, -1)
    assert "BatchInfo(batchTime=Time(1000)" in repr(completed)
    assert "batchInfo=BatchInfo(" in repr(hears.of("onBatchCompleted")[0])


def test_a_failed_operation_is_told_in_full(ssc, hears):
    ssc.queueStream([[0]]).foreachRDD(lambda rdd: rdd.map(lambda x: 1 // x).collect())
    ssc.start()
    with pytest.raises(ZeroDivisionError):
        advance(ssc)
    ssc.stop(False)
    failed = hears.of("onOutputOperationCompleted")[0].outputOperationInfo().failureReason()
    assert failed.startswith("Traceback (most recent call last):\n")
    assert "1 // x" in failed
    assert "ZeroDivisionError: integer division or modulo by zero\n" in failed
    assert "pyrite/streaming" not in failed
    completed = hears.of("onBatchCompleted")[0].batchInfo()
    assert completed.outputOperationInfos()[0].failureReason() == failed


def test_a_batch_that_cannot_be_made_has_no_events(ssc, hears):
    def fail(time, rdd):
        if time.second == 1:
            raise ValueError(time)
        return rdd

    q = ssc.queueStream([[1], [2]])
    q.transform(fail).foreachRDD(lambda rdd: None)
    ssc.start()
    with pytest.raises(ValueError):
        advance(ssc)
    ssc._clock.advance(1000)
    assert ssc._streaming.wait_idle(10)
    ssc.stop(False)
    assert hears.short() == ["StreamingStarted", "Submitted 2000", "Started 2000", "OpStarted 2000/0", "OpCompleted 2000/0", "Completed 2000"]  # fmt: skip


def test_a_batch_without_operations_has_no_events(ssc, hears):
    ssc.queueStream([[1], [2]]).transform(lambda rdd: None).foreachRDD(lambda rdd: None)
    ssc.start()
    advance(ssc, 2)
    ssc.stop(False)
    assert hears.short() == ["StreamingStarted"]


def test_who_comes_later_hears_the_rest(ssc):
    ssc.queueStream([[1], [2], [3]]).foreachRDD(lambda rdd: None)
    ssc.start()
    advance(ssc)
    late = Hears()
    ssc.addStreamingListener(late)
    advance(ssc)
    ssc.stop(False)
    assert [s for s in late.short() if not s.startswith("Op")] == ["Submitted 2000", "Started 2000", "Completed 2000"]
    ssc.addStreamingListener(Hears())  # no error, and nothing more to hear


def test_several_listeners_one_call_at_a_time(ssc):
    inside, worst, order = [], [], []

    class Busy(StreamingListener):
        def __init__(self, name):
            self.name = name

        def onBatchCompleted(self, completed):
            inside.append(1)
            worst.append(len(inside))
            time.sleep(0.01)
            inside.pop()
            order.append((self.name, completed.batchInfo().batchTime().milliseconds(), threading.current_thread().name))

    for name in "ab":
        ssc.addStreamingListener(Busy(name))
    ssc.queueStream([[1], [2]]).foreachRDD(lambda rdd: None)
    ssc.start()
    advance(ssc, 2)
    ssc.stop(False)
    assert set(worst) == {1}
    assert order == [(n, t, "pyrite-listeners") for t in (1000, 2000) for n in "ab"]


def test_a_slow_listener_holds_up_no_batch_and_is_told_of_once(manual, caplog):
    ssc = StreamingContext(manual(**{"spark.scheduler.listenerbus.eventqueue.capacity": 10}), 1)
    let = threading.Event()

    class Slow(Hears):
        def onStreamingStarted(self, started):
            let.wait(20)

    slow = Slow()
    ssc.addStreamingListener(slow)
    ssc.queueStream([[1]], default=[1]).foreachRDD(lambda rdd: None)
    ssc.start()
    with caplog.at_level(logging.WARNING, "pyrite"):
        advance(ssc, 20)
        for _ in range(100):
            if caplog.records:
                break
            time.sleep(0.01)
    assert len(ssc._streaming.history()) == 20
    said = [r.getMessage() for r in caplog.records if "too slow" in r.getMessage()]
    assert len(said) == 1
    assert "10 events wait for them (spark.scheduler.listenerbus.eventqueue.capacity)" in said[0]
    assert ssc._listening._mailbox.dropped > 50
    let.set()
    ssc.stop(False)
    assert slow.short()[:5] == [
        "Submitted 1000",
        "Started 1000",
        "OpStarted 1000/0",
        "OpCompleted 1000/0",
        "Completed 1000",
    ]


def test_stop_does_not_wait_for_a_listener_that_hangs(ssc, caplog):
    let = threading.Event()

    class Hangs(StreamingListener):
        def onBatchCompleted(self, completed):
            let.wait(20)

    ssc.addStreamingListener(Hangs())
    ssc.queueStream([[1]], default=[1]).foreachRDD(lambda rdd: None)
    ssc.start()
    advance(ssc, 3)
    begin = time.monotonic()
    with caplog.at_level(logging.WARNING, "pyrite"):
        ssc.stop(False)
    assert time.monotonic() - begin < 3
    assert any("gave up waiting for a streaming listener; 10 events" in r.getMessage() for r in caplog.records)
    let.set()


def test_a_failing_listener_is_logged_once_with_its_traceback(ssc, caplog):
    class Fails(StreamingListener):
        def onBatchCompleted(self, completed):
            raise LookupError("mine")

    hears = Hears()
    ssc.addStreamingListener(Fails())
    ssc.addStreamingListener(hears)
    ssc.queueStream([[1]], default=[1]).foreachRDD(lambda rdd: None)
    ssc.start()
    with caplog.at_level(logging.ERROR, "pyrite"):
        advance(ssc, 3)
        ssc.stop(False)
    failed = [r for r in caplog.records if "Fails.onBatchCompleted failed" in r.getMessage()]
    assert len(failed) == 1
    assert 'raise LookupError("mine")' in logging.Formatter().formatException(failed[0].exc_info)
    assert len(hears.of("onBatchCompleted")) == 3


@pytest.mark.parametrize("gracefully", [False, True])
def test_a_listener_may_stop_the_stream(manual, gracefully):
    ssc = StreamingContext(manual(**{"spark.streaming.gracefulStopTimeout": "100ms"}), 1)
    heard = []

    class Stops(StreamingListener):
        def onBatchCompleted(self, completed):
            heard.append(completed.batchInfo().batchTime().milliseconds())
            ssc.stop(stopSparkContext=False, stopGraceFully=gracefully)

    ssc.addStreamingListener(Stops())
    ssc.queueStream([[1]], default=[1]).foreachRDD(lambda rdd: None)
    ssc.start()
    ssc._clock.advance(1000)
    assert ssc.awaitTerminationOrTimeout(10) is True
    assert heard[0] == 1000


@pytest.mark.parametrize(("wrong", "said"), [(3, "not 'int'"), (Hears, "not 'Hears'"), (None, "not 'NoneType'")])
def test_something_else_is_no_listener(ssc, wrong, said):
    with pytest.raises(Py4JError, match=said) as caught:
        ssc.addStreamingListener(wrong)
    assert caught.value.__notes__


def test_batches_that_end_out_of_order_are_told_in_order(manual):
    ssc = StreamingContext(manual(**{"spark.streaming.concurrentJobs": 3}), 1)
    hears, first = Hears(), threading.Event()
    ssc.addStreamingListener(hears)

    def work(at, rdd):
        if at.second == 1:
            first.wait(10)

    ssc.queueStream([[1]], default=[1]).foreachRDD(work)
    ssc.start()
    ssc._clock.advance(3000)
    end = time.monotonic() + 10
    while len(hears.of("onOutputOperationCompleted")) < 2 and time.monotonic() < end:
        time.sleep(0.005)
    assert hears.of("onBatchCompleted") == []
    first.set()
    assert ssc._streaming.wait_idle(10)
    ssc.stop(False)
    ended = [e.outputOperationInfo().batchTime().milliseconds() for e in hears.of("onOutputOperationCompleted")]
    assert ended[-1] == 1000
    assert [s for s in hears.short() if s.startswith("Completed")] == [
        "Completed 1000",
        "Completed 2000",
        "Completed 3000",
    ]


def test_what_a_receiver_tells():
    info = ReceiverEvent(
        2, "SocketReceiver-2", False, "localhost", "driver", "Restarting", "refused", 2000
    ).receiverInfo()
    said = (info.streamId(), info.name(), info.active(), info.location(), info.executorId())
    assert said == (2, "SocketReceiver-2", False, "localhost", "driver")
    assert (info.lastErrorMessage(), info.lastError(), info.lastErrorTime()) == ("Restarting", "refused", 2000)


def test_history_keeps_the_last_batches(manual):
    ssc = StreamingContext(manual(**{"spark.streaming.ui.retainedBatches": 5}), 1)
    ssc.queueStream([[1]], default=[1]).foreachRDD(lambda rdd: None)
    ssc.start()
    advance(ssc, 8)
    assert [batch[0] for batch in ssc._streaming.history()] == [4000, 5000, 6000, 7000, 8000]
    ssc.stop(False)
