"""`binaryRecordsStream`: PySpark's rules for records of a fixed length."""

import gzip
import os

import pytest
from pyrite.errors import Py4JError, Py4JJavaError
from pyrite.testing import advance


def put(directory, name, content):
    (directory.parent / name).write_bytes(content)
    os.utime(directory.parent / name, (0.5, 0.5))
    (directory.parent / name).rename(directory / name)


@pytest.fixture
def directory(tmp_path):
    made = tmp_path / "in"
    made.mkdir()
    return made


def test_records_of_each_file(manual, rows, directory):
    ssc = manual()
    got = rows(ssc.binaryRecordsStream(str(directory), 4))
    ssc.start()
    put(directory, "a", b"\x00\x01\x02\x03abcd")
    put(directory, "b", b"\xff\xfe\xfd\xfc")
    put(directory, "none", b"")
    put(directory, ".hidden", b"abcd")
    advance(ssc, 2)
    assert got == [[[b"\x00\x01\x02\x03", b"abcd"], [b"\xff\xfe\xfd\xfc"]], []]


def test_large_files_are_cut_where_records_end(manual, rows, directory):
    ssc = manual()
    size = 35 << 20
    got = rows(ssc.binaryRecordsStream(str(directory), 1000).map(len))
    ssc.start()
    put(directory, "large", bytes(3 * size // 1000 * 1000))
    advance(ssc)
    (batch,) = got
    assert [len(part) for part in batch] == [33554, 33554, 33554, 3 * size // 1000 - 3 * 33554]
    assert {length for part in batch for length in part} == {1000}


def test_a_size_that_is_no_multiple_fails_the_batch(manual, directory):
    ssc = manual()
    got = []
    ssc.binaryRecordsStream(str(directory), 4).foreachRDD(lambda rdd: got.extend(rdd.collect()))
    ssc.start()
    put(directory, "bad", b"abcdef")
    with pytest.raises(Py4JJavaError, match="java.io.EOFException"):
        advance(ssc)


def test_compressed_files_are_refused(manual, directory):
    ssc = manual()
    ssc.binaryRecordsStream(str(directory), 4).foreachRDD(lambda rdd: rdd.collect())
    ssc.start()
    put(directory, "a.gz", gzip.compress(b"abcd"))
    with pytest.raises(Py4JJavaError, match="does not support reading compressed files"):
        advance(ssc)


def test_arguments(manual, directory):
    ssc = manual()
    with pytest.raises(Py4JError, match="takes a str and an int"):
        ssc.binaryRecordsStream(str(directory), "4")
    with pytest.raises(Py4JJavaError, match="at least one byte"):
        ssc.binaryRecordsStream(str(directory), 0)
