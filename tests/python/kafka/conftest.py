"""A broker for the tests of this folder, and topics of their own."""

import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import kafka_broker
import kafka_shared


def pytest_report_header():
    if not kafka_broker.is_available():
        return (
            f"=== KAFKA: {kafka_broker.MISSING}: its tests run on librdkafka's mock cluster, NOT on a real broker ==="
        )
    return None


@pytest.fixture(scope="session")
def broker():
    """A running broker; where that can't be, librdkafka's mock of one."""
    yield kafka_shared.broker()
    kafka_shared.end()


@pytest.fixture
def real(broker):
    """For what the mock has not: transactions that end, members that are put out."""
    if isinstance(broker, kafka_broker.MockBroker):
        pytest.skip("this needs a real broker")


@pytest.fixture
def doors(broker):
    """Where the broker listens with names and passwords, and with TLS."""
    if kafka_shared.doors() is None:
        pytest.skip(kafka_broker.MISSING)
    return kafka_shared.doors()


@pytest.fixture(scope="session")
def _mortal(tmp_path_factory):
    if not kafka_broker.is_available():
        pytest.skip(kafka_broker.MISSING)
    running = kafka_broker.Broker(tmp_path_factory.mktemp("mortal"))
    yield running
    running.kill()


@pytest.fixture
def own_broker(_mortal):
    """A running broker that the test may kill; topics of other tests are there, too."""
    return _mortal.start()


@pytest.fixture
def own_topic(own_broker):
    """A function that makes a topic of that broker."""

    def make(partitions=1):
        return own_broker.make_topic(f"t-{uuid.uuid4().hex[:12]}", partitions)

    return make


@pytest.fixture
def topic(broker):
    """A function that makes a topic with a name of its own."""

    def make(partitions=1, **config):
        return broker.make_topic(f"t-{uuid.uuid4().hex[:12]}", partitions, **config)

    return make
