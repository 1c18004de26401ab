"""Streaming programs answer batch by batch as real PySpark did on its manual clock (tests/recorded)."""

import contextlib
import sys
import time

import programs
import pytest
from pyrite.rdd import portable_hash
from pyrite.streaming import StreamingContext
from pyrite.testing import advance

WAYS = [
    *(pytest.param((native, n, "auto"), id=f"{native}-{n}") for native in ("auto", "off") for n in (1, 2)),
    pytest.param(("off", 2, "2"), id="workers"),
]
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def manual_sc(make_sc, way, monkeypatch, tmp_path):
    if hasattr(time, "tzset"):
        monkeypatch.setenv("TZ", "UTC")  # pprint shows local time
        time.tzset()
    native, threads, workers = way
    settings = {"pyrite.native": native, "pyrite.python.workers": workers}
    settings |= {"spark.streaming.clock": "org.apache.spark.util.ManualClock"}
    sc = make_sc(f"local[{threads}]", **settings)
    if hasattr(sc, "setCheckpointDir"):
        sc.setCheckpointDir(str(tmp_path))
    yield sc
    if hasattr(time, "tzset"):
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("program", "recorded"), programs.cases("streaming"))
def test_batches_as_pyspark_does(program, recorded, manual_sc):
    assert recorded is not None, "not recorded yet: run tests/recorded/record.py"
    ssc = StreamingContext(manual_sc, float(program.value("interval", "1")))

    def step():
        with contextlib.suppress(Exception):  # the program's answer shows it
            advance(ssc)

    answer = programs.streaming_answer(program, ssc, step, sc=manual_sc, portable_hash=portable_hash)

    expected = programs.for_threads(recorded, manual_sc.defaultParallelism)
    if sys.version_info >= (3, 14):
        expected = expected.replace("integer division or modulo by zero", "division by zero")
    assert answer == expected
