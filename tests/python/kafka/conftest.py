"""A broker for the tests of this folder, and topics of their own."""

import os
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import kafka_broker

MISSING = "there is no Java here, or no Kafka (make kafka-jars)"


def pytest_report_header():
    if not kafka_broker.is_available():
        return f"=== KAFKA: {MISSING}: its tests run on librdkafka's mock cluster, NOT on a real broker ==="
    return None


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """A running broker; where that can't be, librdkafka's mock of one."""
    if kafka_broker.is_available():
        running = kafka_broker.Broker(tmp_path_factory.mktemp("kafka")).start()
    elif os.environ.get("PYRITE_REAL_KAFKA"):
        pytest.fail(MISSING)
    else:
        running = kafka_broker.MockBroker()
    yield running
    running.stop()


@pytest.fixture
def own_broker(tmp_path):
    """A broker of the test's own, which it may kill."""
    if not kafka_broker.is_available():
        pytest.skip(MISSING)
    running = kafka_broker.Broker(tmp_path / "kafka").start()
    yield running
    running.kill()


@pytest.fixture
def topic(broker):
    """A function that makes a topic with a name of its own."""

    def make(partitions=1, **config):
        return broker.make_topic(f"t-{uuid.uuid4().hex[:12]}", partitions, **config)

    return make
