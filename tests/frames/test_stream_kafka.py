"""Kafka as a source and a sink of DataFrames: offsets in the checkpoint, batches of so many messages, columns of messages."""

import json
import pathlib
import subprocess
import sys
import time
import uuid

import pytest
from pyspark.sql import functions as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python" / "kafka"))

import kafka_broker  # noqa: E402
import kafka_shared  # noqa: E402

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def broker():
    """A running broker; where that can't be, librdkafka's mock of one."""
    yield kafka_shared.broker()
    kafka_shared.end()


@pytest.fixture
def topic(broker):
    """A function that makes a topic."""

    def make(partitions=1):
        return broker.make_topic(f"t-{uuid.uuid4().hex[:12]}", partitions)

    return make


def source(spark, broker, names, **options):
    reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", broker.address)
    return reader.options(**{"subscribe": names, "startingOffsets": "earliest", **options}).load()


def batches(rows, tmp_path, mode="append", checkpoint="ck"):
    found = []
    writer = rows.writeStream.outputMode(mode).option("checkpointLocation", str(tmp_path / checkpoint))
    query = (
        writer.foreachBatch(lambda batch, number: found.append((number, sorted(map(tuple, batch.collect()), key=repr))))
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    batches.progress = query.recentProgress
    return found


def values(rows):
    return rows.selectExpr("CAST(value AS STRING) AS v")


def test_columns_and_a_read_at_once(spark, broker, topic):
    name = topic(2)
    broker.send(name, [("k", "a"), (None, "b")], partition=1)
    broker.send(name, ["c"], partition=0)
    reader = spark.read.format("kafka").option("kafka.bootstrap.servers", broker.address).option("subscribe", name)
    rows = reader.option("includeHeaders", "true").load()
    assert [(field.name, field.dataType.simpleString()) for field in rows.schema] == [
        ("key", "binary"), ("value", "binary"), ("topic", "string"), ("partition", "int"), ("offset", "bigint"),
        ("timestamp", "timestamp"), ("timestampType", "int"), ("headers", "array<struct<key:string,value:binary>>"),
    ]  # fmt: skip
    found = rows.collect()
    assert [
        (row.key, row.value, row.topic, row.partition, row.offset, row.timestampType, row.headers) for row in found
    ] == [
        (None, bytearray(b"c"), name, 0, 0, 0, None),
        (bytearray(b"k"), bytearray(b"a"), name, 1, 0, 0, None),
        (None, bytearray(b"b"), name, 1, 1, 0, None),
    ]
    assert all(row.timestamp.year >= 2024 for row in found)
    some = reader.option("startingOffsets", json.dumps({name: {"0": -2, "1": 1}})).option(
        "endingOffsets", json.dumps({name: {"0": 0, "1": -1}})
    )
    assert [bytes(row.value) for row in some.load().collect()] == [b"b"]


def test_a_query_goes_on(spark, broker, topic, tmp_path):
    name = topic(2)
    broker.send(name, ["a", "b"], partition=0)
    broker.send(name, ["c"], partition=1)
    rows = values(source(spark, broker, name))
    assert batches(rows, tmp_path) == [(0, [("a",), ("b",), ("c",)])]
    assert (tmp_path / "ck/offsets/0").read_text().endswith('\n{"%s":{"0":2,"1":1}}' % name)
    assert (tmp_path / "ck/sources/0/0").read_bytes() == b'\0v1\n{"%s":{"0":0,"1":0}}' % name.encode()
    assert batches.progress[-1]["sources"][0]["description"] == f"KafkaV2[Subscribe[{name}]]"
    assert batches(rows, tmp_path) == []
    broker.send(name, ["d"], partition=1)
    assert batches(rows, tmp_path) == [(1, [("d",)])]
    # The last batch again, with its own messages.
    (tmp_path / "ck/commits/1").unlink()
    broker.send(name, ["e"], partition=0)
    assert batches(rows, tmp_path) == [(1, [("d",)]), (2, [("e",)])]


def test_how_much_a_batch_takes(spark, broker, topic, tmp_path):
    name = topic(2)
    broker.send(name, [str(at) for at in range(9)], partition=0)
    broker.send(name, ["x", "y", "z"], partition=1)
    taken = batches(values(source(spark, broker, name, maxOffsetsPerTrigger="4")), tmp_path)
    # Shares of 4: three of nine and one of three.
    assert [[value for (value,) in rows] for _, rows in taken] == [
        ["0", "1", "2", "x"], ["3", "4", "5", "y"], ["6", "7", "8", "z"],
    ]  # fmt: skip
    # Each tells how far it is behind the newest messages.
    assert [json.loads(each.json)["sources"][0]["metrics"] for each in batches.progress if each.numInputRows] == [
        {"avgOffsetsBehindLatest": "4.0", "maxOffsetsBehindLatest": "6", "minOffsetsBehindLatest": "2"},
        {"avgOffsetsBehindLatest": "2.0", "maxOffsetsBehindLatest": "3", "minOffsetsBehindLatest": "1"},
        {"avgOffsetsBehindLatest": "0.0", "maxOffsetsBehindLatest": "0", "minOffsetsBehindLatest": "0"},
    ]


def test_how_far_behind_has_one_digit(spark, broker, topic, tmp_path):
    """As PySpark 4.3 tells it of the same messages: 35.25 is 35.3."""
    name = topic(4)
    broker.send(name, [(f"k{at % 7}".encode(), b"x") for at in range(201)])
    batches(values(source(spark, broker, name, maxOffsetsPerTrigger="61")), tmp_path)
    told = [json.loads(each.json)["sources"][0]["metrics"] for each in batches.progress if each.numInputRows]
    assert [each["avgOffsetsBehindLatest"] for each in told] == ["35.3", "20.3", "5.3", "0.0"]


def test_patterns_and_assignments(spark, broker, topic, tmp_path):
    first, second = topic(2), topic(1)
    broker.send(first, ["a"], partition=0)
    broker.send(first, ["b"], partition=1)
    broker.send(second, ["c"], partition=0)

    def read(checkpoint, **options):
        reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", broker.address)
        rows = reader.options(startingOffsets="earliest", **options).load()
        return [value for _, found in batches(values(rows), tmp_path, checkpoint=checkpoint) for (value,) in found]

    assert read("p", subscribePattern=f"{first[:8]}.*|{second}") == ["a", "b", "c"]
    assert read("a", assign=json.dumps({first: [1], second: [0]})) == ["b", "c"]
    if not isinstance(broker, kafka_broker.MockBroker):  # it knows no offsets by time
        assert read("t", subscribe=first, startingTimestamp="1") == ["a", "b"]


def test_a_count_by_key(spark, broker, topic, tmp_path):
    name = topic(4)
    rows = source(spark, broker, name).groupBy(F.col("key").cast("string").alias("k")).count()
    broker.send(name, [(f"k{at % 3}", str(at)) for at in range(3000)])
    assert batches(rows, tmp_path, "update") == [(0, [("k0", 1000), ("k1", 1000), ("k2", 1000)])]
    broker.send(name, [("k1", "more")])
    assert batches(rows, tmp_path, "update") == [(1, [("k1", 1001)])]


def test_rows_become_messages(spark, broker, topic, tmp_path):
    one, two = topic(1), topic(2)
    frame = spark.createDataFrame(
        [(one, None, "k", "a", None), (two, 1, None, "b", [("h", b"1"), ("i", None)])],
        "topic STRING, partition INT, key STRING, value STRING, headers ARRAY<STRUCT<key: STRING, value: BINARY>>",
    )
    frame.write.format("kafka").option("kafka.bootstrap.servers", broker.address).save()
    assert broker.read(one) == [(b"k", b"a")]
    reader = (
        spark.read.format("kafka").option("kafka.bootstrap.servers", broker.address).option("includeHeaders", "true")
    )
    (row,) = reader.option("subscribe", two).load().collect()
    assert (row.partition, row.key, row.value) == (1, None, bytearray(b"b"))
    assert [tuple(header) for header in row.headers] == [("h", bytearray(b"1")), ("i", None)]


def test_a_batch_that_runs_again_is_not_written_twice(spark, broker, topic, tmp_path):
    if isinstance(broker, kafka_broker.MockBroker):
        pytest.skip("this needs a real broker")
    name, out = topic(1), topic(1)
    rows = source(spark, broker, name)

    def run():
        writer = rows.writeStream.format("kafka").option("kafka.bootstrap.servers", broker.address).option("topic", out)
        query = writer.option("checkpointLocation", str(tmp_path / "ck")).trigger(availableNow=True).start()
        query.awaitTermination()

    broker.send(name, [("k", "a"), "b"])
    run()
    broker.send(name, ["c"])
    run()
    (tmp_path / "ck/commits/1").unlink()
    run()
    broker.send(name, ["d"])
    run()
    assert broker.read(out) == [(b"k", b"a"), (None, b"b"), (None, b"c"), (None, b"d")]


def killed(broker, topic, tmp_path, kills, count):
    name, out = topic(2), topic(1)
    broker.send(name, [str(at) for at in range(count)])
    (tmp_path / "kafka.json").write_text(json.dumps([broker.address, name, out]))
    program = pathlib.Path(__file__).with_name("killing.py")
    made = subprocess.run(
        [sys.executable, str(program), str(tmp_path), str(kills), "3", "kafka"],
        capture_output=True, text=True, timeout=kills * 60,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout.splitlines()[-1])
    found = sorted(int(value) for _, value in broker.read(out, **{"isolation.level": "read_committed"}))
    assert found == list(range(count))
    return told


def test_kills_leave_each_message_once(broker, topic, tmp_path):
    if isinstance(broker, kafka_broker.MockBroker):
        pytest.skip("this needs a real broker")
    killed(broker, topic, tmp_path, 3, 4000)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_kills_leave_each_message_once(broker, topic, tmp_path, capsys):
    if isinstance(broker, kafka_broker.MockBroker):
        pytest.skip("this needs a real broker")
    told = killed(broker, topic, tmp_path, 60, 60_000)
    with capsys.disabled():
        print(f"\n{told}")


def test_lost_offsets(spark, broker, topic, tmp_path):
    name = topic(1)
    broker.send(name, ["a", "b"])
    rows = values(source(spark, broker, name))
    assert len(batches(rows, tmp_path)) == 1
    log = tmp_path / "ck/offsets/0"
    log.write_text(log.read_text().replace('"0":2', '"0":7'))
    with pytest.raises(Exception, match=r"(?s)KAFKA_DATA_LOSS.*offset was changed from 7 to 2"):
        batches(rows, tmp_path)
    lenient = values(source(spark, broker, name, failOnDataLoss="false"))
    broker.send(name, ["c"])
    batches(lenient, tmp_path)
    broker.send(name, ["d"])
    assert batches(lenient, tmp_path)[-1][1] == [("d",)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "One of the following options must be specified for Kafka source: subscribe"),
        ({"subscribe": "a", "assign": "{}"}, "Only one of the following options can be specified for Kafka source"),
        ({"subscribe": "a", "kafka.auto.offset.reset": "latest"}, "Kafka option 'auto.offset.reset' is not supported"),
        ({"subscribe": "a", "startingOffsets": "x"}, "Expected e.g."),
        ({"subscribe": "a", "startingOffsets": "latest"}, "starting offset can't be latest for batch queries on Kafka"),
        ({"subscribe": " , "}, "No topics to subscribe to"),
        ({"subscribe": "a", "kafka.bootstrap.servers": None}, "Option 'kafka.bootstrap.servers' must be specified"),
    ],
)
def test_options_that_are_wrong(spark, options, said):
    reader = spark.read.format("kafka")
    for name, value in {"kafka.bootstrap.servers": "127.0.0.1:1", **options}.items():
        reader = reader if value is None else reader.option(name, value)
    with pytest.raises(Exception, match=said):
        reader.load().collect()


def test_columns_that_are_no_messages(spark, tmp_path):
    rows = spark.readStream.format("rate").load()

    def start(rows, **options):
        given = {"kafka.bootstrap.servers": "127.0.0.1:1", "checkpointLocation": str(tmp_path / "ck"), **options}
        rows.writeStream.format("kafka").options(**given).start()

    with pytest.raises(Exception, match="topic option required when no 'topic' attribute is present"):
        start(rows)
    with pytest.raises(Exception, match="value attribute type must be a STRING or BINARY"):
        start(rows, topic="a")
    with pytest.raises(Exception, match="Required attribute 'value' not found"):
        start(rows.select("timestamp"), topic="a")


def test_nothing_stays_behind(spark, broker, topic, tmp_path):
    """A consumer has threads of its own: they go with the query."""
    name = topic(2)
    broker.send(name, ["a"], partition=0)

    def threads():
        return len(list(pathlib.Path("/proc/self/task").iterdir()))

    def run():
        query = values(source(spark, broker, name)).writeStream.format("noop").start()
        query.processAllAvailable()
        query.stop()
        assert query.exception() is None

    if not pathlib.Path("/proc/self/task").exists():
        pytest.skip("threads are counted in /proc")
    run()
    end, before = time.monotonic() + 20, threads()
    for _ in range(3):
        run()
    while threads() > before + 2 and time.monotonic() < end:
        time.sleep(0.05)
    assert threads() <= before + 2
