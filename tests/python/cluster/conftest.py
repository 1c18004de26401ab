"""One cluster and one broker for the tests of this folder."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "kafka")]

import kafka_broker  # noqa: E402
import spark_cluster  # noqa: E402


def pytest_report_header():
    if not spark_cluster.is_available():
        return f"=== SPARK: {spark_cluster.MISSING}: the tests on a cluster were NOT run ==="
    return None


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A real cluster of a master and two workers."""
    if not spark_cluster.is_available():
        if os.environ.get("PYRITE_REAL_SPARK"):
            pytest.fail(spark_cluster.MISSING)
        pytest.skip(spark_cluster.MISSING)
    running = spark_cluster.Cluster(tmp_path_factory.mktemp("cluster"))
    yield running
    running.end()


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """A real Kafka broker."""
    if not kafka_broker.is_available():
        if os.environ.get("PYRITE_REAL_KAFKA"):
            pytest.fail(kafka_broker.MISSING)
        pytest.skip(kafka_broker.MISSING)
    running = kafka_broker.Broker(tmp_path_factory.mktemp("broker"))
    yield running.start()
    running.kill()
