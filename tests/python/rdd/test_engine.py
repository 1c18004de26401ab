"""How jobs run: together, interrupted, deep, large, again after a cache was dropped."""

import itertools
import os
import pickle
import signal
import sys
import threading
import time
from functools import partial

import pytest


def test_two_tasks_that_want_one_cached_partition_compute_it_once(sc, calls):
    rows = sc.parallelize(range(10), 2).map(calls.mark).cache()
    assert rows.union(rows).collect() == [*range(10), *range(10)]
    assert calls.count == 10


def test_a_cached_partition_whose_computation_failed_is_computed_by_the_next(sc, tmp_path):
    path = str(tmp_path / "tried")

    def fails_at_first(x):
        try:
            open(path, "x").close()
        except FileExistsError:
            return x
        raise ValueError("the first time")

    rows = sc.parallelize([1], 1).map(fails_at_first).cache()
    with pytest.raises(ValueError, match="the first time"):
        rows.collect()
    assert rows.collect() == [1]
    assert rows.unpersist().collect() == [1]


def test_a_plan_may_lose_its_cache_while_jobs_read_it(make_sc):
    sc = make_sc("local[2]")
    pairs = sc.parallelize([(i % 3, i) for i in range(100)], 4).map(lambda kv: kv)
    rows = pairs.reduceByKey(lambda a, b: a + b, 2).cache()
    top = rows.mapValues(lambda v: v + 1)
    expected = sorted(top.collect())
    wrong = []

    def read():
        for _ in range(100):
            try:
                found = sorted(top.collect())
            except Exception as error:
                found = error
            if found != expected:
                wrong.append(found)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        rows.unpersist()
        rows.cache()
        rows.count()
    assert wrong == []


def test_jobs_of_several_threads_share_one_shuffle(sc, calls):
    sums = sc.parallelize([(i % 3, i) for i in range(30)], 3).map(calls.mark).reduceByKey(lambda a, b: a + b)
    found = []
    threads = [threading.Thread(target=lambda: found.append(sums.collect())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(rows == found[0] for rows in found)
    assert calls.count == 30


def test_a_shuffle_that_failed_runs_again(sc, tmp_path):
    path = str(tmp_path / "tried")

    def fails_at_first(kv):
        try:
            open(path, "x").close()
        except FileExistsError:
            return kv
        raise ValueError("the first time")

    sums = sc.parallelize([(1, 1), (1, 2)], 1).map(fails_at_first).reduceByKey(lambda a, b: a + b)
    with pytest.raises(ValueError, match="the first time"):
        sums.collect()
    assert sums.collect() == [(1, 3)]


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupt_is_heard_between_tasks_that_end_quickly(make_sc, request):
    # A shell's background job starts with the signal ignored.
    request.addfinalizer(
        partial(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
    )
    sc = make_sc("local[2]")
    rows = sc.parallelize(range(20000), 20000).map(lambda x: [time.sleep(0.0005), x][1])
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        rows.count()
    assert time.monotonic() - start < 3
    assert sc.parallelize([1, 2]).count() == 2


def test_an_action_within_a_task_is_refused(make_sc, tmp_path, monkeypatch):
    (tmp_path / "module_of_a_user.py").write_text("rdd = None\ndef count(x):\n    return rdd.count()\n")
    monkeypatch.syspath_prepend(tmp_path)
    import module_of_a_user

    sc = make_sc("local[1]")
    module_of_a_user.rdd = sc.parallelize([1, 2, 3])
    with pytest.raises(Exception, match="called inside a function that runs on the data"):
        sc.parallelize([1], 1).map(module_of_a_user.count).collect()


def test_long_lineages(sc):
    rows = one = sc.parallelize([0], 1)
    for _ in range(10_000):
        rows = rows.map(lambda x: x + 1)
    assert rows.collect() == [10_000]
    assert rows.toDebugString().count(b"\n") > 10_000
    rows = one
    for _ in range(500):
        rows = rows.mapPartitions(lambda each: each)
    assert rows.collect() == [0]
    rows = one
    for _ in range(3000):
        rows = rows.union(one)
    assert rows.getNumPartitions() == 3001
    assert rows.take(2) == [0, 0]
    assert rows.count() == 3001


def test_rows_without_an_end(sc):
    one = sc.parallelize([0, 1], 1)
    assert one.flatMap(lambda x: itertools.count()).take(3) == [0, 1, 2]
    assert one.mapPartitions(lambda rows: itertools.count(5)).map(lambda x: x + 1).take(3) == [6, 7, 8]
    assert one.flatMap(lambda x: range(10**15)).filter(lambda x: x % 2).take(2) == [1, 3]
    assert one.flatMap(lambda x: itertools.count()).union(one).map(lambda x: -x).take(2) == [0, -1]


def test_generators_are_closed_when_take_has_enough(sc, tmp_path):
    path = str(tmp_path / "closed")

    def numbers(_):
        try:
            yield from range(10)
        finally:
            with open(path, "a") as file:
                file.write("x")

    rows = sc.parallelize([0], 1)
    assert rows.flatMap(numbers).take(2) == [0, 1]
    assert rows.mapPartitions(numbers).take(2) == [0, 1]
    deadline = time.monotonic() + 5
    while (not os.path.exists(path) or os.path.getsize(path) < 2) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert os.path.getsize(path) == 2


def test_a_large_partition_of_pickled_rows_is_not_loaded_again_for_each_piece(sc):
    rows = sc.parallelize([{"k": i} for i in range(60_000)], 1)
    assert rows.map(lambda d: d["k"]).collect() == list(range(60_000))
    assert rows.map(lambda d: d["k"]).zipWithIndex().filter(lambda p: p[0] != p[1]).count() == 0
    start = time.monotonic()
    assert rows.count() == 60_000
    assert time.monotonic() - start < 2


def test_each_reader_has_rows_of_its_own(sc):
    def grown(row):
        row.append(len(row))
        return row

    lists = sc.parallelize([[], [5], "x", [None]], 2)
    kept = lists.filter(lambda row: isinstance(row, list)).map(lambda row: row).cache()
    twice = kept.union(kept).map(grown)
    assert twice.collect() == [[0], [5, 1], [None, 1]] * 2
    assert twice.collect() == [[0], [5, 1], [None, 1]] * 2
    assert kept.collect() == [[], [5], [None]]
    shuffled = kept.map(lambda row: (1, row)).partitionBy(1)
    changed = shuffled.mapValues(grown)
    assert changed.collect() == changed.collect() == [(1, [0]), (1, [5, 1]), (1, [None, 1])]
    groups = kept.map(lambda row: (1, row)).groupByKey(1).mapValues(list)
    assert groups.collect() == [(1, [[], [5], [None]])]


def test_the_error_of_the_lowest_partition_comes_out(sc):
    def late(index, rows):
        time.sleep(0.1 if index == 1 else 0)
        if index >= 1:
            raise ValueError(f"partition {index}")
        return rows

    with pytest.raises(ValueError, match="partition 1"):
        sc.parallelize(range(6), 6).mapPartitionsWithIndex(late).collect()


def test_an_iterator_of_a_partition_is_not_run_by_itself(sc):
    def selfish(rows):
        return [next(rows), *rows]

    assert sc.parallelize(range(4), 1).map(lambda x: x).mapPartitions(selfish).collect() == [0, 1, 2, 3]


def test_a_task_that_ends_while_it_is_told_to_leaves_no_trace(make_sc):
    def fails(index, rows):
        if index == 0:
            raise ValueError("the first")
        for row in rows:
            for _ in range(200):
                row += 1
            yield row

    sc = make_sc("local[2]")
    unseen = []
    hook, threading.excepthook = threading.excepthook, unseen.append
    try:
        rows = sc.parallelize(range(200), 2).mapPartitionsWithIndex(fails)
        for _ in range(200):
            with pytest.raises(ValueError, match="the first"):
                rows.collect()
        assert sc.parallelize(range(10), 2).count() == 10
        sc.stop()
    finally:
        threading.excepthook = hook
    assert unseen == []


def test_large_values_are_made_one_by_one(make_sc):
    rows = make_sc("local[1]").parallelize(range(1500), 1)
    lengths = rows.map(lambda x: "a" * (1_000_000 + 0 * x)).map(lambda s: len(s))
    assert lengths.sum() == 1_500_000_000
    assert "larger than 1 GiB" in lengths.toDebugString().decode()
    items = rows.flatMap(lambda x: [0] * 20_000)
    assert items.count() == 30_000_000
    assert "more than 2^24" in items.toDebugString().decode()


def test_explaining_what_no_job_can_run(sc, capsys):
    lock = threading.Lock()

    def held(x):
        with lock:
            return x, x

    rows = sc.parallelize([1, 2], 2).map(held).reduceByKey(lambda a, b: a + b).combineByKey(str, str, held)
    rows.explain()
    assert "not at all: PicklingError: Could not serialize object: TypeError: cannot pickle" in capsys.readouterr().out
    assert "not at all" in rows.toDebugString().decode()
    with pytest.raises(pickle.PicklingError):
        rows.count()
