"""What goes wrong with a real broker, or is unusual: refusals, codecs, transactions, compaction, restarts."""

import logging
import shutil
import subprocess
import time

import kafka_broker
import pytest
from pyrite.context import SparkContext
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext
from pyrite.streaming.kafka import KafkaUtils, OffsetRange

SECURITY = """
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_alice="secret";
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.ssl.ssl.keystore.type=PEM
listener.name.ssl.ssl.keystore.location={pem}
"""


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """A broker that also listens with SASL and with TLS."""
    if not kafka_broker.is_available() or shutil.which("openssl") is None:
        pytest.skip("this needs a real broker and openssl")
    place = tmp_path_factory.mktemp("secured")
    key, certificate, both = place / "key.pem", place / "certificate.pem", place / "both.pem"
    subject = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, *subject]
    subprocess.run(made, check=True, capture_output=True)
    both.write_text(key.read_text() + certificate.read_text())
    ports = kafka_broker.free_port(), kafka_broker.free_port()
    broker = kafka_broker.Broker(
        place / "kafka",
        more=SECURITY.format(pem=both),
        listeners=f"SASL_PLAINTEXT://127.0.0.1:{ports[0]},SSL://127.0.0.1:{ports[1]}",
        format_options=("--add-scram", "SCRAM-SHA-512=[name=bob,password=hidden]"),
    ).start()
    broker.sasl, broker.ssl = (f"127.0.0.1:{port}" for port in ports)
    broker.certificate = str(certificate)
    broker.make_topic("t")
    broker.send("t", [b"a", b"b"])
    yield broker
    broker.stop()


def sasl(broker, mechanism, user, password):
    return {
        "bootstrap.servers": broker.sasl,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.username": user,
        "sasl.password": password,
    }


READ = [(None, "a"), (None, "b")]


def values(sc, params):
    return KafkaUtils.createRDD(sc, params, [OffsetRange("t", 0, 0, 2)]).collect()


@pytest.mark.parametrize(
    ("mechanism", "user", "password"), [("PLAIN", "alice", "secret"), ("SCRAM-SHA-512", "bob", "hidden")]
)
def test_names_and_passwords(make_sc, secured, mechanism, user, password, caplog):
    sc = make_sc()
    assert values(sc, sasl(secured, mechanism, user, password)) == READ
    with pytest.raises(Py4JJavaError, match=r"Kafka refuses the connection.*sasl\.password") as caught:
        values(sc, sasl(secured, mechanism, user, "wrong"))
    assert "wrong" not in str(caught.value)
    ssc = StreamingContext(sc, 0.1)
    with pytest.raises(Py4JJavaError, match="Kafka refuses the connection"):
        KafkaUtils.createDirectStream(ssc, ["t"], sasl(secured, mechanism, user, "wrong"))
    with pytest.raises(Py4JJavaError, match="Kafka refuses the connection"):
        sc.parallelize(["x"]).saveToKafka("t", sasl(secured, mechanism, user, "wrong"))
    named = {**sasl(secured, mechanism, user, "wrong"), "transactional.id": "x"}
    with pytest.raises(Py4JJavaError, match="Kafka refuses the connection"):
        sc.parallelize(["x"]).saveToKafka("t", named, transactional=True)
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING], caplog.text


def test_tls(make_sc, secured):
    sc = make_sc()
    tls = {"bootstrap.servers": secured.ssl, "security.protocol": "SSL"}
    assert values(sc, {**tls, "ssl.ca.location": secured.certificate}) == READ
    with pytest.raises(Py4JJavaError, match=r"Kafka refuses the connection.*ssl\.ca\.location"):
        values(sc, tls)


def test_a_member_that_is_refused(make_sc, secured, caplog):
    ssc = StreamingContext(make_sc(**{"spark.streaming.receiverRestartDelay": "300ms"}), 0.1)
    wrong = sasl(secured, "PLAIN", "alice", "wrong")
    with caplog.at_level(logging.WARNING, "pyrite"):
        KafkaUtils.createStream(ssc, secured.sasl, "g", {"t": 1}, wrong).pprint()
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


def test_a_compacted_topic(make_sc, own_broker):
    name = own_broker.make_topic(
        "compacted",
        cleanup_policy="compact",
        segment_ms="100",
        min_cleanable_dirty_ratio="0.01",
        max_compaction_lag_ms="100",
        min_compaction_lag_ms="0",
    )
    for i in range(6):
        own_broker.send(name, [(b"a", b"%d" % i), (b"b", b"%d" % i)])
        time.sleep(0.2)
    end = time.monotonic() + 60
    while len(rows := own_broker.read(name)) > 8 and time.monotonic() < end:
        own_broker.send(name, [(b"c", b"x")])
        time.sleep(0.5)
    count = 12
    params = {"bootstrap.servers": own_broker.address, "auto.offset.reset": "earliest"}
    sc = make_sc()
    rdd = KafkaUtils.createRDD(sc, params, [OffsetRange(name, 0, 0, count)])
    there = [kv for kv in rdd.collect() if kv[0] != "c"]
    if len(rows) <= 8:
        assert len(there) < 12
    assert {key: value for key, value in there}["b"] == "5"
    # Ranges that end in a hole end.
    for until in range(1, count + 1):
        KafkaUtils.createRDD(sc, params, [OffsetRange(name, 0, 0, until)]).count()


def test_a_topic_that_is_made_anew(make_sc, own_broker):
    name = own_broker.make_topic("t")
    own_broker.send(name, [f"{i}" for i in range(10)])
    errors, rows = [], []
    ssc = StreamingContext(make_sc(), 0.1)
    params = {"bootstrap.servers": own_broker.address, "auto.offset.reset": "earliest", "failOnDataLoss": False}
    KafkaUtils.createDirectStream(ssc, [name], params).foreachRDD(lambda rdd: rows.extend(rdd.values().collect()))
    ssc.start()
    try:
        end = time.monotonic() + 60
        while len(rows) < 10 and time.monotonic() < end:
            ssc.awaitTerminationOrTimeout(0.05)
        own_broker.admin().delete_topics([name])[name].result(30)
        time.sleep(1)
        own_broker.make_topic(name)
        own_broker.send(name, ["new"])
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
