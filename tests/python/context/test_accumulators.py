"""Accumulators: what tasks add counts once for each task that succeeded, wherever it ran."""

import gc
import logging
import pickle
import threading
import time
import weakref

import pytest
from pyrite import Accumulator, AccumulatorParam
from pyrite.errors import Py4JJavaError, PySparkRuntimeError


class Lists(AccumulatorParam):
    def zero(self, value):
        return []

    def addInPlace(self, value1, value2):
        value1.extend(value2)
        return value1


class Fragile(AccumulatorParam):
    def zero(self, value):
        return 0

    def addInPlace(self, value1, value2):
        if value2 > 5:
            raise ValueError("too much")
        return value1 + value2


def test_tasks_add_and_the_program_reads(sc):
    a = sc.accumulator(1)
    sc.parallelize([1, 2, 3], 2).foreach(lambda x: a.add(x))
    a += 3
    a.add(10)
    assert a.value == 20
    assert (repr(a), str(a)) == (f"Accumulator<id={a.aid}, value=20>", "20")
    a.value = 4
    assert a.value == 4


def test_plus_equals_in_a_task(sc):
    a = sc.accumulator(0.0)

    def count(x):
        nonlocal a
        a += x
        return x

    assert sc.parallelize([0.5, 1.5], 2).map(count).collect() == [0.5, 1.5]
    assert a.value == 2.0


def test_a_transformation_counts_once_for_each_task_that_computed_it(sc):
    a = sc.accumulator(0)
    counted = sc.parallelize(range(4), 2).map(lambda x: (a.add(1), x)[1])
    assert (counted.count(), counted.sum(), a.value) == (4, 6, 8)
    kept = counted.cache()
    assert (kept.count(), kept.count(), a.value) == (4, 4, 12)
    assert (counted.take(1), a.value) == ([0], 12)


def test_only_rows_that_were_taken_count(sc):
    a = sc.accumulator(0)
    rows = sc.parallelize(range(100), 4).map(lambda x: (a.add(1), x)[1])
    assert (rows.take(3), a.value) == ([0, 1, 2], 3)


def test_shuffles_filters_and_partition_functions(sc):
    seen, kept, ended = sc.accumulator(0), sc.accumulator([], Lists()), sc.accumulator(0)

    def each(rows):
        for row in rows:
            seen.add(1)
            yield row
        ended.add(1)

    pairs = sc.parallelize(range(10), 3).mapPartitions(each).map(lambda x: (x % 3, x))
    found = pairs.reduceByKey(lambda x, y: (kept.add([y]), x + y)[1], 2).collect()
    assert sorted(found) == [(0, 18), (1, 12), (2, 15)]
    assert (seen.value, ended.value) == (10, 3)
    assert len(kept.value) == 7


def test_failed_tasks_do_not_count(sc):
    a = sc.accumulator(0)

    def fails(x):
        a.add(1)
        if x == 2:
            raise ValueError(x)

    with pytest.raises(ValueError):
        sc.parallelize(range(3), 3).foreach(fails)
    assert a.value == 2


@pytest.mark.parametrize("use", [lambda a: a.value, lambda a: setattr(a, "value", 3)])
def test_a_task_can_not_read_it(sc, use):
    a = sc.accumulator(0)
    with pytest.raises(PySparkRuntimeError, match=r"\[VALUE_NOT_ACCESSIBLE\] Value `Accumulator.value` cannot be"):
        sc.parallelize([1], 1).foreach(lambda x: use(a))


def test_a_task_sees_its_own_sum_in_the_text(sc):
    a = sc.accumulator(5)
    texts = sc.parallelize([1, 2], 1).map(lambda x: (a.add(x), str(a), repr(a))[1:]).collect()
    assert texts == [("1", f"Accumulator<id={a.aid}, value=1>"), ("3", f"Accumulator<id={a.aid}, value=3>")]


def test_wrong_types(sc):
    with pytest.raises(TypeError, match="No default accumulator param for type <class 'str'>"):
        sc.accumulator("a")
    a = sc.accumulator(True)
    assert repr(a).endswith("value=True>")
    with pytest.raises(TypeError):
        a.add("x")
    with pytest.raises(TypeError):
        sc.parallelize([1], 1).foreach(lambda x: a.add("x"))
    odd = sc.accumulator([1], 5)
    with pytest.raises(AttributeError):
        odd.add(1)
    with pytest.raises(pickle.PicklingError, match="'int' object has no attribute 'zero'"):
        sc.parallelize([1], 1).foreach(lambda x: odd.add(1))
    abstract = sc.accumulator([0], AccumulatorParam())
    with pytest.raises(pickle.PicklingError, match="Could not serialize object: NotImplementedError"):
        sc.parallelize([1], 1).foreach(lambda x: abstract.add([x]))


def test_pickles_of_it_are_the_accumulator_itself(sc):
    a = sc.accumulator(0)
    assert pickle.loads(pickle.dumps(a)) is a
    assert sc.parallelize([a], 1).map(lambda found: type(found).__name__).collect() == ["Accumulator"]
    assert isinstance(a, Accumulator)


def test_an_update_that_can_not_be_taken_in_is_logged(sc, caplog):
    a = sc.accumulator(0, Fragile())
    with caplog.at_level(logging.ERROR):
        assert sc.parallelize([3, 3], 1).map(lambda x: (a.add(x), x)[1]).collect() == [3, 3]
    assert a.value == 0
    assert "could not take an update in" in caplog.text


def test_functions_that_ask_an_accumulator_are_not_compiled(make_sc):
    sc = make_sc("local[1]", **{"pyrite.native": "require"})
    a = sc.accumulator(0)
    for function in (lambda x: x + a.value, lambda x: x if a else 0, lambda x: a.aid):
        with pytest.raises(Exception, match="does not compile"):
            sc.parallelize([1]).map(function).collect()


def test_floats_are_added_partition_by_partition(sc):
    a = sc.accumulator(0.0)
    rows = [0.1] * 10
    sc.parallelize(rows, 3).foreach(lambda x: a.add(x))
    expected = 0.0
    for part in (rows[:3], rows[3:6], rows[6:]):
        expected += sum_left(part)
    assert a.value == expected


def sum_left(rows):
    total = 0.0
    for row in rows:
        total += row
    return total


def test_it_can_be_watched_while_a_job_runs(make_sc):
    sc = make_sc("local[2]")
    a = sc.accumulator(0)
    go = threading.Event()
    seen = []

    def watch():
        while not go.is_set() and a.value < 3:
            pass
        seen.append(a.value)

    watcher = threading.Thread(target=watch)
    watcher.start()
    sc.parallelize(range(8), 8).foreach(lambda x: (__import__("time").sleep(0.05), a.add(1)))
    go.set()
    watcher.join()
    assert (a.value, 3 <= seen[0] <= 8) == (8, True)


def test_tasks_that_succeeded_count_in_a_job_that_is_cancelled(make_sc):
    sc = make_sc("local[2]", **{"pyrite.python.workers": "0"})
    a = sc.accumulator(0)
    lists = sc.accumulator([], Lists())

    def first_waits(index, rows):
        for _ in range(6000 if index == 0 else 0):
            time.sleep(0.01)
        a.add(1)
        lists.add([index])
        yield index

    def cancel_the_rest():
        tracker = sc.statusTracker()
        while not any(tracker.getStageInfo(i).numCompletedTasks == 3 for i in tracker.getActiveStageIds()):
            time.sleep(0.01)
        time.sleep(0.1)  # a task is counted a moment before its report arrives
        sc.cancelAllJobs()

    other = threading.Thread(target=cancel_the_rest)
    other.start()
    with pytest.raises(Py4JJavaError, match="SPARK_JOB_CANCELLED"):
        sc.parallelize(range(4), 4).mapPartitionsWithIndex(first_waits).count()
    other.join()
    assert (a.value, lists.value) == (3, [1, 2, 3])


def test_retries_count_once(make_sc):
    for workers in ("0", "2"):
        sc = make_sc("local[2,4]", **{"pyrite.python.workers": workers})
        a = sc.accumulator(0)

        def twice(x):
            from pyrite import TaskContext

            a.add(1)
            attempt = TaskContext.get().attemptNumber()
            if x == 1 and attempt < 2:
                raise ValueError(attempt)
            return x, attempt, TaskContext.get().taskAttemptId() >= 3

        found = sc.parallelize([0, 1, 2], 3).map(twice).collect()
        assert [row[:2] for row in found] == [(0, 0), (1, 2), (2, 0)]
        assert found[1][2]
        assert a.value == 3
        with pytest.raises(ValueError, match="^3"):
            sc.parallelize([0], 1).foreach(lambda x: raises_attempt(a))
        assert a.value == 3
        sc.stop()


def raises_attempt(a):
    from pyrite import TaskContext

    a.add(1)
    raise ValueError(TaskContext.get().attemptNumber())


def test_nothing_is_kept_of_what_nobody_holds(sc):
    held = [sc.accumulator([0], Lists())]
    sc.parallelize([1], 1).foreach(lambda x: held[0].add([x]))
    gone = weakref.ref(held.pop())
    gc.collect()
    assert gone() is None
