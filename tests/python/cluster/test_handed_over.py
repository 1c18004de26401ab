"""What goes on in a program that was handed over, before there is a JVM."""

import json

import pytest
import spark_cluster

TESTING = """
import json, pyrite
pyrite.init("spark://127.0.0.1:1")
import pyspark
from pyrite.testing import run_batches, streaming_context

with streaming_context() as ssc:
    rows = run_batches(ssc, [["a a"]], lambda lines: lines.flatMap(str.split).map(lambda w: (w, 1)).countByValue())
print(json.dumps([pyspark.SparkContext.__module__, rows]))
"""
OFFSETS = """
import json, pickle, pyrite
pyrite.init("spark://127.0.0.1:1")
from pyspark import cloudpickle
from pyrite._cluster.kafka_settings import sorted_out
from pyrite._cluster.offsets import Offsets

offsets = Offsets(["t"], sorted_out({"metadata.broker.list": "127.0.0.1:1"}), 5)
offsets._begins, offsets._looked = {("t", 0): 3}, float("inf")
offsets._ends = lambda places, earliest=False: dict.fromkeys(places, 100)
asked = [offsets.at(1000), offsets.at(2000), offsets.at(1000)]
del offsets._ends
first, second = (pickle.loads(cloudpickle.dumps(lambda: offsets))() for _ in range(2))
print(json.dumps([asked, first.at(2000), first.at(500), first is second]))
"""


@pytest.fixture
def result():
    """What a program in the Python with both prints last."""
    if not spark_cluster.is_available():
        pytest.skip(spark_cluster.MISSING)

    def run(code):
        done = spark_cluster.python("-c", code)
        output, errors = done.communicate(timeout=600)
        assert done.returncode == 0, errors
        return json.loads(output.splitlines()[-1])

    return run


@pytest.mark.timeout(700)
def test_streams_are_tested_on_this_machine(result):
    assert result(TESTING) == ["pyspark.core.context", [[[["a", 1], 2]]]]


@pytest.mark.timeout(700)
def test_a_batch_that_comes_again_reads_the_same_offsets(result):
    first, second = [["t", 0, 3, 8]], [["t", 0, 8, 13]]
    assert result(OFFSETS) == [[first, second, first], second, [], True]
