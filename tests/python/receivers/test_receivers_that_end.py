"""How receivers end, and what becomes of what they have stored: stops from anywhere, threads that go on, restarts."""

import logging
import socket
import threading
import time

import pytest
from pyrite.streaming import Receiver, StreamingContext, StreamingListener

LOGGED = {"spark.streaming.receiver.writeAheadLog.enable": "true"}


class Deaf(Receiver):
    """Never looks whether it was told to stop, until the test lets it go."""

    def __init__(self, row, pause):
        super().__init__()
        self.row, self.pause = row, pause
        self.stored = 0

    def onStart(self):
        self.let_go = threading.Event()
        while not self.let_go.wait(self.pause):
            self.store(self.row)
            self.stored += 1


def test_what_a_receiver_that_never_ends_has_stored_is_worked_on(make_sc, until, monkeypatch):
    monkeypatch.setattr("pyrite.streaming.receiver._PATIENCE", 0.3)
    ssc = StreamingContext(make_sc(), 0.05)
    receiver = Deaf("x", 0.005)
    counts = []
    ssc.receiverStream(receiver).foreachRDD(lambda rdd: counts.append(rdd.count()))
    ssc.start()
    until(lambda: sum(counts) > 20)
    asked, stored = time.monotonic(), receiver.stored
    try:
        ssc.stop(stopSparkContext=False, stopGraceFully=True)
        assert sum(counts) >= stored
        assert time.monotonic() - asked < 12
    finally:
        receiver.let_go.set()


def test_a_receiver_that_is_still_in_on_start_does_not_take_the_batches_time(make_sc, until, caplog, monkeypatch):
    """It ends only when the stop has given up on it; what came before is worked on all the same."""
    monkeypatch.setattr("pyrite.streaming.receiver._PATIENCE", 30.0)
    ssc = StreamingContext(make_sc(), 0.05)
    stored, let_go = threading.Event(), threading.Event()

    class Hangs(Receiver):
        def onStart(self):
            self.store([1, 2, 3])
            stored.set()
            let_go.wait(60)

    got = []
    ssc.receiverStream(Hangs()).foreachRDD(lambda rdd: (time.sleep(0.4), got.extend(rdd.collect())))
    ssc.start()
    try:
        assert stored.wait(20)
        with caplog.at_level(logging.WARNING, "pyrite"):
            ssc.stop(stopSparkContext=False, stopGraceFully=True)
            until(lambda: "A receiver goes on although it was told to stop" in caplog.text)
        assert got == [1, 2, 3]
    finally:
        let_go.set()


def test_one_that_stores_without_end_after_a_stop_fills_no_memory(make_sc, until, monkeypatch):
    monkeypatch.setattr("pyrite.streaming.receiver._WAIT_FOR_ROOM", 0.05)
    ssc = StreamingContext(make_sc(**{"pyrite.receiver.maxBufferedBytes": "1m"}), 0.05)
    kept = []

    class Runaway(Receiver):
        def onStart(self):
            self.let_go = False
            while not self.let_go:
                self.store("x" * 10_000)
                kept.append(0)

    receiver = Runaway()
    ssc.receiverStream(receiver).foreachRDD(lambda rdd: None)
    ssc.start()
    until(lambda: len(kept) > 50)
    ssc.stop(stopSparkContext=False)
    before = len(kept)
    time.sleep(0.5)
    assert len(kept) - before < 1000
    receiver.let_go = True


@pytest.mark.parametrize("graceful", [True, False])
def test_a_stop_from_the_receivers_own_thread(make_sc, graceful):
    """What has no end of its own says when it is over."""
    ssc = StreamingContext(make_sc(), 0.5)

    class Finite(Receiver):
        def onStart(self):
            for n in range(100):
                self.store(n)
            ssc.stop(stopSparkContext=False, stopGraceFully=graceful)

    got = []
    ssc.receiverStream(Finite()).foreachRDD(lambda rdd: got.extend(rdd.collect()))
    asked = time.monotonic()
    ssc.start()
    assert ssc.awaitTerminationOrTimeout(20)
    assert time.monotonic() - asked < 4, "it doesn't wait for itself, as long as ten batches"
    if graceful:
        assert got == list(range(100))


def test_a_stop_while_it_waits_to_start_again(make_sc, until):
    ssc = StreamingContext(make_sc(**{"spark.streaming.receiverRestartDelay": "300ms"}), 0.05)
    starts = []

    class Fails(Receiver):
        def onStart(self):
            starts.append(time.monotonic())
            raise OSError("no such thing")

    receiver = Fails()
    told = []

    class Hears(StreamingListener):
        def onReceiverStopped(self, receiverStopped):
            told.append(receiverStopped.receiverInfo().lastErrorMessage())

    ssc.addStreamingListener(Hears())
    ssc.receiverStream(receiver).foreachRDD(lambda rdd: None)
    ssc.start()
    until(lambda: told)
    receiver.stop("enough")
    until(lambda: len(told) == 2)
    time.sleep(0.4)
    assert len(starts) == 1
    assert told == ["Restarting receiver with delay 300ms: Error starting receiver 0", "enough"]
    ssc.stop()


def test_rows_are_never_overtaken(make_sc, until, tmp_path):
    """Rows, lists behind them, blocks that are cut and batches that ask: as one thread stores them, so they come."""
    ssc = StreamingContext(make_sc(**LOGGED, **{"spark.streaming.blockInterval": "1ms"}), 0.01)
    ssc.checkpoint(str(tmp_path / "kept"))
    count = 6000

    class Mixed(Receiver):
        def onStart(self):
            n = 0
            while n < count:
                for _ in range(29):
                    self.store((n, str(n)))
                    n += 1
                self.store([(n, "")])
                n += 1

    got = []
    ssc.receiverStream(Mixed()).map(lambda row: row[0]).foreachRDD(lambda rdd: got.extend(rdd.collect()))
    ssc.start()
    until(lambda: len(got) == count, timeout=60)
    assert got == list(range(count))
    ssc.stop()


def test_a_list_that_was_not_stored_is_not_acknowledged(make_sc, until, tmp_path, caplog):
    ssc = StreamingContext(make_sc(**LOGGED), 0.05)
    ssc.checkpoint(str(tmp_path / "kept"))

    class Idle(Receiver):
        def onStart(self):
            self.store([1])

    receiver = Idle()
    got = []
    ssc.receiverStream(receiver).foreachRDD(lambda rdd: got.extend(rdd.collect()))
    ssc.start()
    until(lambda: got)
    ssc.stop(stopSparkContext=False)
    until(lambda: receiver._supervised.over)
    with pytest.raises(RuntimeError, match="Idle-0 has ended: these rows were not stored"):
        receiver.store([2])
    with caplog.at_level(logging.WARNING, "pyrite"):
        receiver.store(3)
    assert "stores after its end are dropped" in caplog.text


def test_what_a_receiver_opens_is_not_in_checkpoints(make_sc, until, tmp_path, caplog):
    ssc = StreamingContext(make_sc(), 0.05)
    ssc.checkpoint(str(tmp_path / "kept"))

    class Connected(Receiver):
        def __init__(self):
            super().__init__()
            self.connection = None

        def onStart(self):
            self.connection = socket.socket()
            self.lock = threading.Lock()

        def onStop(self):
            self.connection.close()

    ssc.receiverStream(Connected()).foreachRDD(lambda rdd: rdd.count())
    ssc.start()
    with caplog.at_level(logging.WARNING, "pyrite"):
        until(lambda: len(list((tmp_path / "kept").glob("checkpoint-*"))) > 5)
        ssc.stop()
    assert "checkpoint" not in caplog.text


def test_tuples_weigh_what_is_in_them(flooded, until):
    receiver, _ = flooded(lambda n: (n, ("x" * 20_000,)) if n % 2 else {"k": "x" * 20_000})
    until(lambda: receiver.stored > 20)
    time.sleep(0.5)
    assert receiver.stored < 120


def test_the_start_is_told_before_its_receivers(make_sc, until):
    for _ in range(10):
        sc = make_sc()
        ssc = StreamingContext(sc, 0.05)
        told = []

        class Hears(StreamingListener):
            def onStreamingStarted(self, streamingStarted):
                told.append("streaming")

            def onReceiverStarted(self, receiverStarted):
                told.append("receiver")

        class Idle(Receiver):
            def onStart(self):
                pass

        ssc.addStreamingListener(Hears())
        for _ in range(3):
            ssc.receiverStream(Idle()).foreachRDD(lambda rdd: None)
        ssc.start()
        until(lambda: len(told) == 4)
        ssc.stop()
        assert told == ["streaming", "receiver", "receiver", "receiver"]
