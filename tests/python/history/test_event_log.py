"""The event log's files: what they say has the shape of Spark's, as recorded; settings, errors, ends."""

import json
import logging
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from pyrite import SparkConf, SparkContext
from pyrite._event_log import directory_of
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext

RECORDED = Path(__file__).parents[2] / "recorded"
sys.path.insert(0, str(RECORDED))
import event_log_shape  # noqa: E402
from alike import same  # noqa: E402

SPARK = json.loads((RECORDED / "event_log_shape.json").read_text())


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """The log of the program that Spark's was recorded of, and its shape."""
    directory = tmp_path_factory.mktemp("logs")
    sc = SparkContext(conf=event_log_shape.settings(SparkConf(), directory))
    event_log_shape.program(sc)
    event_log_shape.stream(sc, StreamingContext)
    sc.stop()
    log = event_log_shape.events(directory)
    return log, event_log_shape.shapes(log)


@pytest.mark.parametrize("kind", sorted(SPARK))
def test_an_event_has_the_fields_of_sparks(logged, kind):
    same(kind, SPARK[kind], logged[1][kind])


def test_there_are_no_other_events_and_they_are_in_sparks_order(logged):
    log, shapes = logged
    assert set(shapes) == set(SPARK)
    kinds = [event["Event"].removeprefix("SparkListener") for event in log]
    assert kinds[:7] == [
        "LogStart",
        "ResourceProfileAdded",
        "ExecutorAdded",
        "BlockManagerAdded",
        "EnvironmentUpdate",
        "ApplicationStart",
        "JobStart",
    ]
    assert kinds[-1] == "ApplicationEnd"
    open_jobs, open_stages, open_tasks = set(), set(), set()
    for event in log:
        kind = event["Event"].removeprefix("SparkListener")
        if kind == "JobStart":
            open_jobs.add(event["Job ID"])
        elif kind == "StageSubmitted":
            assert open_jobs
            open_stages.add(event["Stage Info"]["Stage ID"])
        elif kind == "TaskStart":
            assert event["Stage ID"] in open_stages
            open_tasks.add(event["Task Info"]["Task ID"])
        elif kind == "TaskEnd":
            open_tasks.remove(event["Task Info"]["Task ID"])
        elif kind == "StageCompleted":
            open_stages.remove(event["Stage Info"]["Stage ID"])
        elif kind == "JobEnd":
            open_jobs.remove(event["Job ID"])
    assert (open_jobs, open_stages, open_tasks) == (set(), set(), set())


def test_it_says_what_was_done(logged):
    log, _ = logged
    first = next(event for event in log if event["Event"] == "SparkListenerJobStart")
    shuffle, collect = first["Stage Infos"]
    assert collect["Parent IDs"] == [shuffle["Stage ID"]]
    assert [(rdd["Name"], rdd["Number of Partitions"]) for rdd in shuffle["RDD Info"]] == [
        ("pairs", 4),
        ("parallelize", 4),
    ]
    assert shuffle["RDD Info"][0]["Storage Level"]["Use Memory"] is True
    assert shuffle["RDD Info"][0]["Parent IDs"] == [shuffle["RDD Info"][1]["RDD ID"]]
    assert first["Properties"]["spark.jobGroup.id"] == "g"
    blocks = [event["Block Updated Info"] for event in log if event["Event"] == "SparkListenerBlockUpdated"]
    kept = shuffle["RDD Info"][0]["RDD ID"]
    assert sorted({block["Block ID"] for block in blocks}) == [f"rdd_{kept}_{n}" for n in range(4)]
    unpersisted = [event["RDD ID"] for event in log if event["Event"] == "SparkListenerUnpersistRDD"]
    assert unpersisted == [kept]
    batches = {
        event["Properties"].get("spark.streaming.internal.batchTime")
        for event in log
        if event["Event"] == "SparkListenerJobStart"
    }
    assert len(batches - {None}) >= 2


def _only(path, pattern):
    (found,) = path.glob(pattern)
    return found


def test_its_name_says_that_it_is_in_progress(make_context, tmp_path):
    logs = tmp_path / "logs"
    sc = make_context()
    folder = _only(logs, "*")
    assert folder.name == f"eventlog_v2_{sc.applicationId}"
    names = {path.name for path in folder.iterdir()}
    assert names == {f"appstatus_{sc.applicationId}.inprogress", f"events_1_{sc.applicationId}"}
    sc.stop()
    names = {path.name for path in folder.iterdir()}
    assert names == {f"appstatus_{sc.applicationId}", f"events_1_{sc.applicationId}"}


@pytest.mark.parametrize(("codec", "begins"), [("zstd", b"\x28\xb5\x2f\xfd"), ("lz4", b"LZ4Block\x25")])
def test_one_file(make_context, tmp_path, codec, begins):
    logs = tmp_path / "logs"
    packed = {"eventLog_compress": "true", "eventLog_compression_codec": codec}
    sc = make_context(eventLog_rolling_enabled="false", **packed)
    assert _only(logs, "*").name == f"{sc.applicationId}.{codec}.inprogress"
    sc.stop()
    assert _only(logs, "*").name == f"{sc.applicationId}.{codec}"
    assert _only(logs, "*").read_bytes().startswith(begins)


def test_what_tasks_used(make_context, tmp_path):
    text = tmp_path / "lines.txt"
    text.write_text("one two three\n" * 20_000)
    sc = make_context()
    assert sc.textFile(str(text), 2).flatMap(str.split).map(lambda w: (w, 1)).countByKey()["two"] == 20_000
    sc.stop()
    ends = [e["Task Metrics"] for e in event_log_shape.events(tmp_path / "logs") if "Task Metrics" in e]
    assert sum(end["Input Metrics"]["Records Read"] for end in ends) == 20_000
    assert sum(end["Input Metrics"]["Bytes Read"] for end in ends) >= text.stat().st_size
    assert all(end["Executor CPU Time"] > 0 for end in ends)


@pytest.mark.skipif(sys.platform == "win32", reason="a directory's own rules hold there")
def test_the_group_may_read_it(make_context, tmp_path):
    make_context().stop()
    folder = _only(tmp_path / "logs", "*")
    assert folder.stat().st_mode & 0o777 == 0o770
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o660}


def test_it_rolls(make_context, tmp_path):
    sc = make_context(eventLog_rolling_maxFileSize="10m")
    with_text = sc.parallelize(range(2), 2)
    sc.setJobDescription("x" * 3_000_000)
    for _ in range(3):
        with_text.count()
    sc.stop()
    files = sorted(_only(tmp_path / "logs", "*").glob("events_*"))
    assert [path.name.split("_")[1] for path in files] == ["1", "2"]
    assert all(path.stat().st_size <= 10 << 20 for path in files)
    assert event_log_shape.events(tmp_path / "logs")[-1]["Event"] == "SparkListenerApplicationEnd"


def test_secrets_are_stars(make_context, tmp_path):
    sc = make_context(my_token="hush-hush")
    sc.setLocalProperty("my.password", "hush-hush")
    sc.setLocalProperty("mine", "seen")
    sc.parallelize([1]).count()
    sc.stop()
    log = event_log_shape.events(tmp_path / "logs")
    assert "hush-hush" not in json.dumps(log)
    started = next(event for event in log if event["Event"] == "SparkListenerJobStart")
    assert started["Properties"]["mine"] == "seen"
    assert started["Properties"]["my.password"] == "*********(redacted)"


def test_jobs_are_in_the_file_soon(make_context, tmp_path):
    sc = make_context()
    file = _only(tmp_path / "logs", "*/events_1_*")
    sc.parallelize([1]).count()
    _wait_for(lambda: '"Event":"SparkListenerJobEnd"' in file.read_text(encoding="utf-8"))
    assert file.read_text(encoding="utf-8").endswith("}\n")


def _wait_for(is_so):
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


REFUSED = [
    ({"eventLog.enabled": "yes"}, "spark.eventLog.enabled should be boolean, but was yes"),
    ({"eventLog.dir": "file:///no/such/directory"}, "java.io.FileNotFoundException: File file:"),
    ({"eventLog.dir": Path(__file__).as_uri()}, "is not a directory"),
    ({"eventLog.dir": "hdfs://host/logs"}, "to directories of this machine only"),
    ({"eventLog.dir": "s3a://bucket/logs"}, "to directories of this machine only"),
    (
        {"eventLog.compress": "true", "eventLog.compression.codec": "snappy"},
        "Pyrite writes event logs with zstd or lz4",
    ),
    (
        {"eventLog.compress": "true", "eventLog.compression.codec": "lz4", "io.compression.lz4.blockSize": "1g"},
        "spark.io.compression.lz4.blockSize is 1073741824 bytes",
    ),
    ({"eventLog.rolling.maxFileSize": "1m"}, "should be configured to be at least 10 MiB"),
    ({"eventLog.buffer.kb": "0"}, "spark.eventLog.buffer.kb is set to '0', but it takes a number above 0"),
    ({"eventLog.rolling.enabled": "perhaps"}, "spark.eventLog.rolling.enabled is set to 'perhaps'"),
    ({"redaction.regex": "(?=x)"}, "spark.redaction.regex is a pattern that the event log can't use"),
]


@pytest.mark.parametrize(("settings", "said"), REFUSED)
def test_what_it_cannot_do_ends_the_start(make_context, settings, said):
    with pytest.raises(Py4JJavaError, match=re.escape(said)):
        make_context(**settings)
    # Nothing is left of it: the next one starts.
    assert make_context().parallelize([1, 2]).count() == 2


def test_a_log_that_is_there_stays(make_context, tmp_path, monkeypatch):
    monkeypatch.setattr("pyrite.context.time.time", lambda: 1_700_000_000.0)
    make_context().stop()
    with pytest.raises(Py4JJavaError, match="Target log directory already exists"):
        make_context()
    before = _only(tmp_path / "logs", "*/events_1_*").read_text(encoding="utf-8")
    sc = make_context(eventLog_overwrite="true")
    sc.parallelize([1]).count()
    sc.stop()
    assert len(_only(tmp_path / "logs", "*/events_1_*").read_text(encoding="utf-8")) > len(before)


def test_a_log_that_cannot_be_finished_is_said_and_nothing_else_happens(make_context, tmp_path, caplog):
    sc = make_context()
    folder = _only(tmp_path / "logs", "*")
    _only(folder, "appstatus_*").unlink()
    with caplog.at_level(logging.WARNING, "pyrite"):
        assert sc.parallelize([1, 2]).count() == 2
        sc.stop()
    assert f"The event log {folder} has no more than it has now" in caplog.text


def test_a_full_disk_ends_the_log_and_not_the_program(tmp_path):
    resource = pytest.importorskip("resource")
    assert resource.RLIMIT_FSIZE >= 0
    program = """
        import resource, sys
        from pyrite import SparkConf, SparkContext
        conf = SparkConf().setMaster("local[2]").set("spark.ui.enabled", "false").set("spark.eventLog.enabled", "true")
        conf.set("spark.eventLog.dir", sys.argv[1]).set("spark.eventLog.compress", "false")
        sc = SparkContext(conf=conf)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        for _ in range(30):
            sc.parallelize(range(4), 4).count()
        print(sc.parallelize(range(4), 4).collect())
    """
    command = [sys.executable, "-c", textwrap.dedent(program), tmp_path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[0, 1, 2, 3]\n"
    assert "has no more than it has now" in done.stderr
    assert "The program goes on without it." in done.stderr


def test_it_is_off_by_default(tmp_path):
    conf = SparkConf().setMaster("local[2]").set("spark.ui.enabled", "false")
    with SparkContext(conf=conf.set("spark.eventLog.dir", (tmp_path / "nowhere").as_uri())) as sc:
        assert sc.parallelize([1]).count() == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="paths of this kind")
def test_names_of_directories():
    assert directory_of("file:///tmp/spark%20events") == "/tmp/spark events"
    assert directory_of("file:/tmp/spark-events") == "/tmp/spark-events"
    assert directory_of("/tmp/spark-events") == "/tmp/spark-events"
    assert directory_of("logs") == str(Path("logs").absolute())
