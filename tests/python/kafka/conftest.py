"""A broker for the tests of this folder, and topics of their own."""

import os
import uuid

import pytest

from tests.python.kafka import broker as brokers


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """A running broker."""
    if not brokers.is_available():
        if os.environ.get("CI"):
            pytest.fail("there is no Java or no Kafka jars: make kafka-jars")
        pytest.skip("there is no Java or no Kafka jars: make kafka-jars")
    running = brokers.Broker(tmp_path_factory.mktemp("kafka")).start()
    yield running
    running.stop()


@pytest.fixture
def own_broker(tmp_path):
    """A broker of the test's own, which it may kill."""
    if not brokers.is_available():
        pytest.skip("there is no Java or no Kafka jars: make kafka-jars")
    running = brokers.Broker(tmp_path / "kafka").start()
    yield running
    running.kill()


@pytest.fixture
def topic(broker):
    """A function that makes a topic with a name of its own."""

    def make(partitions=1, **config):
        return broker.make_topic(f"t-{uuid.uuid4().hex[:12]}", partitions, **config)

    return make
