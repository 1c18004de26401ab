"""Spark's own example programs, from an installed wheel, unmodified: they print what PySpark printed."""

import json
import sys
from pathlib import Path

import pytest

RECORDED = Path(__file__).parents[2] / "recorded"
sys.path.insert(0, str(RECORDED))
import examples  # noqa: E402

ANSWERS = json.loads(examples.RECORDED.read_text(encoding="utf-8"))
FOUND = examples.folder(examples.python_of_pyspark()) or examples.folder(Path("/opt/pyspark-venv/bin/python"))

SLOW = ("status_api_demo", "streaming/queue_stream", "streaming/network_wordjoinsentiments")


@pytest.mark.skipif(FOUND is None, reason="there is no PySpark whose examples could be run")
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in SLOW else ()) for n in ANSWERS])
def test_an_example_prints_what_pyspark_printed(name, environment, tmp_path):
    if name in examples.NEEDS_NUMPY:
        pytest.importorskip("numpy")
    assert examples.submitted(FOUND, name, tmp_path, environment) == ANSWERS[name]
