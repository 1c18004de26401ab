"""What the web page's REST says: the names and types of its fields are Spark's, as recorded."""

import json
import sys
import time
from pathlib import Path

import pytest
from pyrite.streaming import StreamingContext

RECORDED = Path(__file__).parents[2] / "recorded"
sys.path.insert(0, str(RECORDED))
import rest_shape  # noqa: E402
from alike import same  # noqa: E402

SPARK = json.loads((RECORDED / "rest_shape.json").read_text())
# What Spark says of a JVM's environment, and Pyrite of its own.
RUNTIME = {"pyriteVersion", "pythonVersion", "pythonExecutable", "platform"}


@pytest.fixture(scope="module")
def said():
    """Pyrite's answers about the program that Spark's were recorded of."""
    from pyrite import SparkConf, SparkContext

    sc = SparkContext(conf=SparkConf().setMaster("local[2]").setAppName("rest").set("spark.ui.port", "0"))
    cached, ssc = rest_shape.program(sc, StreamingContext)
    deadline = time.monotonic() + 60
    while len(json.loads(rest_shape.get(f"{_base(sc)}/streaming/batches")[1])) < 4 and time.monotonic() < deadline:
        time.sleep(0.1)
    found = rest_shape.answers(sc.uiWebUrl, sc.applicationId)
    ssc.stop(stopSparkContext=False)
    status, text = rest_shape.get(f"{_base(sc)}/streaming/statistics")
    found["without a stream"] = {"status": status, "text": text}
    sc.stop()
    return found


def _base(sc):
    return sc.uiWebUrl + rest_shape.APP.replace("APP", sc.applicationId)


@pytest.mark.parametrize("path", sorted(SPARK))
def test_it_has_the_shape_of_sparks(said, path):
    assert said[path]["status"] == SPARK[path]["status"]
    if "text" in SPARK[path]:
        assert said[path]["text"] == SPARK[path]["text"]
    else:
        same(
            path,
            SPARK[path]["shape"],
            said[path]["shape"],
            lambda at: RUNTIME if at.endswith("runtime") else frozenset(),
        )
