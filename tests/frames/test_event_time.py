"""Event time: rows and progress of every batch, windows of tables and refusals are those that real PySpark gave."""

import json
import pathlib
import sys

import pytest

RECORDED = pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "events"
sys.path.insert(0, str(RECORDED))

import events  # noqa: E402

ANSWERS = json.loads((RECORDED / "answers.json").read_text())
PROGRAMS = [
    (name, mode)
    for name, (_, modes) in events.STREAMS.items()
    for mode in modes
    if f"{name} {mode}" in ANSWERS["streams"]
]


@pytest.mark.parametrize(("name", "mode"), PROGRAMS)
def test_rows_and_progress_of_every_batch(spark, name, mode):
    rows, told = json.loads(json.dumps(events.answers_of(events.STREAMS[name][0](spark), mode)))
    assert rows == ANSWERS["streams"][f"{name} {mode}"][0]
    assert told == ANSWERS["streams"][f"{name} {mode}"][1]
