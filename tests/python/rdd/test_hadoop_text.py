"""Text in Hadoop's formats: settings, delimiters over the edges of what is read at once, packed files, damaged ones."""

import bz2
import gzip
import zlib
from itertools import count, islice

import pytest
from pyrite._hadoop import lines as module
from pyrite._hadoop.codecs import codec
from pyrite._hadoop.formats import _write_text
from pyrite._hadoop.lines import lines
from pyrite._hadoop.paths import Part, files_of, parts_of
from pyrite.errors import Py4JJavaError

OLD = "org.apache.hadoop.mapred.TextInputFormat"
NEW = "org.apache.hadoop.mapreduce.lib.input.TextInputFormat"
KEY, VALUE = "org.apache.hadoop.io.LongWritable", "org.apache.hadoop.io.Text"


@pytest.mark.parametrize(
    "name",
    ["mapreduce.input.fileinputformat.input.dir.recursive", "mapred.input.pathFilter.class", "textinputformat.other"],
)
def test_unknown_settings_of_the_input(sc, tmp_path, name):
    (tmp_path / "t").write_text("a\n")
    with pytest.raises(Py4JJavaError, match=rf"{name}: Pyrite doesn't have this setting.*textinputformat.record"):
        sc.newAPIHadoopFile(str(tmp_path / "t"), NEW, KEY, VALUE, conf={name: "x"})
    with pytest.raises(Py4JJavaError, match=name):
        sc.hadoopRDD(OLD, KEY, VALUE, conf={"mapred.input.dir": str(tmp_path / "t"), name: "x"})
    # Settings of other things are nobody's business.
    there = {"mapreduce.job.name": "x", "mapred.input.format.class": NEW}
    assert sc.newAPIHadoopFile(str(tmp_path / "t"), NEW, KEY, VALUE, conf=there).collect() == [(0, "a")]


def test_settings_that_are_none(sc, tmp_path):
    (tmp_path / "t").write_text("a\n")
    with pytest.raises(Py4JJavaError, match="delimiter is empty"):
        sc.newAPIHadoopFile(str(tmp_path / "t"), NEW, KEY, VALUE, conf={"textinputformat.record.delimiter": ""})
    with pytest.raises(Py4JJavaError, match='NumberFormatException: For input string: "1k"'):
        sc.newAPIHadoopFile(str(tmp_path / "t"), NEW, KEY, VALUE, conf={"mapred.max.split.size": "1k"})


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 1 << 20])
@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        (b"a\r\nbb\r\n\r\nc\rd\r\r\ne", None),
        (b"\n\n\na\r", None),
        (b"one<>two<<>three<><>four<", b"<>"),
        (b"aab" * 5, b"aa"),
        (b"x", b"xyz"),
    ],
)
def test_parts_have_each_record_once(tmp_path, monkeypatch, piece, data, delimiter):
    path = tmp_path / "t"
    path.write_bytes(data)
    expected = data.split(delimiter) if delimiter else data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    expected = expected[:-1] if expected[-1] == b"" else expected
    monkeypatch.setattr(module, "_PIECE", piece)
    for most in range(1, len(data) + 2):
        parts = parts_of(files_of(str(path)), None, 1, most)
        found = [record for part in parts for record in lines(part, delimiter)]
        assert [record for _, record in found] == expected
        assert all(data[at:].startswith(record) for at, record in found)


@pytest.mark.parametrize(
    ("name", "pack"), [("t.gz", gzip.compress), ("t.bz2", bz2.compress), ("t.deflate", zlib.compress)]
)
def test_packed_files(sc, tmp_path, monkeypatch, name, pack):
    monkeypatch.setattr(module, "_PIECE", 7)
    data = b"".join(b"line %d\n" % i for i in range(500))
    path = tmp_path / name
    path.write_bytes(pack(data[:1000]) + pack(data[1000:]))
    assert [line for _, line in lines(Part(*files_of(str(path)), 0, 1))] == data.splitlines()
    for broken in (b"this is no packed file", pack(data)[:-3]):
        path.write_bytes(broken)
        with pytest.raises(Py4JJavaError, match=r"IOException|EOFException"):
            sc.newAPIHadoopFile(str(path), NEW, KEY, VALUE).collect()


def test_packed_files_that_python_has_no_library_for(sc, tmp_path):
    (tmp_path / "t.zst").write_bytes(b"x")
    with pytest.raises(Py4JJavaError, match=r"t.zst can't be unpacked; Pyrite has DefaultCodec"):
        sc.newAPIHadoopFile(str(tmp_path / "t.zst"), NEW, KEY, VALUE).collect()


@pytest.mark.parametrize("name", ["GzipCodec", "BZip2Codec", "DefaultCodec"])
def test_packing_holds_a_piece_at_a_time(name):
    taken = count()
    pieces = (next(taken).to_bytes(8, "big") * 100_000 for _ in range(50))
    packed = codec(name).pack(pieces)
    next(packed)
    assert next(taken) == 1
    whole = b"".join(codec(name).unpack(codec(name).pack([b"a" * 10, b"", b"b" * 10])))
    assert whole == b"a" * 10 + b"b" * 10


def test_lines_are_written_as_they_come(tmp_path):
    sizes = []

    def rows():
        for i in range(200_000):
            if i % 50_000 == 0:
                sizes.append((tmp_path / "t.gz").stat().st_size)
            yield i, i * 7919

    with open(tmp_path / "t.gz", "wb") as file:
        _write_text("org.apache.hadoop.io.compress.GzipCodec", ",", file, rows())
    assert sizes[0] < sizes[1] < sizes[2] < sizes[3]
    with gzip.open(tmp_path / "t.gz", "rt") as read:
        assert list(islice(read, 3)) == ["0,0\n", "1,7919\n", "2,15838\n"]


def test_paths(tmp_path):
    for name in ("a,b", "{c}", "plain"):
        (tmp_path / name).write_text("x")
    at = str(tmp_path) + "/"
    found = lambda paths: [file.address for file in files_of(paths)]
    assert found(f"file://{at}{{plain,none}}") == [at + "plain"]
    assert found(f"{at}{{plain,{{none,other}}}},{at}{{plain,x}}") == [at + "plain"] * 2
    # What is there by its whole name is no pattern.
    assert found(at + "{c}") == [at + "{c}"]
    with pytest.raises(
        Py4JJavaError, match=r"some.package.InvalidInputException: Input Pattern file:.*\{x,y\} matches"
    ):
        files_of(at + "{x,y}", "some.package")
    with pytest.raises(Py4JJavaError, match=r"InvalidInputException: Input path does not exist: file:.*/none"):
        files_of(at + "plain," + at + "none")
    with pytest.raises(Py4JJavaError, match="from an empty string"):
        files_of(at + "plain,")
