"""Whole files and records of a length, beyond what PySpark's recorded answers say."""

import pytest
from pyrite.errors import Py4JError, Py4JJavaError


def test_a_file_that_ends_within_a_record(sc, tmp_path):
    (tmp_path / "a").write_bytes(b"abcdefg")
    records = sc.binaryRecords(str(tmp_path / "a"), 3)
    assert records.take(2) == [b"abc", b"def"]
    with pytest.raises(Py4JJavaError, match="EOFException.*no multiple of 3 bytes"):
        records.collect()


def test_a_length_that_is_none(sc, tmp_path):
    for length in (0, -1):
        with pytest.raises(Py4JJavaError, match=f"Fixed record length {length} is invalid"):
            sc.binaryRecords(str(tmp_path), length)


def test_files_in_order_and_read_when_asked(sc, tmp_path):
    files = sc.wholeTextFiles(str(tmp_path / "*.txt"), 1)
    for name in ("b.txt", "a.txt", "c.csv"):
        (tmp_path / name).write_text(name.upper())
    assert files.map(lambda kv: (kv[0].split("/")[-1], kv[1])).collect() == [("a.txt", "A.TXT"), ("b.txt", "B.TXT")]
    assert files.map(lambda kv: len(kv[1])).sum() == 10
    assert sc.binaryFiles(str(tmp_path)).mapValues(len).values().collect() == [5, 5, 5]


def test_what_is_no_path(sc):
    with pytest.raises(Py4JError, match=r"wholeTextFiles\(path\) takes a str, not a int"):
        sc.wholeTextFiles(1)
