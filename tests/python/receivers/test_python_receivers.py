"""Receivers written in Python: what they store, how they stop and start again, and what is said of it."""

import logging
import threading
import time

import pytest
from pyrite.streaming import Receiver, StreamingContext
from pyrite.testing import advance


class Listed(Receiver):
    """Stores what it is given, row by row or as lists."""

    def __init__(self, *items):
        super().__init__()
        self.items = items
        self.calls = []

    def onStart(self):
        self.calls.append("start")
        for item in self.items:
            self.store(item)

    def onStop(self):
        self.calls.append("stop")


def flat(batches):
    return [row for partitions in batches for part in partitions for row in part]


def test_rows_and_lists(manual, rows, until):
    """A row waits for its block; a list is a block of its own, behind the rows that came before it."""
    ssc = manual()
    receiver = Listed(1, 2, [3, 4], "text", (5, 6), iter([7, 8]), {"a": [1]})
    got = rows(ssc.receiverStream(receiver))
    ssc.start()
    until(lambda: len(flat(got)) == 9, ssc)
    assert flat(got) == [1, 2, 3, 4, "text", (5, 6), 7, 8, {"a": [1]}]
    assert [part for batch in got for part in batch][:2] == [[1, 2], [3, 4]]
    assert receiver.isStarted()
    assert receiver.streamId == 0
    ssc.stop()
    assert receiver.isStopped()
    assert receiver.calls == ["start", "stop"]


def test_a_row_is_the_streams_own(manual, until):
    """What the receiver or one reader does to a row afterwards is not seen by others."""
    ssc = manual()

    class Changes(Receiver):
        def onStart(self):
            row = {"n": 0}
            for n in range(3):
                row["n"] = n
                self.store(row)

    stream = ssc.receiverStream(Changes())
    one, two = [], []

    def spoil(rdd):
        found = rdd.collect()
        one.extend(row["n"] for row in found)
        for row in found:
            row["n"] = -1

    stream.foreachRDD(spoil)
    stream.foreachRDD(lambda rdd: two.extend(row["n"] for row in rdd.collect()))
    ssc.start()
    until(lambda: len(two) == 3, ssc)
    assert one == two == [0, 1, 2]


def test_a_loop_ends_with_the_context(make_sc, until):
    ssc = StreamingContext(make_sc(), 0.05)

    class Counts(Receiver):
        def onStart(self):
            self.n = 0
            while not self.isStopped():
                self.store(self.n)
                self.n += 1
                time.sleep(0.001)

    receiver = Counts()
    got = []
    ssc.receiverStream(receiver).foreachRDD(lambda rdd: got.extend(rdd.collect()))
    ssc.start()
    until(lambda: len(got) > 100)
    ssc.stop(stopGraceFully=True)
    assert got == list(range(receiver.n)), "a graceful stop works on all that was stored"
    assert not [t for t in threading.enumerate() if "Counts" in t.name]


def test_an_exception_starts_it_again_and_is_told_calmly(make_sc, until, caplog):
    ssc = StreamingContext(make_sc(**{"spark.streaming.receiverRestartDelay": "20ms"}), 0.05)
    starts = []

    class Fails(Receiver):
        def onStart(self):
            starts.append(len(starts))
            self.store(len(starts))
            raise OSError("no such thing")

    got = []
    ssc.receiverStream(Fails()).foreachRDD(lambda rdd: got.extend(rdd.collect()))
    with caplog.at_level(logging.INFO, "pyrite"):
        ssc.start()
        until(lambda: len(got) >= 4)
        ssc.stop()
    said = [r.getMessage() for r in caplog.records if "starts again" in r.getMessage()]
    assert said == ["Fails-0 starts again in 0.02 s. Error starting receiver 0: OSError: no such thing"]
    assert got[:4] == [1, 2, 3, 4]


def test_restart_stops_first_and_stop_is_for_good(make_sc, until):
    ssc = StreamingContext(make_sc(), 0.05)
    calls = []

    class Again(Receiver):
        def onStart(self):
            calls.append("start")
            if calls.count("start") < 3:
                self.restart("once more", delay=0.01)
                assert self.isStopped()
            else:
                self.stop("that was it")

        def onStop(self):
            calls.append("stop")

    receiver = Again()
    ssc.receiverStream(receiver).foreachRDD(lambda rdd: None)
    ssc.start()
    until(lambda: calls == ["start", "stop"] * 3)
    time.sleep(0.05)
    assert calls == ["start", "stop"] * 3
    assert receiver.isStopped()
    assert ssc.awaitTerminationOrTimeout(0) is False, "the stream goes on"


def test_threads_of_its_own(make_sc, until):
    ssc = StreamingContext(make_sc(), 0.05)

    class Threads(Receiver):
        def onStart(self):
            self.threads = [threading.Thread(target=self.work, args=(k,)) for k in range(4)]
            for thread in self.threads:
                thread.start()

        def work(self, k):
            for n in range(500):
                self.store((k, n))

        def onStop(self):
            for thread in self.threads:
                thread.join()

    got = []
    ssc.receiverStream(Threads()).foreachRDD(lambda rdd: got.extend(rdd.collect()))
    ssc.start()
    until(lambda: len(got) == 2000)
    for k in range(4):
        assert [n for key, n in got if key == k] == list(range(500))


def test_a_rate_holds_for_every_receiver(manual, rows, until):
    ssc = manual(**{"spark.streaming.receiver.maxRate": "50"})
    got = rows(ssc.receiverStream(Listed(*range(120))).count())
    ssc.start()
    for _ in range(5):
        advance(ssc)
        time.sleep(0.15)
    counts = [sum(sum(part) for part in batch) for batch in got]
    assert sum(counts) == 120
    assert all(sum(counts[:seconds]) <= 50 * seconds for seconds in range(1, len(counts) + 1))


def test_slow_batches_stop_a_fast_receiver(flooded, until):
    """What waits is bounded: the receiver's own call waits."""
    receiver, go = flooded(lambda n: "x" * 1000)
    until(lambda: receiver.stored > 500)
    time.sleep(0.5)
    before = receiver.stored
    time.sleep(0.3)
    assert receiver.stored == before < 2000
    go.set()
    until(lambda: receiver.stored > before + 1000)


def test_mistakes(manual):
    ssc = manual()
    with pytest.raises(TypeError, match="not Listed itself: call it"):
        ssc.receiverStream(Listed)
    with pytest.raises(TypeError, match="extends Receiver, not int"):
        ssc.receiverStream(3)
    receiver = Listed()
    with pytest.raises(RuntimeError, match="receives for no stream"):
        receiver.store(1)
    ssc.receiverStream(receiver)
    with pytest.raises(TypeError, match="make a new one for each"):
        ssc.receiverStream(receiver)


def test_without_on_start(manual, until, caplog):
    ssc = manual()
    ssc.receiverStream(Receiver()).foreachRDD(lambda rdd: None)
    with caplog.at_level(logging.INFO, "pyrite"):
        ssc.start()
        until(lambda: "needs a method onStart" in caplog.text)
