"""Python data sources and tables of streams: each case answers as real PySpark 4.3 did."""

import json
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "sources"
sys.path.insert(0, str(HERE))

from data_sources import SOURCES, batches, note, streams  # noqa: E402
from stream_tables import tables  # noqa: E402

RECORDED = json.loads((HERE / "answers.json").read_text())
DIFFERENT: dict[str, dict[str, str]] = {
    "batches": {},
    "streams": {
        # PySpark stumbles over a variable that it hasn't set.
        "no stream reader": "Failed to plan Python data source initialize source | PySparkNotImplementedError: "
        "[NOT_IMPLEMENTED] simpleStreamReader is not implemented.",
        # A batch is read whole before anything is written: there is nothing to abort.
        "parts fail: written": "[]",
    },
    "tables": {},
}


@pytest.fixture
def session(spark, tmp_path):
    """One of its own, whose tables are below the test's folder."""
    session = spark.newSession()
    session.conf.set("spark.sql.warehouse.dir", str(tmp_path / "warehouse"))
    session.conf.set("spark.sql.session.timeZone", "UTC")
    session.conf.set("spark.sql.shuffle.partitions", "2")
    return session


@pytest.mark.timeout(120)
@pytest.mark.parametrize("cases", [batches, streams, tables], ids=lambda cases: cases.__name__)
def test_recorded(session, tmp_path, cases):
    wanted = {**RECORDED[cases.__name__], **DIFFERENT[cases.__name__]}
    found = cases(session, str(tmp_path))
    assert found == wanted


def test_a_table_stays_with_its_session(spark, session, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text('{"k":"a"}\n')
    rows = session.readStream.schema("k STRING").json(str(tmp_path / "in"))
    query = (
        rows.writeStream.trigger(availableNow=True).option("checkpointLocation", str(tmp_path / "ck")).toTable("own")
    )
    query.awaitTermination()
    assert session.table("own").collect() == [("a",)]
    assert not spark.catalog.tableExists("own")


def test_saved_tables_are_no_streams(session):
    session.range(3).write.saveAsTable("saved")
    with pytest.raises(Exception, match="readStream.table of a table of saveAsTable, whose rows the session keeps"):
        session.readStream.table("saved").schema  # noqa: B018
    rows = session.readStream.format("rate").load()
    with pytest.raises(Exception, match="toTable of a table of saveAsTable, whose rows the session keeps"):
        rows.writeStream.option("checkpointLocation", "nowhere").toTable("saved")


def test_a_plan_that_is_not_run_reads_nothing(session, tmp_path):
    for source in SOURCES:
        session.dataSource.register(source)
    frame = session.read.format("two").option("how", "boom").load()
    assert frame.columns == ["i", "s"]
    assert frame.filter("i > 3").schema == frame.schema
    with pytest.raises(ValueError, match="boom at 11") as raised:
        frame.collect()
    assert raised.traceback[-1].path.name == "data_sources.py"
    note(tmp_path / "x", 1)


def test_each_session_has_its_sources(spark, session):
    session.dataSource.register(SOURCES[0])
    assert session.read.format("two").load().count() == 4
    with pytest.raises(Exception, match="DATA_SOURCE_NOT_FOUND"):
        spark.newSession().read.format("two").load().count()
