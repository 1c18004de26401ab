"""`createStream`: a consumer group on a real broker."""

import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext
from pyrite.streaming.kafka import KafkaUtils

PROGRAM = Path(__file__).parent / "programs" / "member.py"
FIRST = {"auto.offset.reset": "smallest"}


def wait_for(condition, timeout=60):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def received(ssc, stream):
    rows = []
    stream.foreachRDD(lambda rdd: rows.extend(rdd.collect()))
    ssc.start()
    return rows


def test_one_member(make_sc, broker, topic, caplog):
    name = topic(2)
    broker.send(name, [(f"k{i}", f"v{i}") for i in range(50)])
    ssc = StreamingContext(make_sc(), 0.1)
    with caplog.at_level(logging.INFO, "pyrite"):
        rows = received(ssc, KafkaUtils.createStream(ssc, broker.address, f"g-{name}", {name: 1}, FIRST))
        try:
            wait_for(lambda: len(rows) >= 50)
            broker.send(name, [(None, None), (None, b"last")])
            wait_for(lambda: len(rows) >= 52)
        finally:
            ssc.stop(stopSparkContext=False)
    assert Counter(rows) == Counter([*((f"k{i}", f"v{i}") for i in range(50)), (None, None), (None, "last")])
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING], caplog.text
    # The group has been told.
    ssc = StreamingContext(ssc.sparkContext, 0.1)
    rows = received(ssc, KafkaUtils.createStream(ssc, broker.address, f"g-{name}", {name: 1}, FIRST))
    try:
        broker.send(name, [(b"k", b"new")])
        wait_for(lambda: rows)
        ssc.awaitTerminationOrTimeout(0.5)
    finally:
        ssc.stop(stopSparkContext=False)
    assert rows == [("k", "new")]


@pytest.mark.usefixtures("real")
def test_more_than_may_wait_at_once(make_sc, broker, topic):
    # More than is let in at once, and than the mock keeps, too.
    name, count = topic(1), 70_000
    broker.send(name, [(None, b"%d" % i + b" " * 100) for i in range(count)])
    ssc = StreamingContext(make_sc(**{"pyrite.receiver.maxBufferedBytes": "100k"}), 0.1)
    rows = received(ssc, KafkaUtils.createStream(ssc, broker.address, f"g-{name}", {name: 1}, FIRST))
    try:
        wait_for(lambda: len(rows) >= count)
        for i in range(count, count + 3):
            broker.send(name, [(None, b"%d" % i)])
            wait_for(lambda: len(rows) > i)  # noqa: B023
    finally:
        ssc.stop(stopSparkContext=False)
    assert [int(value) for _, value in rows] == list(range(count + 3))


def committed(broker, group, topic):
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": group})
    try:
        [at] = consumer.committed([TopicPartition(topic, 0)], timeout=30)
        return max(at.offset, 0)
    finally:
        consumer.close()


@pytest.mark.usefixtures("real")
def test_the_group_hears_nothing_of_what_the_log_lacks(make_sc, broker, topic, tmp_path):
    name = topic(1)
    wal = "spark.streaming.receiver.writeAheadLog"
    ssc = StreamingContext(make_sc(**{f"{wal}.enable": "true", f"{wal}.closeFileAfterWrite": "true"}), 0.1)
    ssc.checkpoint(str(tmp_path / "checkpoints"))
    rows = received(ssc, KafkaUtils.createStream(ssc, broker.address, f"g-{name}", {name: 1}, FIRST))
    try:
        broker.send(name, [b"a"])
        wait_for(lambda: rows)
        wait_for(lambda: committed(broker, f"g-{name}", name) == 1)
        # Each write makes a file, which now it can't.
        place = tmp_path / "checkpoints" / "receivedData"
        place.rename(away := tmp_path / "away")
        for value in [b"b", b"c", b"d"]:
            broker.send(name, [value])
            ssc.awaitTerminationOrTimeout(0.5)
        assert committed(broker, f"g-{name}", name) == 1
        assert rows == [(None, "a")]
        away.rename(place)
        wait_for(lambda: len(rows) >= 4)
        # Nothing new has come: what the log has now is told nevertheless.
        wait_for(lambda: committed(broker, f"g-{name}", name) == 4, 20)
    finally:
        ssc.stop(stopSparkContext=False)
    assert [value for _, value in rows] == ["a", "b", "c", "d"]


def test_decoders(make_sc, broker, topic):
    name = topic(1)
    broker.send(name, [(b"1", b"\xff")])
    ssc = StreamingContext(make_sc(), 0.1)
    stream = KafkaUtils.createStream(
        ssc, broker.address, f"g-{name}", {name: 1}, FIRST, keyDecoder=int, valueDecoder=lambda v: v
    )
    rows = received(ssc, stream)
    try:
        wait_for(lambda: rows)
    finally:
        ssc.stop(stopSparkContext=False)
    assert rows == [(1, b"\xff")]


def test_arguments(make_sc, broker):
    ssc = StreamingContext(make_sc(), 0.1)
    with pytest.raises(TypeError, match="topics should be dict"):
        KafkaUtils.createStream(ssc, broker.address, "g", ["t"])
    with pytest.raises(Py4JJavaError, match="createStream needs a topic"):
        KafkaUtils.createStream(ssc, broker.address, "g", {})
    with pytest.raises(Py4JJavaError, match="Broker not in the correct format"):
        KafkaUtils.createStream(ssc, "localhost", "g", {"t": 1})
    with pytest.raises(Py4JJavaError, match=r'"nosuch": "1" is refused'):
        KafkaUtils.createStream(ssc, broker.address, "g", {"t": 1}, {"nosuch": 1})
    given = dict(FIRST)
    KafkaUtils.createStream(ssc, broker.address, "g", {"t": 1}, given)
    assert given == FIRST


def test_a_topic_that_comes_later(make_sc, broker, caplog):
    broker.admin()
    name = f"later-{time.time_ns()}"
    ssc = StreamingContext(make_sc(**{"spark.streaming.receiverRestartDelay": "200ms"}), 0.1)
    params = {**FIRST, "topic.metadata.refresh.interval.ms": 500}
    with caplog.at_level(logging.INFO, "pyrite"):
        rows = received(ssc, KafkaUtils.createStream(ssc, broker.address, f"g-{name}", {name: 1}, params))
        try:
            ssc.awaitTerminationOrTimeout(1)
            broker.make_topic(name)
            broker.send(name, [b"a"])
            wait_for(lambda: rows)
        finally:
            ssc.stop(stopSparkContext=False)
    assert rows == [(None, "a")]
    assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) <= 2, caplog.text


def launch(broker, name, place, *more):
    place.mkdir(parents=True, exist_ok=True)
    with (place / "log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, PROGRAM, broker.address, name, f"g-{name}", place, *more],
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )


def written(*places):
    return Counter(
        line.split()[1]
        for place in places
        for path in (place / "out").glob("*")
        if path.suffix != ".new"
        for line in path.read_text().splitlines()
    )


@pytest.fixture
def processes():
    running = []
    yield running
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


class Feeding:
    """Sends numbers until it is told to stop, and says how many there were."""

    def __init__(self, broker, name):
        self._broker, self._name, self._count = broker, name, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._over.wait(0.1):
            self._broker.send(self._name, [(b"k", b"%d" % i) for i in range(self._count, self._count + 40)])
            self._count += 40

    def stop(self):
        self._over.set()
        self._thread.join()
        return self._count


def feeding(broker, name, count, seconds):
    def feed():
        for part in range(20):
            broker.send(name, [(b"k", b"%d" % i) for i in range(part * count // 20, (part + 1) * count // 20)])
            time.sleep(seconds / 20)

    thread = threading.Thread(target=feed)
    thread.start()
    return thread


@pytest.mark.usefixtures("real")
@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_two_processes_share_a_topic(broker, topic, tmp_path, processes, strategy, monkeypatch):
    name = topic(4)
    monkeypatch.setenv("PYRITE_TEST_STRATEGY", strategy)
    one, two = tmp_path / "one", tmp_path / "two"
    feed = Feeding(broker, name)
    processes.append(launch(broker, name, one))
    wait_for(lambda: sum(written(one).values()) > 200)
    processes.append(launch(broker, name, two))
    wait_for(lambda: sum(written(two).values()) > 100)
    # The first one leaves, the second has all of it.
    (one / "stop").touch()
    assert processes[0].wait(60) == 0, (one / "log").read_text()
    count = feed.stop()
    wait_for(lambda: len(written(one, two)) == count)
    (two / "stop").touch()
    assert processes[1].wait(60) == 0, (two / "log").read_text()
    assert written(one, two) == Counter({str(i): 1 for i in range(count)})


@pytest.mark.slow
def test_a_killed_member_loses_nothing_that_its_log_has(broker, topic, tmp_path, processes):
    name, count, place = topic(2), 3000, tmp_path / "member"
    chance = random.Random(5)
    feed = feeding(broker, name, count, 8)
    for _ in range(3):
        process = launch(broker, name, place, "durable")
        processes.append(process)
        wait_for((place / "running").exists)
        (place / "running").unlink()
        time.sleep(0.5 + 1.5 * chance.random())
        assert process.poll() is None, (place / "log").read_text()
        process.kill()
        process.wait()
    processes.append(launch(broker, name, place, "durable"))
    feed.join()
    wait_for(lambda: len(written(place)) == count, 90)
    (place / "stop").touch()
    assert processes[-1].wait(60) == 0, (place / "log").read_text()
    # What was durable and not yet committed when it was killed comes twice; a group can do no better.
    assert sum(written(place).values()) < 2 * count
