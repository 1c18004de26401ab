"""SequenceFiles and files of pickled rows: PySpark's are read here, and where PySpark is, it reads ours."""

import json
import math
import os
import pickle
import re
import struct
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from pyrite._hadoop.java_arrays import read_arrays, write_arrays
from pyrite._hadoop.writables import Reader, text_of, vint
from pyrite.errors import Py4JJavaError

RECORDED = Path(__file__).parents[2] / "recorded"
sys.path.insert(0, str(RECORDED))
import hadoop_files  # noqa: E402

PYSPARK = os.environ.get("PYRITE_PYSPARK")


@pytest.mark.parametrize("name", hadoop_files.FILES)
def test_what_pyspark_wrote(sc, name):
    path = str(RECORDED / "hadoop" / name)
    rows = sc.pickleFile(path) if name.startswith("pickles") else sc.sequenceFile(path)
    assert [hadoop_files.shown(row) for row in rows.collect()] == hadoop_files.expected()[name]


@pytest.mark.parametrize("name", ["marks", "gzip", "pickles-automatic"])
@pytest.mark.parametrize("parts", [1, 2, 3, 10])
def test_parts_of_a_file(sc, name, parts):
    path = str(RECORDED / "hadoop" / name)
    rows = sc.pickleFile(path, parts) if name.startswith("pickles") else sc.sequenceFile(path, minSplits=parts)
    assert [hadoop_files.shown(row) for row in rows.collect()] == hadoop_files.expected()[name]


def test_both_ways_here(sc, tmp_path):
    hadoop_files.write(sc, tmp_path)
    assert hadoop_files.read(sc, tmp_path) == hadoop_files.expected()
    assert (tmp_path / "numbers" / "_SUCCESS").exists()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.timeout(600)
@pytest.mark.skipif(not PYSPARK, reason="PYRITE_PYSPARK doesn't name the Python of PySpark")
def test_pyspark_reads_ours(make_sc, tmp_path):
    hadoop_files.write(make_sc(), tmp_path)
    command = [PYSPARK, str(RECORDED / "hadoop_files.py"), "read", str(tmp_path)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": ""}
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    assert json.loads(said) == hadoop_files.expected()


class Mine:
    def __init__(self, x):
        self.x = x


def test_classes_and_functions_are_pickled(sc, tmp_path):
    class Local(Mine):
        pass

    sc.parallelize([Local(1), lambda: 2]).saveAsPickleFile(str(tmp_path / "p"))
    one, two = sc.pickleFile(str(tmp_path / "p")).collect()
    assert (one.x, two()) == (1, 2)


def test_a_failing_row_leaves_nothing(sc, tmp_path):
    rows = sc.parallelize(range(4), 2).map(lambda x: 1 // (3 - x))
    with pytest.raises(ZeroDivisionError):
        rows.saveAsPickleFile(str(tmp_path / "p"))
    with pytest.raises(ZeroDivisionError):
        rows.map(lambda x: (x, x)).saveAsSequenceFile(str(tmp_path / "s"))
    assert list(tmp_path.iterdir()) == []


def test_wrong_classes(sc, tmp_path):
    mixed = sc.parallelize([(1, 2), (2, "x")], 1)
    with pytest.raises(Py4JJavaError, match="wrong class: org.apache.hadoop.io.Text is not class .*IntWritable"):
        mixed.saveAsSequenceFile(str(tmp_path / "s"))
    with pytest.raises(Py4JJavaError, match="Data of type list cannot be used"):
        sc.parallelize([(1, [])], 1).saveAsSequenceFile(str(tmp_path / "s"))
    with pytest.raises(Py4JJavaError, match="Compression codec x.Snappy is not one of"):
        sc.parallelize([(1, 1)], 1).saveAsSequenceFile(str(tmp_path / "s"), "x.Snappy")


def test_only_a_jvm(sc, tmp_path):
    pairs = sc.parallelize([(1, "a")], 1)
    with pytest.raises(Py4JJavaError, match=r"only a JVM can read this format.*textFile"):
        sc.newAPIHadoopFile(str(tmp_path), "org.apache.avro.AvroKeyInputFormat", "k", "v")
    with pytest.raises(Py4JJavaError, match=r"only a JVM can write this format.*saveAsTextFile"):
        pairs.saveAsHadoopFile(str(tmp_path / "x"), "org.apache.orc.OrcOutputFormat")
    with pytest.raises(Py4JJavaError, match=r"converters are classes of a JVM; use rdd.map"):
        sc.sequenceFile(str(tmp_path), keyConverter="my.Converter")
    with pytest.raises(Py4JJavaError, match="Output directory not set"):
        pairs.saveAsHadoopDataset({})
    with pytest.raises(Py4JJavaError, match="No input paths specified in job"):
        sc.hadoopRDD("org.apache.hadoop.mapred.TextInputFormat", "k", "v")


def test_damaged_files(sc, tmp_path):
    whole = next((RECORDED / "hadoop" / "numbers").iterdir()).read_bytes()
    for name, content, said in [
        ("other", b"hello", "not a SequenceFile"),
        ("old", b"SEQ\x04" + whole[4:], "version 4 of SequenceFiles isn't read"),
        ("cut", whole[:-3], "EOFException"),
        ("unknown", whole.replace(b"DoubleWritable", b"StrangeWritabl"), "only a JVM has this class"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Py4JJavaError, match=said):
            sc.sequenceFile(str(tmp_path / name)).collect()


@pytest.mark.parametrize("number", [0, 1, -1, 127, -112, 128, -113, 255, -256, 2**31, -(2**31), 2**62, -(2**63)])
def test_numbers_of_variable_length(number):
    assert Reader(vint(number)).vint() == number


def test_java_arrays():
    for arrays in ([], [b"one"], [b"", b"x" * 300, b"\x00"]):
        assert read_arrays(write_arrays(arrays)) == arrays
    with pytest.raises(ValueError, match="other Java objects"):
        read_arrays(b"\xac\xed\x00\x05t\x00\x03abc" + bytes(40))


def test_texts_of_numbers():
    shown = {
        1.0: "1.0",
        1e7: "1.0E7",
        12345678.5: "1.23456785E7",
        0.001: "0.001",
        0.00012: "1.2E-4",
        -2e300: "-2.0E300",
        1e-6: "1.0E-6",
        1e23: "1.0E23",
        1e24: "1.0E24",
        5e-324: "4.9E-324",
        1.7976931348623157e308: "1.7976931348623157E308",
    }
    assert {number: text_of(number) for number in shown} == shown


def test_a_number_s_text_is_that_number():
    random = Random(7)
    numbers = [float(f"1e{exponent}") for exponent in range(-323, 309)]
    numbers += [struct.unpack("d", random.randbytes(8))[0] for _ in range(2000)]
    for number in filter(math.isfinite, numbers):
        text = text_of(number)
        assert float(text) == number, number
        plain = 1e-3 <= abs(number) < 1e7
        assert re.fullmatch(r"-?\d+\.\d+" if plain else r"-?[1-9]\.\d+E-?\d+", text), text


def test_the_same_bytes_as_pyspark(sc, tmp_path):
    sc.parallelize(range(4), 2).saveAsPickleFile(str(tmp_path / "p"))
    data = (tmp_path / "p" / "part-00000").read_bytes()
    head = b'SEQ\x06!org.apache.hadoop.io.NullWritable"org.apache.hadoop.io.BytesWritable\0\0\0\0\0\0'
    assert data.startswith(head)
    batch = pickle.dumps([0, 1], 5)
    assert data.endswith(b"ur\x00\x02[B\xac\xf3\x17\xf8\x06\x08T\xe0\x02\x00\x00xp\x00\x00\x00\x14" + batch)
