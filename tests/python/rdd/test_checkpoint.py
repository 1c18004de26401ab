"""Checkpoints: rows are saved by a job of their own, and the lineage ends there."""

import os
import shutil
import threading

import pytest
from pyrite.errors import Py4JJavaError
from pyrite.storagelevel import StorageLevel


@pytest.fixture
def saved(sc, tmp_path):
    sc.setCheckpointDir(str(tmp_path / "ck"))
    return sc


def test_without_a_directory(sc):
    assert sc.getCheckpointDir() is None
    with pytest.raises(Py4JJavaError, match="Checkpoint directory has not been set in the SparkContext"):
        sc.parallelize([1]).checkpoint()


def test_it_is_written_after_the_first_action(saved, tmp_path):
    rdd = saved.parallelize(range(10), 3).map(lambda x: x + 1)
    rdd.checkpoint()
    assert rdd.is_checkpointed and not rdd.isCheckpointed() and rdd.getCheckpointFile() is None
    assert b"parallelize" in rdd.toDebugString()
    assert rdd.take(1) == [1]
    assert rdd.isCheckpointed()
    path = rdd.getCheckpointFile().removeprefix("file:")
    assert sorted(os.listdir(path)) == ["part-00000", "part-00001", "part-00002"]
    assert b"parallelize" not in rdd.toDebugString() and path.encode() in rdd.toDebugString()
    assert rdd.collect() == list(range(1, 11))


def test_what_was_made_of_it_before_reads_it_too(saved, calls):
    rdd = saved.parallelize(range(6), 2).map(calls.mark)
    child = rdd.map(lambda x: -x)
    rdd.checkpoint()
    assert child.count() == 6
    before = calls.count
    assert rdd.isCheckpointed()
    assert child.collect() == [0, -1, -2, -3, -4, -5]
    assert calls.count == before == 12


def test_files_outlive_what_they_were_made_of(saved, tmp_path):
    (tmp_path / "in").write_text("a\nb\n")
    rdd = saved.textFile(str(tmp_path / "in"), 1).map(lambda line: (line, [line]))
    rdd.checkpoint()
    rdd.count()
    (tmp_path / "in").unlink()
    assert rdd.collect() == [("a", ["a"]), ("b", ["b"])]
    shutil.rmtree(tmp_path / "ck")
    with pytest.raises(Py4JJavaError, match="No such file"):
        rdd.collect()


def test_damaged_files_are_told(saved):
    rdd = saved.parallelize(range(1000), 1).map(str)
    rdd.checkpoint()
    rdd.count()
    part = os.path.join(rdd.getCheckpointFile().removeprefix("file:"), "part-00000")
    with open(part, "rb") as file:
        data = file.read()
    for broken in (data[:-1], data[: len(data) // 2], b"", data[:40] + b"!" + data[41:]):
        with open(part, "wb") as file:
            file.write(broken)
        with pytest.raises(Py4JJavaError, match="checkpointed rows can't be read from"):
            rdd.collect()


def test_shuffles_and_partitioners_stay(saved):
    sums = saved.parallelize([(i % 3, i) for i in range(12)], 4).reduceByKey(lambda a, b: a + b, 2)
    sums.checkpoint()
    expected = sums.glom().collect()
    assert sums.isCheckpointed() and sums.glom().collect() == expected
    assert sums.partitioner is not None and sums.join(sums).getNumPartitions() == 2
    assert dict(sums.join(sums).collect()) == {0: (18, 18), 1: (22, 22), 2: (26, 26)}


def test_a_failing_function_leaves_the_mark(saved):
    wrong = [True]
    rdd = saved.parallelize(range(4), 2).map(lambda x: 1 // x if wrong[0] else x)
    rdd.checkpoint()
    with pytest.raises(ZeroDivisionError):
        rdd.count()
    assert not rdd.isCheckpointed()
    wrong[0] = False
    assert rdd.count() == 4
    assert rdd.isCheckpointed()


def test_accumulators_count_both_jobs(saved):
    total = saved.accumulator(0)

    def count(x):
        total.add(1)
        return x

    rdd = saved.parallelize(range(10), 3).map(count)
    rdd.checkpoint()
    rdd.count()
    rdd.count()
    assert total.value == 20


def test_a_long_loop_has_a_short_lineage(saved):
    rdd = saved.parallelize(range(4), 2)
    for i in range(30):
        rdd = rdd.map(lambda x: x + 1)
        rdd.checkpoint()
        rdd.count()
        assert len(rdd.toDebugString().splitlines()) < 6
    assert rdd.collect() == [30, 31, 32, 33]


def test_many_rows_of_many_kinds(saved):
    rows = [(i, str(i), i * 0.5, None, [i], {"a": i}) for i in range(5000)]
    rdd = saved.parallelize(rows, 3)
    columns = saved.range(100000, numSlices=3).map(lambda x: (x, str(x)))
    for each in (rdd, columns):
        each.checkpoint()
        expected = each.collect()
        assert each.isCheckpointed() and each.collect() == expected and each.count() == len(expected)
    assert columns.take(2) == [(0, "0"), (1, "1")]


def test_local_checkpoints(sc, calls):
    rdd = sc.parallelize(range(6), 3).map(calls.mark)
    rdd.localCheckpoint()
    assert (rdd.isLocallyCheckpointed(), rdd.isCheckpointed(), rdd.getCheckpointFile()) == (True, False, None)
    assert not rdd.is_cached and str(rdd.getStorageLevel()) == "Disk Memory Deserialized 1x Replicated"
    assert rdd.take(1) == [0]
    assert rdd.collect() == list(range(6))
    assert calls.count == 6
    assert b"parallelize" not in rdd.toDebugString()
    rdd.unpersist()
    assert rdd.collect() == list(range(6)) and calls.count == 6


def test_local_checkpoints_of_what_is_cached(sc):
    rdd = sc.parallelize(range(6), 3).map(lambda x: -x).cache()
    rdd.count()
    rdd.localCheckpoint()
    assert rdd.is_cached and str(rdd.getStorageLevel()) == "Disk Memory Serialized 1x Replicated"
    assert rdd.collect() == [0, -1, -2, -3, -4, -5]
    assert b"parallelize" not in rdd.toDebugString()


def test_the_first_kind_stays(saved):
    one = saved.parallelize(range(4), 2).map(lambda x: x)
    one.localCheckpoint()
    one.checkpoint()
    assert (one.count(), one.isLocallyCheckpointed(), one.getCheckpointFile()) == (4, True, None)


def test_a_cached_one_is_saved_from_its_cache(saved, calls):
    rdd = saved.parallelize(range(6), 3).map(calls.mark).persist(StorageLevel.MEMORY_ONLY)
    rdd.checkpoint()
    rdd.count()
    assert rdd.isCheckpointed() and calls.count == 6
    rdd.unpersist()
    assert rdd.collect() == list(range(6)) and calls.count == 6


def test_jobs_that_run_while_another_saves_read_the_same_rows(saved):
    """Steps, groups and joins over a plan whose lineage ends while they are opened."""
    expected = None
    for _ in range(30):
        pairs = saved.parallelize([(i % 5, i) for i in range(100)], 2).map(lambda kv: (kv[0], kv[1] + 1))
        joined = pairs.groupByKey().mapValues(sum).join(pairs.reduceByKey(lambda a, b: a + b)).map(lambda kv: kv[1])
        rdd = joined.map(lambda ab: ab[0] + ab[1])
        for each in (pairs, joined, rdd):
            each.checkpoint()
        answers = []
        threads = [threading.Thread(target=lambda rdd=rdd, into=answers: into.append(rdd.collect())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = expected or answers[0]
        assert answers == [expected] * 3


def test_a_directory_that_is_not_of_this_machine(sc):
    with pytest.raises(Py4JJavaError, match="not to hdfs://"):
        sc.setCheckpointDir("hdfs://name:9000/checkpoints")
