"""TaskContext: which task runs, and what the thread that started its job had set."""

from decimal import Decimal

import pytest
from pyrite import TaskContext


def facts(_):
    from pyrite import TaskContext

    c = TaskContext.get()
    return c.stageId(), c.partitionId(), c.attemptNumber(), c.taskAttemptId(), c.cpus(), c.resources(), c.cpuAmount()


def test_numbers_are_sparks(sc):
    assert TaskContext.get() is None
    rest = (1, {}, Decimal(1))
    rows = sc.parallelize([1, 2, 3], 2).map(facts)
    assert rows.collect() == [(0, 0, 0, 0, *rest), (0, 1, 0, 1, *rest), (0, 1, 0, 1, *rest)]
    shuffled = sc.parallelize([1, 2, 3], 2).map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b).map(facts)
    assert shuffled.collect() == [(2, 0, 0, 4, *rest), (2, 1, 0, 5, *rest), (2, 1, 0, 5, *rest)]
    assert rows.collect()[0] == (3, 0, 0, 6, *rest)
    assert TaskContext.get() is None


def test_one_context_a_task(sc):
    def twice(_):
        from pyrite import TaskContext

        return TaskContext.get() is TaskContext.get()

    assert sc.parallelize([1, 2], 2).map(twice).collect() == [True, True]


def test_it_can_leave_the_task(sc):
    def context(_):
        from pyrite import TaskContext

        return TaskContext.get()

    assert sc.parallelize([1, 2], 2).map(context).collect()[1].partitionId() == 1


def test_local_properties_of_the_jobs_thread(sc):
    def colour(_):
        from pyrite import TaskContext

        return TaskContext.get().getLocalProperty("colour")

    rows = sc.parallelize([1], 1).map(colour)
    assert rows.collect() == [None]
    sc.setLocalProperty("colour", "red")
    assert rows.collect() == ["red"]
    sc.setLocalProperty("colour", None)
    assert rows.collect() == [None]


# Actions that end in a total or in counts of partitions, which the engine runs by ways of their own.
TOTALS = {
    "sum": lambda rows: rows.sum(),
    "mean": lambda rows: rows.mean(),
    "stats": lambda rows: rows.stats().sum(),
    "max": lambda rows: rows.max(),
    "reduce": lambda rows: rows.reduce(lambda a, b: a + b),
    "fold": lambda rows: rows.fold(0, lambda a, b: a + b),
    "countByValue": lambda rows: max(rows.countByValue()),
    "zipWithIndex": lambda rows: rows.union(rows).zipWithIndex().map(lambda row: row[0]).max(),
}


@pytest.mark.parametrize("action", TOTALS)
def test_totals_are_jobs_of_the_thread_as_others_are(sc, action):
    def colour(_):
        from pyrite import TaskContext

        return int(TaskContext.get().getLocalProperty("colour") or 0)

    rows = sc.parallelize([1], 1).map(colour)
    sc.setLocalProperty("colour", "7")
    sc.setJobGroup("totals", "of a thread")
    assert TOTALS[action](rows) == 7
    jobs = len(sc.statusTracker().getJobIdsForGroup("totals"))
    assert jobs >= 1
    assert sc.statusTracker().getJobIdsForGroup(None) == []


def test_partition_functions_and_generators(sc):
    def parts(rows):
        from pyrite import TaskContext

        yield TaskContext.get().partitionId()
        for _ in rows:
            yield TaskContext.get().partitionId()

    assert sc.parallelize([1, 2], 2).mapPartitions(parts).collect() == [0, 0, 1, 1]
