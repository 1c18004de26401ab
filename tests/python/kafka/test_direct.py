"""The direct stream and RDDs of ranges against a real broker."""

import json
import re
import time
import urllib.request

import pytest
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext, StreamingListener
from pyrite.streaming.kafka import (
    KafkaMessageAndMetadata,
    KafkaUtils,
    OffsetRange,
    TopicAndPartition,
    utf8_decoder,
)


def params(broker, **more):
    return {"metadata.broker.list": broker.address, "auto.offset.reset": "smallest", **more}


def text(n, start=0):
    return [(f"k{i}".encode(), f"value {i}".encode()) for i in range(start, start + n)]


def pairs(n, start=0):
    return [(f"k{i}", f"value {i}") for i in range(start, start + n)]


# -- RDDs of ranges


def test_an_rdd(sc, broker, topic):
    name = topic(2)
    broker.send(name, text(10), 0)
    broker.send(name, text(5, 10), 1)
    ranges = [OffsetRange(name, 0, 2, 10), OffsetRange(name, 1, 0, 0), OffsetRange(name, 1, 0, 5)]
    rdd = KafkaUtils.createRDD(sc, params(broker), ranges)
    assert rdd.glom().collect() == [pairs(8, 2), [], pairs(5, 10)]
    assert rdd.offsetRanges() == ranges
    assert rdd.count() == 13
    assert rdd.take(3) == pairs(3, 2)
    assert rdd.map(lambda kv: len(kv[1])).sum() == sum(len(v) for _, v in pairs(8, 2) + pairs(5, 10))
    assert rdd.collect() == rdd.collect()


def test_a_handler(sc, broker, topic):
    name = topic(1)
    broker.send(name, [(b"k", b"v"), (None, b"w"), (b"", None)])
    ranges = [OffsetRange(name, 0, 0, 3)]

    def handler(m):
        return m.topic == name, m.partition, m.offset, m.key, m.message

    rdd = KafkaUtils.createRDD(sc, params(broker), ranges, messageHandler=handler)
    assert rdd.collect() == [(True, 0, 0, "k", "v"), (True, 0, 1, None, "w"), (True, 0, 2, "", None)]
    kept = KafkaUtils.createRDD(sc, params(broker), ranges, messageHandler=lambda m: m).collect()
    assert [type(m) for m in kept] == [KafkaMessageAndMetadata] * 3
    assert [(m.key, m.message) for m in kept] == [("k", "v"), (None, "w"), ("", None)]


def test_decoders(sc, broker, topic):
    name = topic(1)
    broker.send(name, [(b"1", b"10"), (b"2", "다".encode())])
    ranges = [OffsetRange(name, 0, 0, 2)]
    rdd = KafkaUtils.createRDD(sc, params(broker), ranges, keyDecoder=int, valueDecoder=lambda s: s)
    assert rdd.collect() == [(1, b"10"), (2, "다".encode())]
    assert KafkaUtils.createRDD(sc, params(broker), ranges, valueDecoder=utf8_decoder).values().collect() == [
        "10",
        "다",
    ]


def test_nulls(sc, broker, topic):
    name = topic(1)
    broker.send(name, [(None, b"a"), (b"k", None), (None, None), (b"", b"")])
    rdd = KafkaUtils.createRDD(sc, params(broker), [OffsetRange(name, 0, 0, 4)])
    assert rdd.collect() == [(None, "a"), ("k", None), (None, None), ("", "")]


def test_what_is_not_text(sc, broker, topic):
    name = topic(1)
    broker.send(name, [b"fine", b"\xff\xfe"])
    rdd = KafkaUtils.createRDD(sc, params(broker), [OffsetRange(name, 0, 0, 2)])
    with pytest.raises(UnicodeDecodeError) as caught:
        rdd.collect()
    note = "\n".join(caught.value.__notes__)
    assert name in note
    assert "0, 1, None, b'\\xff\\xfe'" in note
    assert rdd.take(1) == [(None, "fine")]


def test_a_message_larger_than_a_fetch(make_sc, broker, topic):
    sc = make_sc()
    name = topic(1, max_message_bytes="4000000")
    large = b"x" * 3_000_000
    broker.send(name, [b"a", large, b"b"], **{"message.max.bytes": 4_000_000})
    small = params(broker, **{"fetch.message.max.bytes": 1000})
    rdd = KafkaUtils.createRDD(sc, small, [OffsetRange(name, 0, 0, 3)])
    assert rdd.map(lambda kv: len(kv[1])).collect() == [1, 3_000_000, 1]


def test_ranges_that_are_not_there(make_sc, broker, topic):
    sc = make_sc()
    name = topic(1)
    broker.send(name, text(3))
    with pytest.raises(Py4JJavaError, match="Offsets not available on leader"):
        KafkaUtils.createRDD(sc, params(broker), [OffsetRange(name, 0, 0, 4)])
    with pytest.raises(Py4JJavaError, match="Does the topic exist"):
        KafkaUtils.createRDD(sc, params(broker), [OffsetRange(name + "x", 0, 0, 4)])


def test_wrong_arguments(make_sc, broker):
    sc = make_sc()
    with pytest.raises(TypeError, match="kafkaParams should be dict"):
        KafkaUtils.createRDD(sc, [], [])
    with pytest.raises(TypeError, match="offsetRanges should be list"):
        KafkaUtils.createRDD(sc, {}, {})
    with pytest.raises(Py4JJavaError, match="Must specify metadata.broker.list or bootstrap.servers"):
        KafkaUtils.createRDD(sc, {}, [])
    with pytest.raises(Py4JJavaError, match="Broker not in the correct format of <host>:<port>"):
        KafkaUtils.createRDD(sc, {"bootstrap.servers": "localhost"}, [])
    with pytest.raises(Py4JJavaError, match="no.such.setting"):
        KafkaUtils.createRDD(sc, params(broker, **{"no.such.setting": "1"}), [])


# -- streams


class Collected:
    """Runs a direct stream until a count is there."""

    def __init__(self, sc, batch=0.1):
        self.ssc = StreamingContext(sc, batch)
        self.rows = []
        self.ranges = []

    def of(self, stream):
        def take(rdd):
            if hasattr(rdd, "offsetRanges"):
                self.ranges += [(r.topic, r.partition, r.fromOffset, r.untilOffset) for r in rdd.offsetRanges()]
            self.rows += rdd.collect()

        stream.foreachRDD(take)
        return self

    def until(self, count, timeout=60):
        end = time.monotonic() + timeout
        while len(self.rows) < count and time.monotonic() < end:
            self.ssc.awaitTerminationOrTimeout(0.02)
        assert len(self.rows) >= count

    def start(self):
        self.ssc.start()
        return self

    def stop(self):
        self.ssc.stop(stopSparkContext=False)


def test_a_stream(make_sc, broker, topic):
    sc = make_sc()
    name = topic(3)
    broker.send(name, text(10), 0)
    seen = Collected(sc)
    stream = KafkaUtils.createDirectStream(seen.ssc, [name], params(broker))
    seen.of(stream).start()
    try:
        seen.until(10)
        broker.send(name, text(20, 10), 2)
        seen.until(30)
    finally:
        seen.stop()
    assert seen.rows == pairs(30)
    # One range a partition, each going on where the last one ended.
    for partition, end in ((0, 10), (1, 0), (2, 20)):
        own = [(a, b) for t, p, a, b in seen.ranges if p == partition and t == name]
        assert own[0][0] == 0
        assert all(before[1] == after[0] for before, after in zip(own, own[1:]))
        assert own[-1][1] == end


def test_a_decoder_that_fails_names_its_line(make_sc, broker, topic):
    name = topic(1)
    broker.send(name, text(1))
    ssc = StreamingContext(make_sc(), 0.1)
    KafkaUtils.createDirectStream(ssc, [name], params(broker), valueDecoder=lambda value: 1 / 0).pprint()
    ssc.start()
    try:
        with pytest.raises(ZeroDivisionError) as caught:
            ssc.awaitTerminationOrTimeout(30)
    finally:
        ssc.stop(stopSparkContext=False)
    assert any("createDirectStream at test_direct.py" in note for note in caught.value.__notes__)


def test_latest_is_the_default(make_sc, broker, topic):
    name = topic(1)
    broker.send(name, text(5))
    seen = Collected(make_sc())
    stream = KafkaUtils.createDirectStream(seen.ssc, [name], {"bootstrap.servers": broker.address})
    seen.of(stream).start()
    try:
        broker.send(name, text(3, 5))
        seen.until(3)
    finally:
        seen.stop()
    assert seen.rows == pairs(3, 5)


def test_from_offsets(make_sc, broker, topic):
    name = topic(2)
    broker.send(name, text(10), 0)
    broker.send(name, text(10, 10), 1)
    seen = Collected(make_sc())
    offsets = {TopicAndPartition(name, 0): 7, TopicAndPartition(name, 1): 9}
    seen.of(KafkaUtils.createDirectStream(seen.ssc, [name], params(broker), offsets)).start()
    try:
        seen.until(4)
    finally:
        seen.stop()
    assert seen.rows == pairs(3, 7) + pairs(1, 19)
    other = StreamingContext(seen.ssc.sparkContext, 0.1)
    with pytest.raises(Py4JJavaError, match="do not equal to the topic from offsets"):
        KafkaUtils.createDirectStream(other, [name, "other"], params(broker), offsets)


def test_topics_by_pattern_and_new_partitions(make_sc, broker, topic):
    name = topic(1)
    from confluent_kafka.admin import NewPartitions

    seen = Collected(make_sc())
    soon = params(broker, **{"metadata.max.age.ms": 300})
    stream = KafkaUtils.createDirectStream(seen.ssc, re.compile(name[:-2] + ".."), soon)
    seen.of(stream).start()
    try:
        broker.send(name, text(3))
        seen.until(3)
        broker.admin().create_partitions([NewPartitions(name, 2)])[name].result(30)
        broker.send(name, text(3, 3), 1)
        seen.until(6)
    finally:
        seen.stop()
    assert seen.rows == pairs(6)


def test_rates(make_sc, broker, topic):
    name = topic(1)
    broker.send(name, text(100))
    seen = Collected(make_sc(**{"spark.streaming.kafka.maxRatePerPartition": "50"}), batch=0.2)
    seen.of(KafkaUtils.createDirectStream(seen.ssc, [name], params(broker))).start()
    try:
        seen.until(100)
    finally:
        seen.stop()
    assert max(b - a for _, _, a, b in seen.ranges) == 10
    assert seen.rows == pairs(100)


def test_the_web_page_tells_of_the_lag(make_sc, broker, topic):
    name = topic(2)
    broker.send(name, text(100), 0)
    sc = make_sc(**{"spark.streaming.kafka.maxRatePerPartition": "5", "spark.ui.port": "0"})
    seen = Collected(sc, batch=0.2)
    seen.of(KafkaUtils.createDirectStream(seen.ssc, [name], params(broker))).start()
    url = f"{sc.uiWebUrl}/api/v1/applications/{sc.applicationId}/pyrite/streaming"

    def source():
        with urllib.request.urlopen(url, timeout=60) as answer:
            return json.loads(answer.read())["sources"][0]

    try:
        seen.until(2)
        first = source()
        seen.until(4)
        with urllib.request.urlopen(f"{sc.uiWebUrl}/metrics", timeout=60) as answer:
            assert b"pyrite_source_lag_records{" in answer.read()
    finally:
        seen.stop()
    assert (first["state"], first["place"]) == ("CONNECTED", broker.address)
    assert 0 < first["lag"] <= 98
    assert [partition["lag"] for partition in first["partitions"]] == [first["lag"], 0]
    assert first["partitions"][0]["nextOffset"] == 100 - first["lag"]


def test_transform_and_windows(make_sc, broker, topic):
    name = topic(2)
    broker.send(name, text(10))
    seen, kept = Collected(make_sc()), []

    def note(rdd):
        kept.append(rdd.offsetRanges())
        return rdd

    stream = KafkaUtils.createDirectStream(seen.ssc, [name], params(broker)).transform(note)
    seen.of(stream.map(lambda kv: kv[1])).start()
    try:
        seen.until(10)
    finally:
        seen.stop()
    assert sorted(seen.rows) == sorted(v for _, v in pairs(10))
    assert [(r.partition, r.fromOffset, r.untilOffset) for r in kept[0]] == [(0, 0, 5), (1, 0, 5)]


def test_commits(make_sc, broker, topic):
    from confluent_kafka import Consumer, TopicPartition

    name = topic(1)
    broker.send(name, text(10))
    seen = Collected(make_sc())
    group = f"g-{name}"
    stream = KafkaUtils.createDirectStream(seen.ssc, [name], params(broker, **{"group.id": group}))

    def done(rdd):
        seen.rows += rdd.collect()
        stream.commitAsync(rdd.offsetRanges())

    stream.foreachRDD(done)
    seen.start()
    reader = Consumer({"bootstrap.servers": broker.address, "group.id": group})
    try:
        seen.until(10)
        end = time.monotonic() + 30
        while reader.committed([TopicPartition(name, 0)], timeout=10)[0].offset != 10:
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        reader.close()
        seen.stop()


def test_listeners_see_offsets(make_sc, broker, topic):
    name, reports = topic(2), []
    broker.send(name, text(3), 1)

    class Hears(StreamingListener):
        def onBatchCompleted(self, event):
            reports.extend(event.batchInfo().streamIdToInputInfo().values())

    seen = Collected(make_sc())
    seen.ssc.addStreamingListener(Hears())
    seen.of(KafkaUtils.createDirectStream(seen.ssc, [name], params(broker))).start()
    try:
        seen.until(3)
    finally:
        seen.stop()
    first = reports[0]
    assert first.numRecords() == 3
    assert first.metadataDescription() == f"topic: {name}\tpartition: 1\toffsets: 0 to 3\tcount: 3"


def test_back_pressure(make_sc, broker, topic):
    name = topic(2)
    broker.send(name, text(300), 0)
    broker.send(name, text(30), 1)
    first = {"spark.streaming.backpressure.enabled": "true", "spark.streaming.backpressure.initialRate": "110"}
    seen = Collected(make_sc(**first))
    seen.of(KafkaUtils.createDirectStream(seen.ssc, [name], params(broker))).start()
    try:
        seen.until(330)
    finally:
        seen.stop()
    # What waits shares the first rate, by how much it is.
    assert [(partition, b - a) for _, partition, a, b in seen.ranges[:2]] == [(0, 10), (1, 1)]
    assert sorted(seen.rows) == sorted(pairs(300) + pairs(30))


def test_a_leader_that_moves(make_sc):
    from pyrite._engine import KafkaMock

    # A real cluster would need three brokers; librdkafka's mock has them.
    cluster = KafkaMock(3)
    cluster.make_topic("t", 1)
    cluster.move_leader("t", 0, 1)
    settings = {"bootstrap.servers": cluster.address}
    seen = Collected(make_sc())
    seen.of(KafkaUtils.createDirectStream(seen.ssc, ["t"], params(cluster))).start()
    try:
        for leader in (1, 2, 3):
            cluster.move_leader("t", 0, leader)
            seen.ssc.sparkContext.parallelize([f"{leader}"], 1).saveToKafka("t", settings)
            seen.until(leader)
    finally:
        seen.stop()
    assert seen.rows == [(None, "1"), (None, "2"), (None, "3")]


def test_an_unknown_topic(make_sc, broker):
    ssc = StreamingContext(make_sc(), 0.1)
    with pytest.raises(Py4JJavaError, match="Error getting partition metadata for 'nosuchtopic'. Does the topic exist"):
        KafkaUtils.createDirectStream(ssc, ["nosuchtopic"], params(broker))


# -- trouble


def test_a_broker_that_goes_and_comes(make_sc, own_broker, own_topic):
    name = own_topic(2)
    own_broker.send(name, text(10))
    seen = Collected(make_sc())
    seen.of(KafkaUtils.createDirectStream(seen.ssc, [name], params(own_broker))).start()
    try:
        seen.until(10)
        own_broker.kill()
        seen.ssc.awaitTerminationOrTimeout(0.5)
        own_broker.start()
        own_broker.send(name, text(10, 10))
        seen.until(20)
    finally:
        seen.stop()
    assert sorted(seen.rows) == sorted(pairs(20))


def test_a_broker_that_comes_late(make_sc, own_broker, own_topic):
    name = own_topic()
    own_broker.kill()
    seen = Collected(make_sc())
    seen.of(KafkaUtils.createDirectStream(seen.ssc, [name], params(own_broker))).start()
    try:
        own_broker.start()
        own_broker.send(name, text(5))
        seen.until(5)
    finally:
        seen.stop()
    assert seen.rows == pairs(5)


def test_messages_that_are_gone(make_sc, broker, topic):
    name = topic(1)
    broker.send(name, text(10))
    from confluent_kafka import TopicPartition

    ranges = [OffsetRange(name, 0, 0, 10)]
    sc = make_sc()
    strict = KafkaUtils.createRDD(sc, params(broker), ranges)
    lenient = KafkaUtils.createRDD(sc, params(broker, failOnDataLoss=False), ranges)
    [deleted] = broker.admin().delete_records([TopicPartition(name, 0, 4)]).values()
    deleted.result(30)
    with pytest.raises(Py4JJavaError, match="Ran out of messages before reaching ending offset 10"):
        strict.collect()
    assert lenient.collect() == pairs(6, 4)
