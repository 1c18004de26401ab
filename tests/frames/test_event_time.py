"""Event time: rows and progress of every batch, windows of tables and refusals are those that real PySpark gave."""

import json
import pathlib
import sys

import pytest

RECORDED = pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "events"
sys.path.insert(0, str(RECORDED))

import chains  # noqa: E402
import events  # noqa: E402
import joins  # noqa: E402
import programs  # noqa: E402

ANSWERS = json.loads((RECORDED / "answers.json").read_text())
JOINS = json.loads((RECORDED / "joins.json").read_text())


@pytest.mark.parametrize("name", ANSWERS["streams"])
def test_rows_and_progress_of_every_batch(spark, name):
    program, mode = name.rsplit(" ", 1)
    found = json.loads(json.dumps(events.answers_of(events.STREAMS[program][0](spark), mode)))
    assert found == ANSWERS["streams"][name]


@pytest.mark.parametrize("name", JOINS)
def test_joins_of_random_choice(spark, name):
    found = json.loads(json.dumps(events.answers_of(joins.frame(spark, JOINS[name]), "append")))
    assert found == JOINS[name]["answers"]


@pytest.mark.parametrize("name", events.REFUSED)
def test_what_is_refused(spark, name):
    assert programs.refusal(spark, events.REFUSED[name]) == ANSWERS["refused"][name]


@pytest.mark.parametrize("name", ANSWERS["tables"])
def test_windows_of_tables(spark, name):
    rows, _ = events.shown(spark, events.TABLES[name])
    assert rows == ANSWERS["tables"][name][0]


@pytest.mark.parametrize(
    "name",
    ["session append", "sliding append", "full by range append", "leftsemi by range append", "distinct within append"],
)
def test_what_is_kept_goes_on_from_a_checkpoint(spark, name, tmp_path):
    program, mode = name.rsplit(" ", 1)
    frame, found = events.STREAMS[program][0](spark), []

    def keep(rows, number):
        if number == 2 and len(found) == 2:
            found.append(None)
            raise KeyError("stop here")
        found.append(sorted(str(row) for row in rows.collect()))

    writer = frame.writeStream.outputMode(mode).foreachBatch(keep).trigger(availableNow=True)
    writer = writer.option("checkpointLocation", str(tmp_path / "checkpoint"))
    with pytest.raises(Exception, match="stop here"):
        writer.start().awaitTermination()
    spark.streams.resetTerminated()
    writer.start().awaitTermination()
    found.remove(None)
    assert found == [rows for _, rows in ANSWERS["streams"][name][0]]


def test_what_is_refused_of_chains(spark):
    recorded = json.loads((RECORDED / "chains.json").read_text())
    found = {name: chains.refusal(spark, name) for name in recorded}
    for name, answer in recorded.items():
        # What fails in Spark's first batch is refused before it.
        if answer is None and found[name] and found[name][2].startswith(chains.IN_A_BATCH):
            found[name] = None
    assert found == recorded
