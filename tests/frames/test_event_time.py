"""Event time: rows and progress of every batch, windows of tables and refusals are those that real PySpark gave; and a model of it."""

import datetime
import json
import pathlib
import random
import sys

import pytest

RECORDED = pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "events"
sys.path.insert(0, str(RECORDED))

import events  # noqa: E402
import programs  # noqa: E402

ANSWERS = json.loads((RECORDED / "answers.json").read_text())
PROGRAMS = [(name, mode) for name, (_, modes) in events.STREAMS.items() for mode in modes]


@pytest.mark.parametrize(("name", "mode"), PROGRAMS)
def test_rows_and_progress_of_every_batch(spark, name, mode):
    rows, told = json.loads(json.dumps(events.answers_of(events.STREAMS[name][0](spark), mode)))
    assert rows == ANSWERS["streams"][f"{name} {mode}"][0]
    assert told == ANSWERS["streams"][f"{name} {mode}"][1]


@pytest.mark.parametrize("name", events.REFUSED)
def test_what_is_refused(spark, name):
    assert programs.refusal(spark, events.REFUSED[name]) == ANSWERS["refused"][name]


@pytest.mark.parametrize("name", events.TABLES)
def test_windows_of_tables(spark, name):
    rows, schema = events.shown(spark, events.TABLES[name])
    assert rows == ANSWERS["tables"][name][0]
    assert json.loads(schema) == json.loads(ANSWERS["tables"][name][1])
