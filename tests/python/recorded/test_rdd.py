"""RDD programs answer as real PySpark did: same values, same partitions, same order (tests/recorded)."""

import sys

import programs
import pytest
from pyrite.files import SparkFiles
from pyrite.rdd import portable_hash
from pyrite.storagelevel import StorageLevel
from pyrite.taskcontext import BarrierTaskContext

ENGINE = {
    "BarrierTaskContext": BarrierTaskContext,
    "SparkFiles": SparkFiles,
    "StorageLevel": StorageLevel,
    "portable_hash": portable_hash,
}

pytestmark = [
    # The programs leave files open, as scripts do.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    # Of names that PySpark calls deprecated.
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.mark.parametrize(("program", "recorded"), programs.cases("rdd"))
def test_answers_as_pyspark_does(program, recorded, sc):
    assert recorded is not None, "not recorded yet: run tests/recorded/record.py"
    if programs.FLOAT_SUM in program.marks and sys.version_info >= (3, 12):
        pytest.skip("recorded with the float sum of Python 3.11")
    expected = programs.for_threads(recorded, sc.defaultParallelism)

    answer = programs.answer(program.source, sc=sc, **ENGINE)

    own_wording = programs.WORDING in program.marks or sys.version_info[:2] != programs.RECORDED_ON
    if own_wording and expected.startswith("raises"):
        answer, expected = answer.split(":")[0], expected.split(":")[0]
    assert answer == expected
