"""PySpark's tools of `pyspark.shuffle` and `pyspark.traceback_utils`."""

import gc
import operator
import pickle
import random

import pytest
from pyrite import shuffle
from pyrite.errors import PySparkRuntimeError
from pyrite.shuffle import (
    Aggregator,
    ExternalGroupBy,
    ExternalList,
    ExternalListOfList,
    ExternalMerger,
    ExternalSorter,
    GroupByKey,
    Merger,
    SimpleAggregator,
    get_used_memory,
)
from pyrite.traceback_utils import CallSite, SCCallSiteSync, first_spark_call

LISTS = Aggregator(lambda v: [v], lambda some, v: [*some, v], operator.add)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARK_LOCAL_DIRS", f"{tmp_path}/one,{tmp_path}/two")
    return tmp_path


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def left(folder):
    """All but the disks."""
    return [path for path in folder.rglob("*") if path.parent != folder]


@pytest.mark.parametrize("method", ["mergeValues", "mergeCombiners"])
@pytest.mark.parametrize("limit", [10, 100_000])
def test_merged_in_memory_and_in_files(folder, method, limit):
    merger = ExternalMerger(SimpleAggregator(operator.add), limit, partitions=5)
    getattr(merger, method)((n % 1000, n) for n in range(20_000))
    assert (merger.spills > 0) == (limit == 10)
    written = shuffle.DiskBytesSpilled
    assert dict(merger.items()) == {key: sum(range(key, 20_000, 1000)) for key in range(1000)}
    assert left(folder) == []
    if limit == 10:
        assert written > 0


def test_a_small_one_keeps_the_order_of_keys():
    merger = ExternalMerger(LISTS, 100_000)
    merger.mergeValues([("b", 1), ("a", 2), ("b", 3)])
    merger.mergeCombiners([("c", [4]), ("a", [5])])
    assert list(merger.items()) == [("b", [1, 3]), ("a", [2, 5]), ("c", [4])]


def test_aggregators():
    assert SimpleAggregator(max).createCombiner(5) == 5
    with pytest.raises(PySparkRuntimeError, match="Caught StopIteration thrown from user's code"):
        Aggregator(lambda v: next(iter([])), max, max).createCombiner(1)
    with pytest.raises(TypeError):
        Merger(LISTS)


@pytest.mark.parametrize("limit", [0.0001, 1, 100_000])
def test_groups(folder, limit):
    grouped = ExternalGroupBy(LISTS, limit, partitions=7)
    grouped.mergeValues((n % 31, n) for n in range(5000))
    found = {key: sorted(values) for key, values in grouped.items()}
    assert found == {key: list(range(key, 5000, 31)) for key in range(31)}
    assert files(folder) == []


@pytest.mark.parametrize("limit", [1, 100_000])
@pytest.mark.parametrize(
    ("key", "reverse"), [(None, False), (None, True), (lambda n: n % 7, False), (lambda n: -n, True)]
)
def test_sorted(limit, key, reverse):
    rows = list(range(3000))
    random.Random(3).shuffle(rows)
    assert list(ExternalSorter(limit).sorted(iter(rows), key=key, reverse=reverse)) == sorted(
        rows, key=key, reverse=reverse
    )


def test_long_lists(monkeypatch):
    monkeypatch.setattr(ExternalList, "LIMIT", 100)
    items = ExternalList([1, 2])
    for n in range(1000):
        items.append(n)
    assert (len(items), list(items), len(items.values) < 100) == (1002, [1, 2, *range(1000)], True)
    begun = iter(items)
    next(begun)
    items.append(5)
    assert list(pickle.loads(pickle.dumps(items))) == list(items)
    lists = ExternalListOfList([[1], [2, 3]])
    for n in range(500):
        lists.append(range(2))
    assert (len(lists), list(lists)[:5]) == (1003, [1, 2, 3, 0, 1])


def test_groups_of_neighbours():
    groups = GroupByKey([(0, [1]), (0, [2, 3]), (1, [4]), (0, [5])])
    assert [(key, list(values), len(values)) for key, values in groups] == [(0, [1, 2, 3], 3), (1, [4], 1), (0, [5], 1)]


def test_memory():
    assert 5 < get_used_memory() < 1_000_000


def test_call_sites(make_sc):
    sc = make_sc()
    site = first_spark_call()
    assert isinstance(site, CallSite)
    assert CallSite("map", "x.py", 3) == ("map", "x.py", 3)
    with SCCallSiteSync(sc):
        with SCCallSiteSync(sc):
            rdd = sc.parallelize([1]).map(str)
        assert "test_shuffle_tools.py" in rdd.toDebugString().decode()
    assert rdd.collect() == ["1"]


def test_nothing_is_left_of_items_that_nobody_takes(folder):
    merger = ExternalMerger(SimpleAggregator(operator.add), 10, partitions=5)
    merger.mergeValues((n % 1000, n) for n in range(20_000))
    assert files(folder)
    del merger
    gc.collect()
    assert left(folder) == []


def test_nothing_is_left_by_sorts_and_lists(folder):
    assert list(ExternalSorter(1).sorted(range(1000), key=lambda n: -n)) == list(range(1000))[::-1]
    some = ExternalList([])
    for n in range(20_000):
        some.append(n)
    assert list(some) == list(range(20_000))
    assert left(folder) == []


def test_files_are_where_the_context_has_its_own(folder, make_sc, monkeypatch):
    monkeypatch.delenv("SPARK_LOCAL_DIRS")
    make_sc(**{"spark.local.dir": f"{folder}/mine"})
    merger = ExternalMerger(SimpleAggregator(operator.add), 10, partitions=5)
    merger.mergeValues((n % 1000, n) for n in range(20_000))
    assert merger.spills
    assert [path for path in files(folder / "mine") if path.parent.parent.parent == folder / "mine"]
