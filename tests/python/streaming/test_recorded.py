"""Streaming programs answer as real PySpark did: same batches, same partitions, same text (tests/recorded)."""

import contextlib

import programs
import pytest
from pyrite.streaming import StreamingContext
from pyrite.testing import advance

pytestmark = [
    # The programs leave files open, as scripts do.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

WAYS = [pytest.param((native, threads), id=f"{native}-{threads}") for native in ("auto", "off") for threads in (1, 2)]


def cases():
    for file in sorted((programs.HERE / "streaming").glob("*.txt")):
        _, answers = programs.load_answers(file.with_suffix(".jsonl"))
        for number, program in enumerate(programs.read(file), 1):
            yield pytest.param(program, answers.get(program.source), id=f"{file.stem}-{number}")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("program", "recorded"), list(cases()))
def test_answers_as_pyspark_does(program, recorded, way, manual):
    assert recorded is not None, "not recorded yet: run tests/recorded/record.py"
    native, threads = way
    sc = manual(f"local[{threads}]", **{"pyrite.native": native})
    ssc = StreamingContext(sc, float(program.value("interval", "1")))
    expected = recorded.get("any") or recorded[str(threads)]

    def step():
        with contextlib.suppress(Exception):
            advance(ssc)

    answer = programs.streaming_answer(program, ssc, step, sc=sc)

    assert answer == expected
