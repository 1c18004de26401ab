"""Files at addresses of other systems: read and written as local ones are. `memory://` is fsspec's own, in this process."""

import bz2
import gzip
import sys
import uuid

import pytest
from pyrite.errors import AnalysisException, Py4JJavaError

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def place():
    """A place in memory of the test's own, with files."""
    name = f"/{uuid.uuid4().hex}"
    memory = fsspec.filesystem("memory")

    class Place:
        url = f"memory:/{name}"

        def put(self, **files):
            memory.pipe({f"{name}/{each.replace('__', '/')}": data for each, data in files.items()})

        def put_named(self, files):
            memory.pipe({f"{name}/{each}": data for each, data in files.items()})

        def names(self, folder=""):
            return sorted(
                each.removeprefix(f"{name}/{folder}").lstrip("/") for each in memory.find(name + "/" + folder)
            )

        def read(self, each):
            return memory.cat_file(f"{name}/{each}")

    yield Place()
    if memory.exists(name):
        memory.rm(name, recursive=True)


LINES = [f"line {i} of an Ümlaut {'x' * (i % 70)}" for i in range(2000)]
TEXT = "\n".join(LINES).encode() + b"\n"


def test_lines_are_the_same_in_the_same_partitions_as_of_a_local_file(sc, place, tmp_path):
    (tmp_path / "a.txt").write_bytes(TEXT)
    place.put_named({"a.txt": TEXT})
    for least in (None, 1, 3, 7):
        local, there = sc.textFile(str(tmp_path / "a.txt"), least), sc.textFile(f"{place.url}/a.txt", least)
        assert there.glom().collect() == local.glom().collect()
    assert there.map(len).sum() == sum(map(len, LINES))
    assert there.filter(lambda line: line.startswith("line 19")).count() == 111
    assert there.map(lambda line: (line.split(" ")[1][-1], 1)).reduceByKey(lambda a, b: a + b).count() == 10
    assert there.take(3) == LINES[:3]
    assert there.name() == f"{place.url}/a.txt"
    assert sc.textFile(f"{place.url}/a.txt", use_unicode=False).first() == LINES[0].encode()


def test_directories_patterns_and_commas(sc, place, tmp_path):
    place.put_named(
        {
            "d/b": b"2\n",
            "d/a": b"1\n",
            "d/_no": b"0\n",
            "d/.no": b"0\n",
            "d/sub/c": b"3\n",
            "e/x.txt": b"4\n",
            "e/y.csv": b"5\n",
            "e/none": b"",
        }
    )
    (tmp_path / "here").write_text("6\n")
    url = place.url
    for path, rows in {
        "/d": "12",
        "/d/": "12",
        "/d/*": "123",
        "/?": "1245",
        "/e/*.txt": "4",
        "/e/{y.csv,x.txt}": "45",
        "/e/[^y]*": "4",
        "/{d,e}/[a-x]*": "12 3 4".replace(" ", ""),
    }.items():
        assert sc.textFile(url + path).collect() == list(rows), path
    assert sc.textFile(f"{url}/e/y.csv,{tmp_path}/here,{url}/d,file://{tmp_path}/here").collect() == list("56126")


def test_packed_files_are_unpacked(sc, place):
    place.put_named({"a.gz": gzip.compress(TEXT), "b.bz2": bz2.compress(TEXT)})
    assert sc.textFile(f"{place.url}/a.gz", 4).collect() == LINES
    assert sc.textFile(f"{place.url}/b.bz2", 4).getNumPartitions() == 1
    assert sc.textFile(place.url).collect() == LINES * 2
    assert sc.wholeTextFiles(f"{place.url}/a.gz").values().collect() == [TEXT.decode()]


def test_whole_files_and_records(sc, place):
    place.put_named({"d/a": b"one\n", "d/b": b"\xff\x00", "d/_c": b"no"})
    url = place.url
    assert sc.wholeTextFiles(f"{url}/d").collect() == [(f"{url}/d/a", "one\n"), (f"{url}/d/b", "\ufffd\x00")]
    assert sc.wholeTextFiles(f"{url}/d", use_unicode=False).keys().first() == f"{url}/d/a".encode()
    assert sc.binaryFiles(f"{url}/d/*").collect() == [(f"{url}/d/a", b"one\n"), (f"{url}/d/b", b"\xff\x00")]
    assert sc.binaryRecords(f"{url}/d", 2).collect() == [b"on", b"e\n", b"\xff\x00"]
    with pytest.raises(Py4JJavaError, match="the file ends within a record"):
        sc.binaryRecords(f"{url}/d", 3).collect()


def test_what_is_missing_is_said_as_spark_says_it(sc, place):
    url = f"{place.url}/nothing"
    for path, words in {
        url: f"Input path does not exist: {url}",
        f"{url}/*.x": f"Input Pattern {url}/*.x matches 0 files",
    }.items():
        with pytest.raises(Py4JJavaError, match="org.apache.hadoop.mapred.InvalidInputException") as error:
            sc.textFile(path).count()
        assert words in str(error.value)
        for read in (sc.wholeTextFiles, sc.binaryFiles):
            with pytest.raises(Py4JJavaError, match="mapreduce.lib.input.InvalidInputException") as error:
                read(path).count()
            assert words in str(error.value)
        with pytest.raises(Py4JJavaError, match="mapred.InvalidInputException") as error:
            sc.sequenceFile(path)
        assert words in str(error.value)


def test_a_file_that_goes_after_it_was_listed_is_an_error_of_the_job(sc, place):
    place.put_named({"a": TEXT})
    lines = sc.textFile(f"{place.url}/a", 2)
    assert lines.getNumPartitions() == 2
    fsspec.filesystem("memory").rm(f"{place.url}/a")
    with pytest.raises(Py4JJavaError, match=f"FileNotFoundException: {place.url}/a: No such file"):
        lines.count()
    assert sc.parallelize([1]).count() == 1


def test_lines_are_saved(sc, place, tmp_path):
    rows = sc.parallelize([1, "zwei", (3, None)] * 10, 3)
    rows.saveAsTextFile(f"{place.url}/out")
    assert place.names("out") == ["_SUCCESS", "part-00000", "part-00001", "part-00002"]
    rows.saveAsTextFile(str(tmp_path / "out"))
    for part in place.names("out"):
        assert place.read(f"out/{part}") == (tmp_path / "out" / part).read_bytes()
    assert sc.textFile(f"{place.url}/out").collect() == list(map(str, [1, "zwei", (3, None)] * 10))
    with pytest.raises(
        Py4JJavaError, match=f"FileAlreadyExistsException: Output directory {place.url}/out already exists"
    ):
        rows.saveAsTextFile(f"{place.url}/out")
    rows.saveAsTextFile(f"{place.url}/packed", "org.apache.hadoop.io.compress.GzipCodec")
    assert place.names("packed")[1] == "part-00000.gz"
    assert sc.textFile(f"{place.url}/packed").count() == 30
    sc.emptyRDD().saveAsTextFile(f"{place.url}/empty")
    assert place.names("empty") == ["_SUCCESS"]


def test_a_save_that_fails_leaves_nothing(sc, place):
    def fails(x):
        if x == 7:
            raise ValueError("seven")
        return x

    for save in ("saveAsTextFile", "saveAsPickleFile"):
        with pytest.raises(ValueError, match="seven"):
            getattr(sc.parallelize(range(10), 2).map(fails), save)(f"{place.url}/{save}")
        assert place.names() == []


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("threads", [1, 2])
def test_files_of_hadoop_are_written_and_read(make_sc, tmp_path, threads, workers):
    sc = make_sc(f"local[{threads}]", **{"pyrite.python.workers": workers})
    # fsspec's name of this machine's own file system: all processes have it.
    url = f"local://{tmp_path}"
    rows = [(i, f"row {i}") for i in range(5000)]
    sc.parallelize(rows, 3).saveAsPickleFile(f"{url}/pickles")
    assert sorted(each.name for each in (tmp_path / "pickles").iterdir()) == [
        "_SUCCESS",
        "part-00000",
        "part-00001",
        "part-00002",
    ]
    assert sc.pickleFile(f"{url}/pickles").collect() == rows
    assert sc.pickleFile(str(tmp_path / "pickles")).collect() == rows
    sc.parallelize(rows, 3).saveAsSequenceFile(f"{url}/pairs", "org.apache.hadoop.io.compress.GzipCodec")
    assert sc.sequenceFile(f"{url}/pairs/part-0000{{0,1,2}}").collect() == rows
    sc.parallelize(rows, 2).saveAsHadoopFile(f"{url}/text", "org.apache.hadoop.mapred.TextOutputFormat")
    keys = sc.hadoopFile(f"{url}/text", "org.apache.hadoop.mapred.KeyValueTextInputFormat", "", "")
    assert keys.collect() == [(str(key), value) for key, value in rows]
    for save in ("saveAsPickleFile", "saveAsSequenceFile"):
        with pytest.raises(Py4JJavaError, match="Output directory local://.*/pairs already exists"):
            getattr(sc.parallelize(rows), save)(f"{url}/pairs")
    assert sc.textFile(f"{url}/text").count() == 5000


def test_hadoops_files_in_memory(make_sc, place):
    sc = make_sc("local[2]", **{"pyrite.python.workers": "0"})
    sc.parallelize(range(100), 4).saveAsPickleFile(f"{place.url}/out", 3)
    assert sc.pickleFile(f"{place.url}/out", 8).sum() == 4950


def test_read_text(make_sc, place):
    from pyrite.sql import SparkSession

    make_sc("local[2]")
    place.put_named({"a": TEXT, "b": b"last\n"})
    spark = SparkSession.builder.getOrCreate()
    # The larger file comes first in its partition.
    assert spark.read.text(place.url).rdd.map(lambda row: row[0]).collect() == [*LINES, "last"]
    with pytest.raises(AnalysisException, match=f"Path does not exist: {place.url}/c"):
        spark.read.text(f"{place.url}/c")
    spark.stop()


def test_streams_save_there_and_say_that_they_cannot_watch(place):
    from pyrite.testing import run_batches, streaming_context

    with streaming_context() as ssc:
        for make in (ssc.textFileStream, lambda path: ssc.binaryRecordsStream(path, 4)):
            with pytest.raises(Py4JJavaError, match="s3a://bucket/in: streams watch directories of this machine"):
                make("s3a://bucket/in")
        ssc.queueStream([[1], [2]]).saveAsTextFiles(f"{place.url}/out", "txt")
        run_batches(ssc, 2)
    found = place.names()
    assert len({each.split("/")[0] for each in found}) == 2, found
    assert sum(each.endswith("/_SUCCESS") for each in found) == 2


def test_what_is_not_installed_is_named(make_sc, monkeypatch):
    sc = make_sc("local[2]")
    with pytest.raises(Py4JJavaError, match=r'No FileSystem for scheme "nonsense": fsspec knows none'):
        sc.textFile("nonsense://a/b").count()
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(Py4JJavaError, match=r'scheme "s3a": the package s3fs is missing; pip install s3fs') as error:
        sc.textFile("s3a://bucket/key").count()
    assert 'pip install "pyrite[remote]"' in str(error.value)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    for what in (
        lambda: sc.textFile("s3a://bucket/key").count(),
        lambda: sc.pickleFile("s3a://bucket/key"),
        lambda: sc.parallelize([1]).saveAsTextFile("s3a://bucket/key"),
        lambda: sc.parallelize([1]).saveAsPickleFile("s3a://bucket/key"),
    ):
        with pytest.raises(Py4JJavaError, match=r"UnsupportedFileSystemException: No FileSystem for scheme") as error:
            what()
        assert 'pip install "pyrite[remote]"' in str(error.value)
