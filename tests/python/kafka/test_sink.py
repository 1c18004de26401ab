"""Streams and RDDs written to topics of a real broker."""

import logging
import time

import pytest
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext

COMMITTED = {"isolation.level": "read_committed"}


def to(broker, **more):
    return {"bootstrap.servers": broker.address, **more}


def test_rows_of_text(sc, broker, topic):
    name = topic(1)
    sc.parallelize(["a", "나", ""], 1).saveToKafka(name, to(broker))
    assert broker.read(name) == [(None, b"a"), (None, "나".encode()), (None, b"")]


def test_pairs_and_nothing(sc, broker, topic):
    name = topic(1)
    rows = [("k", "v"), (b"k", None), (None, b"w"), (None, None), None, b"alone", bytearray(b"too")]
    sc.parallelize(rows, 1).saveToKafka(name, to(broker))
    assert broker.read(name) == [
        (b"k", b"v"),
        (b"k", None),
        (None, b"w"),
        (None, None),
        (None, None),
        (None, b"alone"),
        (None, b"too"),
    ]


def test_functions(sc, broker, topic):
    name = topic(1)
    rdd = sc.parallelize([1, 2], 1)
    rdd.saveToKafka(name, to(broker), key=lambda n: "k%d" % n, value=lambda n: str(n * n))
    rdd.saveToKafka(name, to(broker), value=str)
    sc.parallelize(["a", "b"], 1).saveToKafka(name, to(broker), key=str.upper)
    assert broker.read(name) == [
        (b"k1", b"1"),
        (b"k2", b"4"),
        (None, b"1"),
        (None, b"2"),
        (b"A", b"a"),
        (b"B", b"b"),
    ]


def test_keys_find_their_partition(make_sc, broker, topic):
    sc = make_sc()
    name = topic(3)
    sc.parallelize([(f"k{i % 5}", str(i)) for i in range(100)], 4).saveToKafka(name, to(broker))
    rows = broker.read(name)
    assert sorted(int(v) for _, v in rows) == list(range(100))
    for key in {k for k, _ in rows}:
        assert len({i for i, (k, _) in enumerate(rows) if k == key}) == 20


def test_many(make_sc, broker, topic):
    sc = make_sc()
    name = topic(2)
    sc.range(0, 60_000, numSlices=3).map(str).saveToKafka(name, to(broker, **{"queue.buffering.max.messages": 2000}))
    assert sorted(int(v) for _, v in broker.read(name)) == list(range(60_000))


def test_rows_that_are_no_messages(sc, broker, topic):
    name = topic(1)
    with pytest.raises(TypeError, match="a message is str, bytes or None, not int: 1") as caught:
        sc.parallelize([1, 2], 1).saveToKafka(name, to(broker))
    assert any("value=str" in note for note in caught.value.__notes__)
    with pytest.raises(TypeError, match="the value of a message is str, bytes or None, not int"):
        sc.parallelize([("a", 1)], 1).saveToKafka(name, to(broker))
    with pytest.raises(TypeError, match="a message is str, bytes or None, not tuple"):
        sc.parallelize([("a", "b", "c")], 1).saveToKafka(name, to(broker))
    with pytest.raises(ZeroDivisionError):
        sc.parallelize(["a"], 1).saveToKafka(name, to(broker), value=lambda row: str(1 / 0))


def test_wrong_arguments(make_sc, broker):
    rdd = make_sc().parallelize(["a"])
    with pytest.raises(TypeError, match="topic should be str, not int"):
        rdd.saveToKafka(1, to(broker))
    for transactional in (False, True):
        with pytest.raises(TypeError, match="kafkaParams should be dict"):
            rdd.saveToKafka("t", "localhost:9092", transactional=transactional)
    with pytest.raises(TypeError, match="key should be a function of a row, not str"):
        rdd.saveToKafka("t", to(broker), key="k")
    with pytest.raises(Py4JJavaError, match="Must specify metadata.broker.list or bootstrap.servers"):
        rdd.saveToKafka("t", {})
    with pytest.raises(Py4JJavaError, match=r'"no.such": "1" is refused'):
        rdd.saveToKafka("t", to(broker, **{"no.such": 1}))
    with pytest.raises(ValueError, match=r'needs a "transactional.id"'):
        rdd.saveToKafka("t", to(broker), transactional=True)


def test_a_topic_that_is_not_there(make_sc, broker):
    broker.admin()
    rdd = make_sc().parallelize(["a"])
    quick = to(broker, **{"topic.metadata.propagation.max.ms": 500})
    with pytest.raises(Py4JJavaError, match="Kafka has no topic 'nosuchtopic' to write to"):
        rdd.saveToKafka("nosuchtopic", quick)
    with pytest.raises(Py4JJavaError, match="Kafka has no topic 'nosuchtopic' to write to"):
        rdd.saveToKafka("nosuchtopic", {**quick, "transactional.id": "none"}, transactional=True)


def test_a_message_that_is_too_large(make_sc, broker, topic):
    name = topic(1)
    with pytest.raises(Py4JJavaError, match=r"too large for topic.*message.max.bytes"):
        make_sc().parallelize(["x" * 3_000_000], 1).saveToKafka(name, to(broker))


@pytest.mark.usefixtures("real")
def test_a_transaction_is_seen_as_a_whole(make_sc, broker, topic):
    name = topic(2)
    sc = make_sc()
    named = to(broker, **{"transactional.id": f"x-{name}"})
    sc.parallelize([str(i) for i in range(100)], 3).saveToKafka(name, named, transactional=True)
    broken = sc.parallelize(range(100), 2)
    with pytest.raises(ZeroDivisionError):
        broken.saveToKafka(name, named, value=lambda n: str(1 // (99 - n)), transactional=True)
    sc.parallelize(["last"], 1).saveToKafka(name, named, transactional=True)
    rows = sorted(v for _, v in broker.read(name, **COMMITTED))
    assert rows == sorted([*(b"%d" % i for i in range(100)), b"last"])


@pytest.mark.usefixtures("real")
def test_tasks_of_a_transaction_are_tried_again_together(make_sc, broker, topic, tmp_path):
    name = topic(1)
    sc = make_sc("local[2,3]")

    def sometimes(n):
        tries = tmp_path / "tries"
        if n == 50:
            with tries.open("a") as file:
                file.write("x")
            if tries.stat().st_size < 3:
                raise OSError("not now")
        return str(n)

    named = to(broker, **{"transactional.id": f"x-{name}"})
    sc.parallelize(range(100), 2).saveToKafka(name, named, value=sometimes, transactional=True)
    assert sorted(int(v) for _, v in broker.read(name, **COMMITTED)) == list(range(100))


@pytest.mark.usefixtures("real")
def test_a_transaction_that_takes_too_long_is_made_again(make_sc, broker, topic, tmp_path):
    name = topic(1)
    slow = tmp_path / "slow"
    slow.touch()

    def value(row):
        if row == "b" and slow.exists():
            slow.unlink()
            time.sleep(3)
        return row

    named = to(broker, **{"transactional.id": f"x-{name}", "transaction.timeout.ms": 1000})
    make_sc().parallelize(["a", "b"], 2).saveToKafka(name, named, value=value, transactional=True)
    assert not slow.exists()
    assert sorted(v for _, v in broker.read(name, **COMMITTED)) == [b"a", b"b"]


@pytest.mark.usefixtures("real")
def test_who_takes_a_name_ends_the_other(make_sc, broker, topic):
    from confluent_kafka import Producer

    name = topic(1)
    named = to(broker, **{"transactional.id": f"x-{name}"})
    ssc = StreamingContext(make_sc(), 0.1)
    ssc.queueStream([["a"]] * 500).saveToKafka(name, named, transactional=True)
    ssc.start()
    end = time.monotonic() + 60
    while not broker.read(name, enough=1, **COMMITTED):
        assert time.monotonic() < end
    other = Producer(named)
    other.init_transactions(30)
    try:
        with pytest.raises(Py4JJavaError, match="Another program writes"):
            ssc.awaitTerminationOrTimeout(30)
    finally:
        ssc.stop(stopSparkContext=False)


@pytest.mark.parametrize("transactional", [False, True], ids=["idempotent", "transactional"])
def test_a_stream(make_sc, broker, topic, transactional):
    name = topic(2)
    ssc = StreamingContext(make_sc(), 0.1)
    lines = ssc.queueStream([[f"{n} {i}" for i in range(20)] for n in range(10)])
    words = lines.flatMap(str.split).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
    words.saveToKafka(name, to(broker), lambda kv: kv[0], lambda kv: str(kv[1]), transactional)
    ssc.start()
    try:
        end, rows = time.monotonic() + 60, []
        while sum(int(v) for _, v in rows) < 400 and time.monotonic() < end:
            ssc.awaitTerminationOrTimeout(0.2)
            rows = broker.read(name, **COMMITTED)
    finally:
        ssc.stop(stopSparkContext=False)
    counts = {}
    for key, value in rows:
        counts[int(key)] = counts.get(int(key), 0) + int(value)
    assert counts == {i: 30 if i < 10 else 10 for i in range(20)}


@pytest.mark.usefixtures("real")
def test_a_batch_that_runs_again_writes_nothing_twice(make_sc, broker, topic):
    from pyrite import _engine
    from pyrite.streaming import _output

    name = topic(1)
    sc = make_sc()

    def sink():
        return _engine.KafkaSink(_output.engine_log(), list(to(broker).items()), name, f"x-{name}")

    first = sink()
    for time_ms in (1000, 2000, 4000):
        first.save(sc._engine, sc.parallelize([str(time_ms)], 1)._plan, time_ms)
    # Another process, after a crash: all come again, and one that had failed.
    second = sink()
    for time_ms in (1000, 2000, 3000, 4000, 5000, 5000):
        second.save(sc._engine, sc.parallelize([str(time_ms)], 1)._plan, time_ms)
    assert [int(v) for _, v in broker.read(name, **COMMITTED)] == [1000, 2000, 4000, 3000, 5000]


@pytest.mark.parametrize("transactional", [False, True], ids=["idempotent", "transactional"])
def test_the_broker_is_killed_in_the_middle(make_sc, own_broker, own_topic, transactional, caplog):
    name = own_topic(2)
    ssc = StreamingContext(make_sc(), 0.1)
    batches = 30
    ssc.queueStream([[f"{n}" for n in range(b * 10, b * 10 + 10)] for b in range(batches)]).saveToKafka(
        name, to(own_broker), transactional=transactional
    )
    with caplog.at_level(logging.INFO, "pyrite"):
        ssc.start()
        try:
            ssc.awaitTerminationOrTimeout(0.8)
            own_broker.kill()
            ssc.awaitTerminationOrTimeout(0.5)
            own_broker.start()
            end, rows = time.monotonic() + 90, []
            while len(rows) < batches * 10 and time.monotonic() < end:
                ssc.awaitTerminationOrTimeout(0.5)
                rows = own_broker.read(name, **COMMITTED)
        finally:
            ssc.stop(stopSparkContext=False)
    assert sorted(int(v) for _, v in rows) == list(range(batches * 10))
    assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) <= 3, caplog.text
