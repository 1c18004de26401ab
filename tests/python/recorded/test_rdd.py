"""RDD programs answer as real PySpark did: same values, same partitions, same order (tests/recorded)."""

import sys

import programs
import pytest
from pyrite.rdd import portable_hash

pytestmark = [
    # The programs leave files open, as scripts do.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def cases():
    for file in sorted((programs.HERE / "rdd").glob("*.txt")):
        _, answers = programs.load_answers(file.with_suffix(".jsonl"))
        for number, program in enumerate(programs.read(file), 1):
            yield pytest.param(program, answers.get(program.source), id=f"{file.stem}-{number}")


@pytest.mark.parametrize(("program", "recorded"), list(cases()))
def test_answers_as_pyspark_does(program, recorded, sc):
    assert recorded is not None, "not recorded yet: run tests/recorded/record.py"
    if programs.FLOAT_SUM in program.marks and sys.version_info >= (3, 12):
        pytest.skip("recorded with the float sum of Python 3.11")
    expected = recorded.get("any") or recorded[str(sc.defaultParallelism)]

    answer = programs.answer(program.source, sc=sc, portable_hash=portable_hash)

    if programs.WORDING in program.marks and expected.startswith("raises"):
        answer, expected = answer.split(":")[0], expected.split(":")[0]
    assert answer == expected
