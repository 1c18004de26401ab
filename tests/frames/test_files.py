"""Files read with Spark's options: schemas and rows are those that real PySpark gave."""

import json
import pathlib
import sys

import pytest

RECORDED = pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "files"
sys.path.insert(0, str(RECORDED))
import file_reading as cases  # noqa: E402
import file_writing as writing  # noqa: E402
import json_functions as functions  # noqa: E402

WRITTEN = json.loads((RECORDED / "written.json").read_text(encoding="utf-8"))
ANSWERS = json.loads((RECORDED / "answers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", cases.CASES)
def test_schema_and_rows(spark, tmp_path, name):
    recorded = ANSWERS[name]
    if recorded.get("error") == "Py4JJavaError":
        # What the JVM throws in a task; here it has a condition of its own.
        recorded = {"error": "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"}
    assert cases.answer(spark, name, str(tmp_path / "data")) == recorded


@pytest.mark.parametrize("name", writing.CASES)
def test_what_is_written(spark, tmp_path, name):
    assert writing.written(spark, name, str(tmp_path)) == WRITTEN[name]


def test_functions_of_json(spark):
    recorded = json.loads((RECORDED / "functions.json").read_text(encoding="utf-8"))
    found = functions.answers(spark)
    assert set(found) == set(recorded)
    for name, answer in recorded.items():
        assert found[name] == answer, name
