"""A real Kafka broker on loopback: one node, KRaft, from the jars that `make kafka-jars` fetches."""

from __future__ import annotations

import base64
import contextlib
import os
import random
import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = Path(__file__).parents[3]
MISSING = "there is no Java here, or no Kafka (make kafka-jars)"
JARS = Path(os.environ.get("PYRITE_KAFKA_JARS", ROOT / "target" / "kafka"))

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=200
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
log.cleaner.dedupe.buffer.size=2097152
log.retention.check.interval.ms=1000
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.backoff.ms=100
connection.failed.authentication.delay.ms=10
"""
# By options, the files of a directory of data that nothing was written to.
FORMATTED: dict[tuple[str, ...], dict[str, bytes]] = {}
FAST = ["-Xms128m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


def is_available() -> bool:
    """Whether a broker can be started here."""
    return shutil.which("java") is not None and any(JARS.glob("kafka_2.13-*.jar"))


def free_port() -> int:
    """A port that nobody uses now. Not one that the system gives out by itself: until the broker listens, seconds later,
    any connection of any process might get it.
    """
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Clients:
    """What tests do with a cluster."""

    address: str

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        return len(self.admin().list_topics(topic, timeout=10).topics[topic].partitions)

    def admin(self) -> AdminClient:
        """A client that knows topics."""
        raise NotImplementedError

    def send(self, topic: str, values, partition: int | None = None, **config) -> None:
        """Sends values, or (key, value) pairs, to a partition, or one after the other to all."""
        producer = Producer({"bootstrap.servers": self.address, "linger.ms": 1, **config})
        count = self.partitions(topic)
        for index, value in enumerate(values):
            key, value = value if isinstance(value, tuple) else (None, value)
            where = index % count if partition is None else partition
            while True:
                try:
                    producer.produce(topic, value, key, where)
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(60) == 0

    def read(
        self, topic: str, timeout: float = 60, enough: int | None = None, **config
    ) -> list[tuple[bytes | None, bytes | None]]:
        """Everything in a topic, partition by partition, committed or not as `isolation.level` says.

        While somebody writes there may be no end; `enough` messages are one, too.
        """
        group = {"bootstrap.servers": self.address, "group.id": uuid.uuid4().hex, "enable.partition.eof": True}
        reader = Consumer({**group, **config})
        try:
            rows: dict[int, list] = {number: [] for number in range(self.partitions(topic))}
            reader.assign([TopicPartition(topic, number, 0) for number in rows])
            left, end = set(rows), time.monotonic() + timeout
            while left and time.monotonic() < end:
                for message in reader.consume(1000, 0.2):
                    if message.error():
                        left.discard(message.partition())
                    else:
                        rows[message.partition()].append((message.key(), message.value()))
                if enough is not None and sum(map(len, rows.values())) >= enough:
                    left = set()
            assert not left, f"{topic} has no end"
            return [row for number in rows for row in rows[number]]
        finally:
            reader.close()


class MockBroker(Clients):
    """librdkafka's mock: it has what clients do, but nothing that an administrator does."""

    def __init__(self) -> None:
        from pyrite._engine import KafkaMock

        self._mock = KafkaMock()
        self._partitions: dict[str, int] = {}
        self.address = self._mock.address

    def kill(self) -> None:
        """Ends with the process."""

    def make_topic(self, name: str, partitions: int = 1, **config: str) -> str:
        """Makes a topic; it has no settings."""
        if config:
            pytest.skip("topics with settings need a real broker")
        self._mock.make_topic(name, partitions)
        self._partitions[name] = partitions
        return name

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        return self._partitions[topic]

    def admin(self) -> AdminClient:
        """There is none."""
        pytest.skip("this needs a real broker")


class Broker(Clients):
    """A broker with its data in a directory; it may be killed and started again."""

    def __init__(
        self, directory: Path, more: str = "", listeners: str = "", format_options: tuple[str, ...] = ()
    ) -> None:
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.directory = directory
        self._admin: AdminClient | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = directory / "server.properties"
        directory.mkdir(parents=True, exist_ok=True)
        listening = f"PLAINTEXT://{self.address}" + (f",{listeners}" if listeners else "")
        text = PROPERTIES.format(controller=free_port(), listeners=listening, data=directory / "data")
        self._properties.write_text(text + more)
        self._format(directory / "data", format_options)

    def _format(self, data: Path, options: tuple[str, ...]) -> None:
        """A second of Java, so it is done once in a run; others get a copy."""
        if options not in FORMATTED:
            # It must not begin with a dash, which the tool would take for an option.
            name = "p" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:].rstrip("=")
            self._java("kafka.tools.StorageTool", "format", "-t", name, "-c", str(self._properties), *options)
            files = [path for path in data.rglob("*") if path.is_file()]
            FORMATTED[options] = {str(path.relative_to(data)): path.read_bytes() for path in files}
        else:
            for file, content in FORMATTED[options].items():
                (data / file).parent.mkdir(parents=True, exist_ok=True)
                (data / file).write_bytes(content)

    def _command(self, *args: str) -> list[str]:
        return ["java", *FAST, "-cp", f"{JARS}/*", *args]

    def _java(self, *args: str) -> None:
        subprocess.run(self._command(*args), check=True, capture_output=True, timeout=120)

    def start(self) -> Broker:
        """Starts it, if it doesn't run, and waits until it answers."""
        if self._process is not None and self._process.poll() is None:
            return self
        log = (self.directory / "log.txt").open("ab")
        with log:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", str(self._properties)), stdout=log, stderr=log, cwd=self.directory
            )
        # Not by the clock: a machine that stands still for a while would use the time up.
        for _ in range(50):
            try:
                self.admin().list_topics(timeout=2)
                return self
            except KafkaException:
                if self._process.poll() is not None:
                    break
        self.kill()
        raise AssertionError((self.directory / "log.txt").read_text(errors="replace")[-4000:])

    def kill(self) -> None:
        """Ends it as a power cut would."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._process = None

    # -- what tests do with it

    def admin(self) -> AdminClient:
        """A client that makes topics."""
        # What it has asked for ends with it.
        if self._admin is None:
            soon = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100}
            self._admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0, **soon})
        return self._admin

    def make_topic(self, name: str, partitions: int = 1, **config: str) -> str:
        """Makes a topic and waits for it."""
        settings = {key.replace("_", "."): value for key, value in config.items()}
        end = time.monotonic() + 60
        while True:
            try:
                self.admin().create_topics([NewTopic(name, partitions, 1, config=settings)])[name].result(60)
                break
            except KafkaException as error:
                # On a busy machine it is late to say that it is there; until it does no topic can be on it.
                if error.args[0].code() != KafkaError.INVALID_REPLICATION_FACTOR or time.monotonic() > end:
                    raise
                time.sleep(0.1)
        while time.monotonic() < end:
            topic = self.admin().list_topics(name, timeout=10).topics[name]
            if len(topic.partitions) == partitions and all(p.leader >= 0 for p in topic.partitions.values()):
                return name
            time.sleep(0.05)
        raise AssertionError(f"{name} isn't there")
