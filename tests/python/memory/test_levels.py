"""Storage levels mean what they say when memory is short."""

import pytest
from pyrite.storagelevel import StorageLevel
from rows import columns, dicts


def counted(sc, rows, slices=6):
    """An RDD that counts how often each partition is computed."""
    runs = sc.accumulator(0)

    def compute(part):
        runs.add(1)
        return part

    return sc.parallelize(rows, slices).mapPartitions(compute), runs


@pytest.mark.parametrize("make", [columns, dicts])
def test_memory_and_disk_recomputes_nothing(tight, make):
    rows = make(12_000)
    rdd, runs = counted(tight, rows)
    rdd.persist(StorageLevel.MEMORY_AND_DISK)
    for _ in range(5):
        assert rdd.count() == len(rows)
    assert rdd.collect() == rows
    assert runs.value == 6
    assert tight._engine.memory["held"] > 0


def test_memory_only_recomputes_what_was_evicted_and_only_that(tight):
    rows = columns(12_000)
    rdd, runs = counted(tight, rows, 12)
    rdd.persist(StorageLevel.MEMORY_ONLY)
    # One after the other, so that they are stored in this order.
    for partition in range(12):
        assert tight.runJob(rdd, lambda part: [sum(1 for _ in part)], [partition]) == [1000]
    assert runs.value == 12
    # About a third fits; the last partition is among it.
    before = runs.value
    assert tight.runJob(rdd, lambda part: [sum(1 for _ in part)], [11]) == [1000]
    assert runs.value == before
    assert tight.runJob(rdd, lambda part: [sum(1 for _ in part)], [0]) == [1000]
    assert runs.value == before + 1
    assert rdd.collect() == rows
    assert before + 1 < runs.value <= before + 1 + 12
    assert tight._engine.memory["spilled"] == 0


def test_memory_only_that_fits_is_computed_once(small, stopped):
    sc = small(limit="64m")
    rdd, runs = counted(sc, columns(6000))
    rdd.cache()
    for _ in range(3):
        assert rdd.count() == 6000
    assert runs.value == 6
    assert sc._engine.memory["used"] > 0
    rdd.unpersist()
    assert sc._engine.memory["used"] == 0
    assert rdd.count() == 6000
    assert runs.value == 12


@pytest.mark.parametrize("make", [columns, dicts])
def test_disk_only_keeps_nothing_in_memory(small, spilling, stopped, make):
    sc = small(limit="64m")
    rows = make(6000)
    rdd, runs = counted(sc, rows)
    rdd.persist(StorageLevel.DISK_ONLY)
    assert rdd.count() == len(rows)
    memory = sc._engine.memory
    assert memory["used"] < 10_000
    assert memory["held"] > 100_000
    assert rdd.collect() == rows
    assert runs.value == 6
    rdd.unpersist()
    assert sc._engine.memory["held"] == 0
    assert spilling.files == []


def test_unpersist_gives_memory_and_files_back(tight, spilling):
    rdd = tight.parallelize(columns(), 6).map(lambda kv: (kv[0], kv[1])).persist(StorageLevel.MEMORY_AND_DISK)
    assert rdd.count() == len(columns())
    assert spilling.files
    rdd.unpersist()
    memory = tight._engine.memory
    assert (memory["held"], memory["used"]) == (0, 0)
    assert spilling.files == []
