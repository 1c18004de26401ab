"""The rows of `spark.read.text` are kept, saved and named as those of any RDD are."""

import os

import pytest
from pyrite.errors import AnalysisException
from pyrite.sql import SparkSession


@pytest.fixture
def rows(tmp_path):
    (tmp_path / "a.txt").write_text("one two\nthree\n")
    with SparkSession.builder.master("local[2]").getOrCreate() as spark:
        spark.sparkContext.setCheckpointDir(str(tmp_path / "saved"))
        yield spark.read.text(str(tmp_path / "a.txt")).rdd


@pytest.mark.parametrize("act", [lambda r: r.count(), lambda r: r.map(lambda row: row[0]).collect()])
def test_they_are_saved_by_the_next_action(rows, act):
    rows.checkpoint()
    act(rows)
    assert rows.isCheckpointed()
    assert rows.getCheckpointFile().endswith(f"/rdd-{rows.id()}")


@pytest.mark.parametrize("act", [lambda r: r.count(), lambda r: r.map(lambda row: row[0]).collect()])
def test_a_local_checkpoint_is_made_by_the_next_action(rows, act):
    rows.localCheckpoint()
    act(rows)
    # The rows of a DataFrame are made in the JVM: no step of Python's passes them by.
    assert rows.isCheckpointed()


def test_filtered_rows_are_passed_by_as_those_of_other_steps_of_python(rows):
    some = rows.filter(lambda row: "t" in row.value)
    assert (str(rows).split("[")[0], str(some).split("[")[0]) == ("MapPartitionsRDD", "PythonRDD")
    some.localCheckpoint()
    assert some.count() == 2
    assert not some.isCheckpointed()
    some.collect()
    assert some.isCheckpointed()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [("{a,b}.txt", "ab"), ("[^a].txt", "b"), ("[!a].txt", "b"), ("{a,{b,none}}.t?t", "ab"), ("*.txt", "ab")],
)
def test_patterns_are_hadoops(tmp_path, pattern, names):
    for name in "ab_":
        (tmp_path / f"{name}.txt").write_text(name)
    with SparkSession.builder.master("local[2]").getOrCreate() as spark:
        found = spark.read.text(os.path.join(tmp_path, pattern))
        assert sorted(row.value for row in found.collect()) == list(names)
        with pytest.raises(AnalysisException, match="PATH_NOT_FOUND"):
            spark.read.text(f"{tmp_path}/{{x,y}}")
