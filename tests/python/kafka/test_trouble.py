"""What goes wrong with a real broker, or is unusual: refusals, codecs, transactions, compaction, restarts."""

import contextlib
import logging
import time

import pytest
from pyrite.context import SparkContext
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext
from pyrite.streaming.kafka import KafkaUtils, OffsetRange


@pytest.fixture(scope="module")
def letters(broker):
    """A topic of two messages that is read through all doors."""
    name = broker.make_topic(f"letters-{time.time_ns()}")
    broker.send(name, [b"a", b"b"])
    return name


def sasl(doors, mechanism, user, password):
    return {
        "bootstrap.servers": doors.sasl,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.username": user,
        "sasl.password": password,
    }


READ = [(None, "a"), (None, "b")]


def values(sc, topic, params):
    return KafkaUtils.createRDD(sc, params, [OffsetRange(topic, 0, 0, 2)]).collect()


@pytest.mark.parametrize(
    ("mechanism", "user", "password"), [("PLAIN", "alice", "secret"), ("SCRAM-SHA-512", "bob", "hidden")]
)
def test_names_and_passwords(make_sc, doors, letters, mechanism, user, password, caplog):
    sc = make_sc()
    assert values(sc, letters, sasl(doors, mechanism, user, password)) == READ
    with pytest.raises(Py4JJavaError, match=r"Kafka refuses the connection.*sasl\.password") as caught:
        values(sc, letters, sasl(doors, mechanism, user, "wrong"))
    assert "wrong" not in str(caught.value)
    ssc = StreamingContext(sc, 0.1)
    with pytest.raises(Py4JJavaError, match="Kafka refuses the connection"):
        KafkaUtils.createDirectStream(ssc, [letters], sasl(doors, mechanism, user, "wrong"))
    with pytest.raises(Py4JJavaError, match="Kafka refuses the connection"):
        sc.parallelize(["x"]).saveToKafka(letters, sasl(doors, mechanism, user, "wrong"))
    named = {**sasl(doors, mechanism, user, "wrong"), "transactional.id": "x"}
    with pytest.raises(Py4JJavaError, match="Kafka refuses the connection"):
        sc.parallelize(["x"]).saveToKafka(letters, named, transactional=True)
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING], caplog.text


def test_who_was_refused_is_let_in_later(make_sc, broker, doors, topic):
    from confluent_kafka import admin
    from pyrite import _engine
    from pyrite.streaming import _output

    name, sc = topic(), make_sc()
    params = sasl(doors, "SCRAM-SHA-512", name, "later")
    sink = _engine.KafkaSink(_output.engine_log(), list(params.items()), name, None)
    with pytest.raises(Py4JJavaError, match="Kafka refuses the connection"):
        sink.save(sc._engine, sc.parallelize(["before"], 1)._plan)
    known = admin.ScramCredentialInfo(admin.ScramMechanism.SCRAM_SHA_512, 4096)
    made = broker.admin().alter_user_scram_credentials([admin.UserScramCredentialUpsertion(name, known, b"later")])
    made[name].result(30)
    end = time.monotonic() + 30
    # The broker knows it a little later, and a connection that was refused before may be told of only now.
    while (None, b"after") not in broker.read(name):
        assert time.monotonic() < end
        with contextlib.suppress(Py4JJavaError):
            sink.save(sc._engine, sc.parallelize(["after"], 1)._plan)


def test_tls(make_sc, doors, letters):
    if doors.tls is None:
        pytest.skip("there is no openssl to make a certificate")
    sc = make_sc()
    tls = {"bootstrap.servers": doors.tls, "security.protocol": "SSL"}
    assert values(sc, letters, {**tls, "ssl.ca.location": str(doors.certificate)}) == READ
    with pytest.raises(Py4JJavaError, match=r"Kafka refuses the connection.*ssl\.ca\.location"):
        values(sc, letters, tls)


def test_a_member_that_is_refused(make_sc, doors, letters, caplog):
    ssc = StreamingContext(make_sc(**{"spark.streaming.receiverRestartDelay": "300ms"}), 0.1)
    wrong = sasl(doors, "PLAIN", "alice", "wrong")
    with caplog.at_level(logging.WARNING, "pyrite"):
        KafkaUtils.createStream(ssc, doors.sasl, "g", {letters: 1}, wrong).pprint()
        ssc.start()
        ssc.awaitTerminationOrTimeout(3)
        ssc.stop(stopSparkContext=False)
    told = [r.getMessage() for r in caplog.records if "refuses the connection" in r.getMessage()]
    assert len(told) == 1, caplog.text


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_codecs(make_sc, broker, topic, codec):
    name, sc = topic(1), make_sc()
    texts = [f"line {i} " * 20 for i in range(500)]
    broker.send(name, texts, **{"compression.type": codec})
    sc.parallelize(texts, 1).saveToKafka(name, {"bootstrap.servers": broker.address, "compression.type": codec})
    rdd = KafkaUtils.createRDD(sc, {"bootstrap.servers": broker.address}, [OffsetRange(name, 0, 0, 1000)])
    assert rdd.values().collect() == texts * 2


def transaction(broker, name, values, commit):
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": broker.address, "transactional.id": f"x-{name}-{time.time_ns()}"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for value in values:
        producer.produce(name, value)
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    elif commit is not None:
        producer.abort_transaction(30)
    return producer


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize("level", ["read_committed", "read_uncommitted"])
def test_transactions_are_read_as_asked(make_sc, broker, topic, level):
    name = topic(1)
    transaction(broker, name, ["a", "b"], True)
    transaction(broker, name, ["lost"], False)
    broker.send(name, ["c"])
    transaction(broker, name, ["lost too"], False)
    open_one = transaction(broker, name, ["late"], None)
    rows = []
    ssc = StreamingContext(make_sc(), 0.1)
    params = {"bootstrap.servers": broker.address, "auto.offset.reset": "earliest", "isolation.level": level}
    KafkaUtils.createDirectStream(ssc, [name], params).foreachRDD(lambda rdd: rows.extend(rdd.values().collect()))
    ssc.start()
    try:
        expected = ["a", "b", "c"] if level == "read_committed" else ["a", "b", "lost", "c", "lost too", "late"]
        end = time.monotonic() + 60
        while len(rows) < len(expected) and time.monotonic() < end:
            ssc.awaitTerminationOrTimeout(0.05)
        assert rows == expected
        open_one.commit_transaction(30)
        broker.send(name, ["d"])
        expected = [*(row for row in expected if row != "late"), "late", "d"]
        while len(rows) < len(expected) and time.monotonic() < end:
            ssc.awaitTerminationOrTimeout(0.05)
        assert rows == expected
    finally:
        ssc.stop(stopSparkContext=False)


def test_a_compacted_topic(make_sc, broker, topic):
    name = topic(
        cleanup_policy="compact",
        segment_ms="100",
        min_cleanable_dirty_ratio="0.01",
        max_compaction_lag_ms="100",
        min_compaction_lag_ms="0",
    )
    for i in range(6):
        broker.send(name, [(b"a", b"%d" % i), (b"b", b"%d" % i)])
        time.sleep(0.2)
    end = time.monotonic() + 60
    while len(rows := broker.read(name)) > 8 and time.monotonic() < end:
        broker.send(name, [(b"c", b"x")])
        time.sleep(0.5)
    count = 12
    params = {"bootstrap.servers": broker.address, "auto.offset.reset": "earliest"}
    sc = make_sc()
    rdd = KafkaUtils.createRDD(sc, params, [OffsetRange(name, 0, 0, count)])
    there = [kv for kv in rdd.collect() if kv[0] != "c"]
    if len(rows) <= 8:
        assert len(there) < 12
    assert {key: value for key, value in there}["b"] == "5"
    # Ranges that end in a hole end.
    for until in range(1, count + 1):
        KafkaUtils.createRDD(sc, params, [OffsetRange(name, 0, 0, until)]).count()


def test_a_topic_that_is_made_anew(make_sc, broker, topic):
    broker.admin()
    name = topic()
    broker.send(name, [f"{i}" for i in range(10)])
    errors, rows = [], []
    ssc = StreamingContext(make_sc(), 0.1)
    params = {"bootstrap.servers": broker.address, "auto.offset.reset": "earliest", "failOnDataLoss": False}
    KafkaUtils.createDirectStream(ssc, [name], params).foreachRDD(lambda rdd: rows.extend(rdd.values().collect()))
    ssc.start()
    try:
        end = time.monotonic() + 60
        while len(rows) < 10 and time.monotonic() < end:
            ssc.awaitTerminationOrTimeout(0.05)
        broker.admin().delete_topics([name])[name].result(30)
        time.sleep(1)
        broker.make_topic(name)
        broker.send(name, ["new"])
        while "new" not in rows and time.monotonic() < end:
            try:
                ssc.awaitTerminationOrTimeout(0.05)
            except Py4JJavaError as error:
                errors.append(str(error))
                time.sleep(0.05)
    finally:
        ssc.stop(stopSparkContext=False)
    assert rows == [*(f"{i}" for i in range(10)), "new"]


def test_a_checkpoint_reads_the_same_ranges_again(make_sc, broker, topic, tmp_path):
    name = topic(2)
    broker.send(name, [f"{i}" for i in range(40)])
    seen = []

    def build():
        ssc = StreamingContext(SparkContext.getOrCreate(), 0.2)
        ssc.checkpoint(str(tmp_path / "checkpoints"))
        params = {"bootstrap.servers": broker.address, "auto.offset.reset": "earliest"}
        stream = KafkaUtils.createDirectStream(ssc, [name], params)
        journal = str(tmp_path / "journal")

        def note(time, rdd):
            ranges = [(r.partition, r.fromOffset, r.untilOffset) for r in rdd.offsetRanges()]
            with open(journal, "a") as file:
                file.write(f"{time.timestamp()} {ranges} {sorted(rdd.values().collect())}\n")

        stream.foreachRDD(note)
        return ssc

    def run(rows):
        make_sc(**{"spark.streaming.kafka.maxRatePerPartition": "25"})
        ssc = StreamingContext.getOrCreate(str(tmp_path / "checkpoints"), build)
        ssc.start()
        end = time.monotonic() + 60
        journal = tmp_path / "journal"
        try:
            while time.monotonic() < end:
                ssc.awaitTerminationOrTimeout(0.05)
                lines = journal.read_text().splitlines() if journal.exists() else []
                values = {value for line in lines for value in eval("[" + line.rsplit("[", 1)[1])}
                if len(values) >= rows:
                    return lines
        finally:
            ssc.stop()
        raise AssertionError("it never came")

    seen = run(15)
    lines = run(40)
    assert len(lines) >= len(seen)
    by_time = {}
    values = []
    for line in lines:
        at, rest = line.split(" ", 1)
        if at in by_time:
            assert by_time[at] == rest
            continue
        by_time[at] = rest
        values += eval("[" + rest.rsplit("[", 1)[1])
    assert sorted(values, key=int) == [f"{i}" for i in range(40)]
