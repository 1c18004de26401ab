"""Structured Streaming: rows of every batch, console text, progress and refusals are those that real PySpark gave."""

import json
import pathlib
import sys

import pytest

RECORDED = pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "streams"
sys.path.insert(0, str(RECORDED))

import programs  # noqa: E402

ANSWERS = json.loads((RECORDED / "answers.json").read_text())


@pytest.mark.parametrize("name", programs.STREAMS)
def test_rows_of_every_batch(spark, name):
    make, mode = programs.STREAMS[name]
    assert json.loads(json.dumps(programs.batches(make(spark), mode))) == ANSWERS["streams"][name]


@pytest.mark.parametrize("name", programs.CONSOLE)
def test_console_text(spark, name):
    assert programs.printed(spark, programs.CONSOLE[name]) == ANSWERS["console"][name]


@pytest.mark.parametrize("name", programs.REFUSED)
def test_what_is_refused(spark, name):
    assert programs.refusal(spark, programs.REFUSED[name]) == ANSWERS["refused"][name]


def test_progress(spark):
    assert json.loads(json.dumps(programs.progress(spark))) == ANSWERS["progress"]
