"""Files of a server of the web on loopback: in ranges where it gives them, as one stream where it doesn't."""

import gzip
import sys
from pathlib import Path

import pytest
from pyrite.errors import Py4JJavaError

sys.path.insert(0, str(Path(__file__).parent))
from elsewhere_server import Files  # noqa: E402

pytest.importorskip("aiohttp")

LINES = [f"line {i} {'ab' * (i % 50)}" for i in range(20_000)]
TEXT = "\n".join(LINES).encode() + b"\n"
SERVERS = [
    pytest.param((True, True), id="ranges"),
    pytest.param((False, True), id="whole"),
    pytest.param((False, False), id="no-length"),
]


@pytest.fixture(params=SERVERS)
def server(request):
    ranges, sized = request.param
    with Files(
        {"/a.txt": TEXT, "/b.gz": gzip.compress(TEXT), "/empty": b"", "/c": b"12345678"}, ranges, sized
    ) as files:
        yield files


def test_lines(sc, server):
    lines = sc.textFile(f"{server.url}/a.txt", 4)
    assert lines.getNumPartitions() == (4 if server.ranges else 1)
    assert lines.collect() == LINES
    assert lines.map(len).sum() == sum(map(len, LINES))
    assert sc.textFile(f"{server.url}/b.gz,{server.url}/c?question=*,{server.url}/empty").collect() == [
        *LINES,
        "12345678",
    ]


def test_the_rest(sc, server):
    assert sc.wholeTextFiles(f"{server.url}/a.txt").collect() == [(f"{server.url}/a.txt", TEXT.decode())]
    assert sc.binaryFiles(f"{server.url}/c").collect() == [(f"{server.url}/c", b"12345678")]
    assert sc.binaryRecords(f"{server.url}/c", 4).collect() == [b"1234", b"5678"]
    with pytest.raises(Py4JJavaError, match="the file ends within a record"):
        sc.binaryRecords(f"{server.url}/c", 3).collect()


def test_files_of_pickles(sc, server, tmp_path):
    sc.parallelize(range(30_000), 1).map(lambda i: (i, str(i))).saveAsPickleFile(str(tmp_path / "out"))
    server.files["/part"] = (tmp_path / "out" / "part-00000").read_bytes()
    assert sc.pickleFile(f"{server.url}/part", 3).collect() == [(i, str(i)) for i in range(30_000)]


def test_no_answer_is_large_and_little_is_asked_for_little(make_sc):
    sc = make_sc("local[2]")
    text = b"0123456789abcde\n" * (1 << 21)  # 32 MB
    with Files({"/large": text}) as files:
        lines = sc.textFile(f"{files.url}/large", 4)
        assert lines.take(2) == ["0123456789abcde"] * 2
        assert len(files.asked) <= 3
        assert files.largest <= 1 << 19
        assert lines.count() == 1 << 21
        assert files.largest <= 8 << 20


def test_errors_are_said_in_words(sc):
    with Files({}) as files:
        with pytest.raises(Py4JJavaError, match=f"InvalidInputException: Input path does not exist: {files.url}/none"):
            sc.textFile(f"{files.url}/none").count()
        with pytest.raises(Py4JJavaError, match=f"AccessDeniedException: {files.url}/forbidden: 403"):
            sc.textFile(f"{files.url}/forbidden").count()
        with pytest.raises(Py4JJavaError, match=f"{files.url}/out: files are read by http, not written"):
            sc.parallelize([1]).saveAsTextFile(f"{files.url}/out")
        gone = files.url
    with pytest.raises(Py4JJavaError, match=f"ConnectException: {gone}/a: Cannot connect to host"):
        sc.textFile(f"{gone}/a").count()
