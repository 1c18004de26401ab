"""Sinks that write files, and what a source of files may be told; the answers are those of real PySpark 4.3."""

import json
import os
import pathlib
import re
import shutil

import pytest

RECORDED = json.loads(
    (pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "checkpoints" / "spark.json").read_text()
)["files"]


@pytest.fixture
def put(tmp_path):
    """A function that puts rows into a file, a second younger than the one before."""
    count = 0

    def put(*rows, folder="in"):
        nonlocal count
        count += 1
        (tmp_path / folder).mkdir(exist_ok=True)
        path = tmp_path / folder / f"{count}.json"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        os.utime(path, (1_700_000_000 + count, 1_700_000_000 + count))
        return path

    return put


def source(spark, tmp_path, folder="in", **options):
    return spark.readStream.schema("k STRING, v INT").options(**options).json(str(tmp_path / folder))


def write(rows, tmp_path, form="json", out="out", checkpoint="ck", by=(), **options):
    writer = rows.writeStream.format(form).option("checkpointLocation", str(tmp_path / checkpoint)).options(**options)
    query = writer.partitionBy(*by).trigger(availableNow=True).start(str(tmp_path / out))
    query.awaitTermination()
    return query


def numbers(rows):
    return sorted(row.v for row in rows.collect())


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
@pytest.mark.parametrize("by", [(), ("k",)])
def test_what_is_written_is_read(spark, put, tmp_path, form, by):
    for at in range(3):
        put({"k": "a b=é", "v": at}, {"k": None, "v": at + 10})
        write(source(spark, tmp_path), tmp_path, form, by=by)
    rows = spark.read.schema("v INT, k STRING" if by else "k STRING, v INT").format(form).load(str(tmp_path / "out"))
    found = sorted((row.v, row.k) for row in rows.collect())
    assert found == [(0, "a b=é"), (1, "a b=é"), (2, "a b=é"), (10, None), (11, None), (12, None)]


def test_text_and_moments(spark, put, tmp_path):
    put({"k": "x", "v": 1})
    rows = source(spark, tmp_path)
    write(rows.select("k"), tmp_path, "text", out="t", checkpoint="1")
    assert [row.value for row in spark.read.text(str(tmp_path / "t")).collect()] == ["x"]
    moment = rows.selectExpr(
        "timestamp'2024-01-01 00:00:01.987654' AS t", "named_struct('n', CAST('2024-01-01' AS DATE)) AS s"
    )
    write(moment, tmp_path, "json", out="j", checkpoint="2")
    text = next((tmp_path / "j").glob("*.json")).read_text()
    assert text == '{"t":"2024-01-01T00:00:01.987Z","s":{"n":"2024-01-01"}}\n'
    write(moment.select("t"), tmp_path, "csv", out="c", checkpoint="3")
    assert next((tmp_path / "c").glob("*.csv")).read_text() == "2024-01-01T00:00:01.987Z\n"
    with pytest.raises(Exception, match='The Text datasource doesn\'t support the column `v` of the type "INT"'):
        write(rows, tmp_path, "text", out="u", checkpoint="4")


def test_the_log_is_that_of_spark(spark, tmp_path):
    (tmp_path / "in").mkdir()
    rows = spark.readStream.schema("k STRING, v INT, t TIMESTAMP").json(str(tmp_path / "in"))
    for name, text in [
        ("a", '{"k":"a","v":1,"t":"2024-01-01T00:00:01Z"}\n{"k":"b","v":2,"t":"2024-01-01T00:00:05Z"}\n'),
        ("b", '{"k":"a","v":3,"t":"2024-01-01T00:01:01Z"}\n'),
    ]:
        (tmp_path / "in" / f"{name}.json").write_text(text)
        write(rows, tmp_path, out="out_js", by=["k"])

    def shape(path, text):
        text = re.sub(r"[0-9a-f]{8}-[-0-9a-f]{27}", "ID", text)
        return re.sub(r"[0-9a-f]{8}-[-0-9a-f]{27}", "ID", path), sorted(
            re.sub(r'"modificationTime":\d+', "", text).split("\n")
        )

    here = sorted(
        shape(str(path.relative_to(tmp_path)), path.read_text().replace(str(tmp_path), "{folder}"))
        for path in (tmp_path / "out_js").rglob("*")
        if path.is_file()
    )
    assert here == sorted(shape(path, text) for path, text in RECORDED.items() if path.startswith("out_js"))


def test_a_batch_that_runs_again_writes_nothing_twice(spark, put, tmp_path):
    for at in range(12):
        put({"k": "a", "v": at})
    rows = source(spark, tmp_path, maxFilesPerTrigger=1)
    write(rows, tmp_path)
    log = tmp_path / "out/_spark_metadata"
    assert len((log / "9.compact").read_text().splitlines()) == 11
    # Written and in the log, but not committed; and written, but not in the log.
    (tmp_path / "ck/commits/11").unlink()
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    write(rows, tmp_path)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before
    (tmp_path / "ck/commits/11").unlink()
    (log / "11").unlink()
    assert numbers(spark.read.schema("k STRING, v INT").json(str(tmp_path / "out"))) == list(range(11))
    write(rows, tmp_path)
    assert len(list((tmp_path / "out").glob("*.json"))) == 13
    assert numbers(spark.read.schema("k STRING, v INT").json(str(tmp_path / "out"))) == list(range(12))
    # A stream of what a stream writes sees the same, and other files of the folder are nobody's.
    shutil.copy(put({"k": "a", "v": 99}), tmp_path / "out/extra.json")
    write(source(spark, tmp_path, "out"), tmp_path, out="next", checkpoint="next_ck")
    assert numbers(spark.read.schema("k STRING, v INT").json(str(tmp_path / "next"))) == list(range(12))


def test_files_of_a_batch_that_fails_go(spark, put, tmp_path):
    put({"k": "a", "v": 1}, {"k": "b", "v": 0})
    rows = source(spark, tmp_path).selectExpr("k", "array(CAST(v AS STRING)) AS l")
    with pytest.raises(Exception, match="UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE"):
        write(rows, tmp_path, "csv", by=["k"])
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_nothing_is_an_empty_file(spark, put, tmp_path):
    put({"k": "a", "v": 1})
    write(source(spark, tmp_path).where("v > 5"), tmp_path, "parquet")
    assert spark.read.parquet(str(tmp_path / "out")).collect() == []
    write(source(spark, tmp_path).where("v > 5"), tmp_path, "json", out="parts", checkpoint="other", by=["k"])
    assert (tmp_path / "parts/_spark_metadata/0").read_text() == "v1"


@pytest.mark.parametrize(
    ("mode", "by", "options", "said"),
    [
        ("update", [], {}, r"STREAMING_OUTPUT_MODE.UNSUPPORTED_DATASOURCE\].* not supported in Data Source json"),
        ("append", ["zz"], {}, r"Partition column zz not found in existing columns \(k, v\)"),
        ("append", ["k", "v"], {}, "ALL_PARTITION_COLUMNS_NOT_ALLOWED"),
        ("append", [], {"path": None}, "'path' is not specified"),
        ("append", [], {"checkpointLocation": None}, "checkpointLocation must be specified either through option"),
    ],
)
def test_sinks_that_are_refused(spark, put, tmp_path, mode, by, options, said):
    put({"k": "a", "v": 1})
    given = {"path": str(tmp_path / "out"), "checkpointLocation": str(tmp_path / "ck"), **options}
    writer = source(spark, tmp_path).writeStream.format("json").outputMode(mode).partitionBy(*by)
    for key, value in given.items():
        writer = writer if value is None else writer.option(key, value)
    with pytest.raises(Exception, match=said):
        writer.start()


def batches(rows, checkpoint=None, once=False):
    found = []
    writer = rows.writeStream.foreachBatch(lambda batch, number: found.append(numbers(batch)))
    writer = writer.trigger(once=True) if once else writer.trigger(availableNow=True)
    writer = writer if checkpoint is None else writer.option("checkpointLocation", str(checkpoint))
    writer.start().awaitTermination()
    return found


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"maxBytesPerTrigger": "40"}, [[100, 101], [102, 103]]),
        ({"maxBytesPerTrigger": "1"}, [[100], [101], [102], [103]]),
        ({"latestFirst": "true", "maxFilesPerTrigger": "1"}, [[103], [102], [101], [100]]),
        ({"maxFilesPerTrigger": "1", "once": True}, [[100, 101, 102, 103]]),
        ({"maxFileAge": "1s", "maxFilesPerTrigger": "2"}, [[100, 101], [102, 103]]),
        ({"maxFileAge": "1s", "latestFirst": "true"}, [[100, 101, 102, 103]]),
    ],
)
def test_how_much_a_batch_takes(spark, put, tmp_path, options, answer):
    for at in range(4):
        # As long as the files of the recording.
        put({"k": "", "v": 100 + at}).write_text('{"k":"a","v":%d}\n' % (100 + at))
    for at in range(4):
        os.utime(tmp_path / "in" / f"{at + 1}.json", (1_700_000_000 + at, 1_700_000_000 + at))
    once = options.pop("once", False) if "once" in options else False
    assert batches(source(spark, tmp_path, **options), once=once) == answer


def test_old_files_and_names(spark, put, tmp_path):
    for at in range(3):
        put({"k": "a", "v": at})
    rows = source(spark, tmp_path, maxFileAge="1s", fileNameOnly="true", recursiveFileLookup="true")
    assert batches(rows, tmp_path / "ck") == [[0, 1, 2]]
    os.utime(put({"k": "a", "v": 3}), (1_699_999_999, 1_699_999_999))
    (tmp_path / "in/deep").mkdir()
    shutil.copy2(tmp_path / "in/3.json", tmp_path / "in/deep/3.json")
    assert batches(rows, tmp_path / "ck") == []
    put({"k": "a", "v": 4})
    assert batches(rows, tmp_path / "ck") == [[4]]


def test_files_that_were_read_go_away(spark, put, tmp_path):
    for at in range(3):
        put({"k": "a", "v": at})
    shutil.copytree(tmp_path / "in", tmp_path / "other")
    assert batches(source(spark, tmp_path, cleanSource="delete", maxFilesPerTrigger=1), tmp_path / "1") == [
        [0],
        [1],
        [2],
    ]
    # The last batch's stay until there is another one, as in Spark.
    assert os.listdir(tmp_path / "in") == ["3.json"]
    put({"k": "a", "v": 7})
    assert batches(source(spark, tmp_path, cleanSource="delete"), tmp_path / "1") == [[7]]
    assert os.listdir(tmp_path / "in") == ["4.json"]
    archive = {"cleanSource": "archive", "sourceArchiveDir": str(tmp_path / "old"), "maxFilesPerTrigger": 1}
    assert batches(source(spark, tmp_path, "other", **archive), tmp_path / "2") == [[0], [1], [2]]
    moved = sorted(str(path) for path in (tmp_path / "old").rglob("*.json"))
    assert moved == [f"{tmp_path}/old{tmp_path}/other/{at}.json" for at in (1, 2)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"maxFilesPerTrigger": "0"}, "Invalid value '0' for option 'maxFilesPerTrigger', must be a positive integer"),
        ({"maxBytesPerTrigger": "x"}, "Invalid value 'x' for option 'maxBytesPerTrigger', must be a positive integer"),
        ({"maxFilesPerTrigger": "1", "maxBytesPerTrigger": "1"}, "can't be both set at the same time"),
        ({"maxFileAge": "x"}, "Time must be specified as seconds"),
        (
            {"cleanSource": "bad"},
            r"Invalid mode for clean source option Some\(bad\). Must be one of ARCHIVE,DELETE,OFF",
        ),
        ({"cleanSource": "archive"}, "Archive mode must be used with 'sourceArchiveDir' option."),
        ({"cleanSource": "archive", "sourceArchiveDir": "/tmp"}, "requirement failed: Base archive path cannot be set"),
        ({"latestFirst": "x"}, "Invalid value 'x' for option 'latestFirst', must be 'true' or 'false'"),
    ],
)
def test_options_that_are_wrong(spark, put, tmp_path, options, said):
    put({"k": "a", "v": 1})
    with pytest.raises(Exception, match=said):
        batches(source(spark, tmp_path, **options))


def test_rate_of_batches(spark, tmp_path):
    found = []

    def start():
        def keep(rows, number):
            found.append((number, [(str(row.timestamp), row.value) for row in rows.collect()]))
            if len(found) >= 2:
                query.stop()

        reader = spark.readStream.format("rate-micro-batch").options(
            rowsPerBatch=5, startTimestamp=1000, advanceMillisPerBatch=50, numPartitions=2
        )
        return reader.load().writeStream.foreachBatch(keep).option("checkpointLocation", str(tmp_path / "ck")).start()

    query = start()
    query.awaitTermination()
    assert found == [
        (0, [("1970-01-01 00:00:01", value) for value in (0, 2, 4, 1, 3)]),
        (1, [("1970-01-01 00:00:01.050000", value) for value in (5, 7, 9, 6, 8)]),
    ]
    assert (tmp_path / "ck/offsets/0").read_text().endswith('\n{"offset":5,"timestamp":1050}')
    with pytest.raises(Exception, match="Invalid value '0'. The option 'rowsPerBatch' must be positive"):
        spark.readStream.format("rate-micro-batch").load().writeStream.format("noop").start()
