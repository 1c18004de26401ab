"""What actions answer."""

import math
from collections import defaultdict

import pytest
from pyrite.errors import Py4JJavaError, PySparkRuntimeError
from pyrite.storagelevel import StorageLevel


def add(a, b):
    return a + b


def test_folds_keep_the_grouping(sc):
    letters = sc.parallelize(list("abcdef"), 3)
    pair = lambda a, b: f"({a}{b})"
    assert letters.reduce(pair) == "(((ab)(cd))(ef))"
    assert sc.parallelize(list("ab"), 5).reduce(pair) == "(ab)"
    assert letters.fold("z", pair) == "(((z((za)b))((zc)d))((ze)f))"
    assert letters.aggregate("", lambda a, x: a + x, lambda a, b: a + "|" + b) == "|ab|cd|ef"
    assert sc.parallelize([1, 2, 3], 4).fold(1, add) == 11


def test_folding_nothing(sc):
    nothing = sc.parallelize([], 3)
    with pytest.raises(ValueError, match=r"Can not reduce\(\) empty RDD"):
        nothing.reduce(add)
    assert nothing.fold(5, max) == 5
    assert nothing.sum() == 0
    assert type(nothing.sum()) is int
    assert nothing.count() == 0
    assert nothing.isEmpty()
    assert sc.emptyRDD().isEmpty()
    for call in (lambda r: r.max(), lambda r: r.min()):
        with pytest.raises(ValueError, match=r"Can not reduce\(\) empty RDD"):
            call(nothing)
    with pytest.raises(ValueError, match="RDD is empty"):
        nothing.first()


def test_the_drivers_start_value_is_used_as_it_is(sc):
    start = []
    rdd = sc.parallelize([1, 2], 2)
    result = rdd.aggregate(start, lambda rows, x: rows.append(x) or rows, lambda a, b: a.extend(b) or a)
    assert result is start
    assert start == [1, 2]


def test_numbers(sc):
    rdd = sc.parallelize([3, 1, 2], 2)
    assert (rdd.sum(), rdd.min(), rdd.max(), rdd.count(), rdd.mean()) == (6, 1, 3, 3, 2.0)
    assert rdd.max(key=lambda x: -x) == 1
    assert rdd.min(lambda x: -x) == 3
    assert rdd.stdev() == pytest.approx(0.816496580927726)
    assert rdd.variance() == pytest.approx(2 / 3)
    assert (rdd.sampleStdev(), rdd.sampleVariance()) == (1.0, 1.0)
    assert str(rdd.stats()).startswith("(count: 3, mean: 2.0, stdev: 0.81649658")
    with pytest.raises(TypeError):
        sc.parallelize(["a"]).sum()
    assert sc.parallelize([], 2).mean() == 0.0
    assert math.isnan(sc.parallelize([], 2).variance())
    with pytest.raises(ValueError, match=r"Can not reduce\(\) empty RDD"):
        sc.emptyRDD().mean()


def test_take(sc):
    rdd = sc.parallelize(range(10), 3)
    assert (rdd.take(4), rdd.take(0), rdd.take(-1), rdd.take(99)) == ([0, 1, 2, 3], [], [], list(range(10)))
    assert rdd.first() == 0
    assert sc.parallelize([None], 1).first() is None
    assert sc.parallelize(range(100), 20).filter(lambda x: x > 95).take(2) == [96, 97]


def test_top_and_take_ordered(sc):
    words = sc.parallelize(["bb", "a", "cc", "dd", "e"], 3)
    assert words.top(3, key=len) == ["bb", "cc", "dd"]
    assert words.takeOrdered(3, key=len) == ["a", "e", "bb"]
    assert words.top(2) == ["e", "dd"]
    assert words.top(-1) == []
    assert sc.emptyRDD().takeOrdered(2) == []
    with pytest.raises(ValueError, match=r"top N cannot be negative\."):
        words.takeOrdered(-1)
    with pytest.raises(ValueError, match=r"Can not reduce\(\)"):
        sc.emptyRDD().top(1)


def test_counts(sc):
    counts = sc.parallelize(["a", "b", "a"], 2).countByValue()
    assert type(counts) is defaultdict
    assert dict(counts) == {"a": 2, "b": 1}
    assert dict(sc.parallelize([("a", 1), ("a", 2)], 2).countByKey()) == {"a": 2}


def test_dicts(sc):
    pairs = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 2)
    assert pairs.collectAsMap() == {"a": 3, "b": 2}
    assert pairs.reduceByKeyLocally(add) == {"a": 4, "b": 2}
    assert pairs.lookup("a") == [1, 3]
    assert pairs.partitionBy(4).lookup("a") == [1, 3]
    assert pairs.lookup("z") == []


def test_lookup_with_a_partitioner_reads_one_partition(sc):
    pairs = sc.parallelize([(0, "a"), (1, 0)], 2).partitionBy(2).mapValues(lambda v: 1 // v if v == 0 else v)
    assert pairs.lookup(0) == ["a"]
    with pytest.raises(ZeroDivisionError):
        pairs.lookup(1)


def test_run_job(sc):
    rdd = sc.parallelize(range(6), 3)
    assert sc.runJob(rdd, lambda rows: [sum(rows)]) == [1, 5, 9]
    assert sc.runJob(rdd, lambda rows: rows, [2, 0]) == [4, 5, 0, 1]
    with pytest.raises(Py4JJavaError, match="non-existent partition: 7. Total number of partitions: 3"):
        sc.runJob(rdd, list, [7])


def test_local_iterator(sc):
    rows = sc.parallelize([1, 0, 2], 3).map(lambda x: 1 // x).toLocalIterator()
    assert iter(rows) is rows
    assert next(rows) == 1
    with pytest.raises(ZeroDivisionError):
        next(rows)
    assert list(sc.parallelize(range(5), 2).toLocalIterator(prefetchPartitions=True)) == [0, 1, 2, 3, 4]
    assert list(sc.emptyRDD().toLocalIterator()) == []


def test_for_each(sc, tmp_path):
    seen = []
    rdd = sc.parallelize(range(4), 2)
    assert rdd.foreach(seen.append) is None
    assert rdd.foreach(lambda x: seen.append(x)) is None
    assert seen == []  # tasks work on copies
    rdd.foreach(lambda x: (tmp_path / str(x)).touch())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0", "1", "2", "3"]
    rdd.foreachPartition(lambda rows: [(tmp_path / f"p{list(rows)}").touch()])
    rdd.foreachPartition(lambda rows: None)
    assert len(list(tmp_path.glob("p*"))) == 2


def test_what_for_each_partition_returns_is_gone_through(sc, tmp_path):
    def touch(rows):
        for row in rows:
            (tmp_path / str(row)).touch()
            yield row

    sc.parallelize(range(3), 2).foreachPartition(touch)
    assert len(list(tmp_path.iterdir())) == 3


def test_persisting(sc, tmp_path):
    def mark(x):
        with open(tmp_path / str(x), "a") as file:
            file.write(".")
        return x

    def marks():
        return [p.read_text() for p in sorted(tmp_path.iterdir())]

    rdd = sc.parallelize(range(3), 2).map(mark)
    assert rdd.getStorageLevel() == StorageLevel.NONE
    assert rdd.cache() is rdd
    assert rdd.is_cached
    assert rdd.getStorageLevel() == StorageLevel.MEMORY_ONLY
    assert rdd.collect() == rdd.map(lambda x: x).collect() == [0, 1, 2]
    assert marks() == ["."] * 3
    assert rdd.unpersist() is rdd
    assert not rdd.is_cached
    rdd.collect()
    assert marks() == [".."] * 3


def test_storage_levels(sc):
    rdd = sc.parallelize([1]).persist(StorageLevel.MEMORY_AND_DISK)
    assert str(rdd.getStorageLevel()) == "Disk Memory Serialized 1x Replicated"
    assert rdd.persist(StorageLevel.MEMORY_AND_DISK) is rdd
    with pytest.raises(Py4JJavaError, match="Cannot change storage level of an RDD"):
        rdd.cache()
    with pytest.raises(TypeError, match=r"storageLevel must be of type pyspark\.StorageLevel"):
        rdd.persist("MEMORY_ONLY")


def test_save_as_text_file(sc, tmp_path):
    target = tmp_path / "out"
    sc.parallelize(["a", 1, b"by\xfftes", ("t", None)], 2).saveAsTextFile(str(target))
    files = {p.name: p.read_text() for p in target.iterdir() if not p.name.startswith(".")}
    assert files == {"part-00000": "a\n1\n", "part-00001": "by\ufffdtes\n('t', None)\n", "_SUCCESS": ""}
    with pytest.raises(Py4JJavaError, match="FileAlreadyExistsException") as failure:
        sc.parallelize([1]).saveAsTextFile(str(target))
    assert "already exists" in str(failure.value)
    assert sorted(sc.textFile(str(target)).collect()) == ["('t', None)", "1", "a", "by\ufffdtes"]


class Loud(str):
    """A text that says more of itself."""

    __slots__ = ()

    def __str__(self) -> str:
        return super().__str__() + "!"


def test_a_text_of_a_class_is_saved_as_what_it_holds(sc, tmp_path):
    """As in PySpark, which asks only what is no text."""
    sc.parallelize([Loud("a"), "b"], 1).saveAsTextFile(str(tmp_path / "out"))
    assert (tmp_path / "out" / "part-00000").read_text() == "a\nb\n"


def test_text_files(sc, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes("하나\r\ntwo\n\xff".encode()[:-2] + b"\xff")
    rdd = sc.textFile(str(path), 1)
    assert rdd.name() == str(path)
    assert rdd.collect() == ["하나", "two", "\ufffd"]
    assert sc.textFile(f"file://{path}", 1).count() == 3
    assert sc.textFile(str(path), 1, use_unicode=False).collect()[2] == "\ufffd".encode()
    missing = sc.textFile(str(tmp_path / "missing")).map(len)
    with pytest.raises(Py4JJavaError, match=r"InvalidInputException: Input path does not exist: file:/"):
        missing.collect()


def test_explain(sc, capsys):
    rdd = sc.parallelize(["a b"]).flatMap(lambda s: s.split()).map(lambda w: (w, 1)).reduceByKey(add)
    assert rdd.explain() is None
    text = capsys.readouterr().out
    assert "flatMap at test_actions.py:" in text
    assert "reduceByKey at test_actions.py:" in text


def test_stop_iteration_of_a_function_is_an_error(sc):
    def stop(*args):
        raise StopIteration("mine")

    rdd = sc.parallelize([1, 2, 3], 1)
    calls = [
        lambda: rdd.map(stop).collect(),
        lambda: rdd.filter(stop).collect(),
        lambda: rdd.flatMap(stop).collect(),
        lambda: rdd.foreach(stop),
        lambda: rdd.reduce(stop),
        lambda: rdd.fold(0, stop),
        lambda: rdd.aggregate(0, stop, add),
        lambda: rdd.aggregate(0, add, stop),
        lambda: rdd.map(lambda x: (1, x)).reduceByKey(stop).collect(),
        lambda: rdd.map(lambda x: (1, x)).combineByKey(stop, add, add).collect(),
        lambda: rdd.map(lambda x: (1, x)).reduceByKeyLocally(stop),
    ]
    for call in calls:
        with pytest.raises(PySparkRuntimeError, match="STOP_ITERATION_OCCURRED.*mine"):
            call()
