"""Barrier stages: all tasks run at once and can wait for each other."""

import threading
import time

import pytest
from pyrite.errors import Py4JJavaError, PySparkRuntimeError
from pyrite.rdd import RDDBarrier
from pyrite.taskcontext import BarrierTaskContext, TaskContext


def each(sc, function, slices=None):
    return sc.parallelize(range(8), slices or sc.defaultParallelism).barrier().mapPartitions(function)


def test_all_hear_what_all_say(sc):
    def talk(rows):
        task = BarrierTaskContext.get()
        task.barrier()
        said = [task.allGather(f"{task.partitionId()} {turn}") for turn in range(20)]
        assert isinstance(TaskContext.get(), BarrierTaskContext)
        return [(sum(rows), said, [info.address for info in task.getTaskInfos()])]

    n = sc.defaultParallelism
    answers = each(sc, talk).collect()
    assert sum(total for total, _, _ in answers) == 28
    for _, said, addresses in answers:
        assert said == [[f"{p} {turn}" for p in range(n)] for turn in range(20)]
        assert len(addresses) == n


def test_nobody_goes_on_before_all_have_come(make_sc):
    came = []

    def come(index, rows):
        if index == 1:
            threading.Event().wait(0.2)
        came.append(index)
        BarrierTaskContext.get().barrier()
        return [len(came)]

    sc = make_sc("local[2]", **{"pyrite.python.workers": "0"})
    barrier = sc.parallelize(range(4), 2).barrier()
    assert isinstance(barrier, RDDBarrier)
    assert barrier.mapPartitionsWithIndex(come).map(lambda n: n).count() == 2


def test_it_can_run_again(sc):
    rdd = each(sc, lambda rows: [BarrierTaskContext.get().allGather("x"), list(rows)])
    assert rdd.collect() == rdd.collect()
    assert rdd.is_barrier


def test_before_and_behind_shuffles(sc):
    n = sc.defaultParallelism
    pairs = sc.parallelize([(i % 3, 1) for i in range(12)], 4).reduceByKey(lambda a, b: a + b, n)
    met = pairs.barrier().mapPartitions(lambda rows: BarrierTaskContext.get().barrier() or sorted(rows))
    assert sorted(met.reduceByKey(lambda a, b: a + b).collect()) == [(0, 4), (1, 4), (2, 4)]


def test_more_partitions_than_tasks(sc):
    with pytest.raises(Py4JJavaError, match="SPARK-24819.*requires more slots"):
        each(sc, list, sc.defaultParallelism + 1).collect()


def test_chains_that_are_refused(make_sc):
    sc = make_sc("local[4]")
    rdd = each(sc, lambda rows: rows, 2)
    for wrong in (lambda: rdd.take(1), rdd.first, rdd.isEmpty, rdd.coalesce(1).collect, rdd.union(rdd).collect):
        with pytest.raises(Py4JJavaError, match="SPARK-24820"):
            wrong()
    with pytest.raises(Py4JJavaError, match="SPARK-24821"):
        rdd.zip(rdd).collect()
    assert rdd.repartition(4).count() == 8


def test_an_error_ends_those_who_wait(make_sc):
    sc = make_sc("local[2]")

    def fail(index, rows):
        if index == 1:
            raise ValueError("no")
        BarrierTaskContext.get().barrier()
        return rows

    with pytest.raises(ValueError, match="no"):
        sc.parallelize(range(4), 2).barrier().mapPartitionsWithIndex(fail).collect()


def test_who_ends_early_is_told(make_sc):
    sc = make_sc("local[2]")

    def leave(index, rows):
        if index == 0:
            BarrierTaskContext.get().barrier()
        return rows

    with pytest.raises(Py4JJavaError, match="has ended while others wait"):
        sc.parallelize(range(4), 2).barrier().mapPartitionsWithIndex(leave).collect()


def test_several_stages_at_once(make_sc):
    sc = make_sc("local[2]")
    answers = {}

    def run(number):
        def meet(rows):
            for _ in range(3):
                BarrierTaskContext.get().barrier()
            return rows

        answers[number] = sc.parallelize([number, number], 2).barrier().mapPartitions(meet).collect()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {number: [number, number] for number in range(5)}


def test_outside_of_a_barrier_stage(sc):
    with pytest.raises(PySparkRuntimeError, match="NOT_IN_BARRIER_STAGE"):
        BarrierTaskContext.get()
    with pytest.raises(PySparkRuntimeError, match="NOT_IN_BARRIER_STAGE"):
        sc.parallelize([1]).map(lambda x: BarrierTaskContext.get()).collect()
    with pytest.raises(PySparkRuntimeError, match="before initializing BarrierTaskContext"):
        BarrierTaskContext().barrier()
    with pytest.raises(TypeError, match="Argument `message` must be of type `str`"):
        each(sc, lambda rows: [BarrierTaskContext.get().allGather(1)]).collect()


def test_partitions_that_are_kept_come_again_where_others_are_not(sc, tmp_path):
    """All tasks of the stage run, or none: one whose rows are kept would be waited for in vain."""

    def meet(index, rows):
        BarrierTaskContext.get().barrier()
        if index == sc_last and not (tmp_path / "failed").exists():
            (tmp_path / "failed").touch()
            raise ValueError("once")
        return [list(rows)]

    sc_last = sc.defaultParallelism - 1
    met = sc.parallelize(range(4), sc_last + 1).barrier().mapPartitionsWithIndex(meet).cache()
    with pytest.raises(ValueError, match="once"):
        met.count()
    assert met.count() == sc_last + 1


def test_a_failure_ends_those_that_wait_before_it_is_tried_again(make_sc, tmp_path):
    calls = tmp_path / "calls"

    def meet(index, rows):
        with calls.open("a") as file:
            file.write(f"{index}\n")
        if index == 1:
            for _ in range(3000):  # the other one waits by then, or soon
                if "0" in calls.read_text():
                    break
                time.sleep(0.01)
            raise ValueError("always")
        BarrierTaskContext.get().barrier()
        return rows

    sc = make_sc("local[2,4]")
    with pytest.raises(ValueError, match="always"):
        sc.parallelize(range(4), 2).barrier().mapPartitionsWithIndex(meet).count()
    assert sorted(calls.read_text().split()) == ["0", "1"]
