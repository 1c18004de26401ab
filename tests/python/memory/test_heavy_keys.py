"""Keys with more values than memory may hold: their groups are read from files, as often as wanted."""

from __future__ import annotations

import copy
import gc
import pickle
from collections import defaultdict
from typing import Any

import pytest
from pyrite.resultiterable import ResultIterable
from rows import KINDS, Point, columns

HEAVY = 12_000


def skewed(kind: str) -> list[tuple[Any, Any]]:
    """Pairs of which two of three have one key."""
    rows = KINDS[kind](HEAVY)
    heavy = Point(-1, "k") if kind == "instances" else -1
    return [(heavy if i % 3 else key, value) for i, (key, value) in enumerate(rows)]


def grouped(rows: list[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, value in rows:
        groups[key].append(value)
    return dict(groups)


def source(values: Any) -> str:
    return type(values.data).__name__


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_in_order(tight, kind):
    rows = skewed(kind)
    groups = tight.parallelize(rows, 6).groupByKey(3)
    seen = groups.map(lambda pair: (pair[0], [list(pair[1]), list(pair[1]), len(pair[1])])).collect()
    expected = grouped(rows)
    assert len(seen) == len(expected)
    for key, (first, again, count) in seen:
        assert repr(first) == repr(expected[key])
        assert repr(again) == repr(first)
        assert count == len(first)


def test_values_are_read_from_where_they_are_stored(small):
    sc = small("off", "0")
    groups = sc.parallelize(skewed("columns"), 6).groupByKey(3)
    sources = dict(groups.mapValues(source).collect())
    assert sources.pop(-1) == "StoredValues"
    assert set(sources.values()) == {"list"}
    facts = dict(groups.mapValues(lambda values: (type(values), values.index, values.maxindex, len(values))).collect())
    assert facts[-1] == (ResultIterable, 0, 8000, 8000)


def test_operations_after_it(tight):
    rows = skewed("columns")
    expected = {key: len(values) for key, values in grouped(rows).items()}
    groups = tight.parallelize(rows, 6).groupByKey(3)
    assert dict(groups.mapValues(lambda values: sum(1 for _ in values)).collect()) == expected
    assert dict(groups.mapValues(len).collect()) == expected
    assert dict(groups.map(lambda pair: (pair[0], len(pair[1]))).collect()) == expected
    assert groups.count() == len(expected)
    assert groups.flatMapValues(lambda values: values).filter(lambda pair: pair[0] == -1).count() == 8000
    smallest = {key: min(values) for key, values in grouped(rows).items()}
    assert dict(groups.mapValues(min).collect()) == smallest
    total = tight.accumulator(0)
    groups.foreach(lambda pair: total.add(len(pair[1])))
    assert total.value == HEAVY
    by_length = tight.parallelize([value for _, value in rows], 4).groupBy(len, 2)
    assert dict(by_length.mapValues(lambda values: sum(1 for _ in values)).collect()) == {106: HEAVY}


def test_native_reductions(tight):
    rows = [(1 if i % 4 else i % 50, i * 0.1) for i in range(60_000)]
    groups = tight.parallelize(rows, 4).groupByKey(2)
    expected = grouped(rows)
    for reduce in (len, sum, min, max, list, sorted):
        assert dict(groups.mapValues(reduce).collect()) == {key: reduce(values) for key, values in expected.items()}


def test_values_that_were_where_they_belong(tight):
    rows = skewed("columns")
    parts = tight.parallelize(rows, 4).partitionBy(3)
    groups = parts.groupByKey(3)
    expected = grouped(parts.collect())
    seen = dict(groups.mapValues(lambda values: [list(values), len(values)]).collect())
    assert {key: values for key, (values, _) in seen.items()} == expected


def test_equal_keys_of_several_types(tight):
    rows = [(1.0 if i % 2 else 1, f"{i:05d}" + "x" * 100) for i in range(6000)]
    rows += [(True, "late" * 30), (-2, "a"), (-1, "b")]
    groups = tight.parallelize(rows, 5).groupByKey(1)
    seen = groups.map(lambda pair: (repr(pair[0]), list(pair[1]))).collect()
    assert sorted(seen) == [("-1", ["b"]), ("-2", ["a"]), ("1", [value for key, value in rows if key == 1])]


@pytest.mark.parametrize("kind", ["columns", "dicts"])
def test_cogroup(tight, kind):
    left, right = skewed(kind), KINDS[kind](3000)[:1500] + [(-1, "one")]
    a, b = tight.parallelize(left, 4), tight.parallelize(right, 3)
    mine, theirs = grouped(left), grouped(right)
    seen = a.cogroup(b, 3).map(lambda pair: (pair[0], [list(values) for values in pair[1]])).collect()
    expected = {key: [mine.get(key, []), theirs.get(key, [])] for key in {**mine, **theirs}}
    assert len(seen) == len(expected)
    assert repr(sorted(seen)) == repr(sorted(expected.items()))
    three = a.groupWith(b, tight.parallelize([(-1, "other")], 1))
    assert dict(three.mapValues(lambda sides: [len(values) for values in sides]).collect())[-1] == [8000, 1, 1]


@pytest.mark.parametrize("kind", ["columns", "dicts"])
def test_joins(tight, kind):
    left, right = skewed(kind), [(key, f"r{i}") for i, (key, _) in enumerate(KINDS[kind](600))] + [(-1, "x"), (-1, "y")]
    a, b = tight.parallelize(left, 4), tight.parallelize(right, 3)
    mine, theirs = grouped(left), grouped(right)
    both = [(key, (v, w)) for key in mine if key in theirs for v in mine[key] for w in theirs[key]]
    lefts = [(key, (v, None)) for key in mine if key not in theirs for v in mine[key]]
    rights = [(key, (None, w)) for key in theirs if key not in mine for w in theirs[key]]

    def agree(rdd, rows):
        seen: dict[Any, list[Any]] = grouped(rdd.collect())
        assert repr(sorted(seen.items())) == repr(sorted(grouped(rows).items()))

    agree(a.join(b, 3), both)
    agree(a.leftOuterJoin(b, 3), both + lefts)
    agree(a.fullOuterJoin(b, 3), both + lefts + rights)
    lonely = tight.parallelize(right[:-2], 3)
    agree(a.leftOuterJoin(lonely, 3).filter(lambda pair: pair[0] == -1), [(-1, (v, None)) for v in mine[-1]])
    agree(lonely.rightOuterJoin(a, 3).filter(lambda pair: pair[0] == -1), [(-1, (None, v)) for v in mine[-1]])
    agree(a.subtractByKey(b, 3), [(key, value) for key, (value, _) in lefts])
    agree(a.subtractByKey(lonely, 3).filter(lambda pair: pair[0] == -1), [(-1, v) for v in mine[-1]])


def test_a_join_of_two_heavy_sides(tight):
    left = [(7, f"l{i:04d}" + "x" * 2000) for i in range(600)]
    right = [(7, f"r{i:04d}" + "y" * 2000) for i in range(400)]
    joined = tight.parallelize(left, 3).join(tight.parallelize(right, 3), 2)
    short = joined.mapValues(lambda pair: (pair[0][:5], pair[1][:5])).collect()
    assert short == [(7, (v[:5], w[:5])) for _, v in left for _, w in right]


def test_many_equal_rows_meet(tight):
    rows = ["same" * 30] * 9000 + ["other"]
    a, b = tight.parallelize(rows, 4), tight.parallelize(["same" * 30] * 5000, 2)
    assert a.intersection(b).collect() == ["same" * 30]
    assert a.subtract(b).collect() == ["other"]


def test_results_outlive_the_context(small, spilling):
    sc = small("off", "0")
    rows = skewed("columns")
    groups = sc.parallelize(rows, 6).groupByKey(3)
    collected = groups.collect()
    (first,) = groups.filter(lambda pair: pair[0] == -1).map(lambda pair: {"values": pair[1]}).take(1)
    sc.stop()
    assert {key: list(values) for key, values in collected} == grouped(rows)
    assert list(first["values"]) == grouped(rows)[-1]
    assert spilling.files == []


def test_results_that_do_not_fit(small, spilling):
    sc = small("off", "0", **{"pyrite.test.memory.free": "100k"})
    rows = skewed("columns")
    groups = sc.parallelize(rows, 6).groupByKey(3)
    values = dict(groups.collect())[-1]
    assert list(values) == grouped(rows)[-1]
    assert next(iter(values)) == rows[1][1]
    for make in (pickle.dumps, copy.deepcopy):
        with pytest.raises(MemoryError, match=r"values of key -1 \(8000 values.*reduceByKey"):
            make(values)
    reading = iter(values)
    next(reading)
    sc.stop()
    assert len(values) == 8000
    for read in (lambda: list(values), lambda: list(reading)):
        with pytest.raises(Exception, match=r"key -1 .*context was stopped.*list\(values\)"):
            read()
    assert spilling.files == []


def test_caching_what_does_not_fit(small):
    sc = small("off", "0", **{"pyrite.test.memory.free": "100k"})
    groups = sc.parallelize(skewed("columns"), 6).groupByKey(3)
    with pytest.raises(MemoryError, match=r"values of key -1 .*mapValues, flatMapValues, foreach"):
        groups.cache().count()


def test_copies_are_lists(small):
    sc = small("off", "0")
    pairs = sc.parallelize(skewed("columns"), 6).groupByKey(3).filter(lambda pair: pair[0] == -1)
    copied = pairs.mapValues(lambda values: source(pickle.loads(pickle.dumps(values)))).collect()
    assert copied == [(-1, "list")]
    cached = pairs.cache()
    assert cached.count() == 1
    assert cached.mapValues(len).collect() == [(-1, 8000)]


def test_what_a_group_held_is_given_back(small, spilling):
    sc = small("off", "0", **{"pyrite.test.memory.free": "100k"})
    pairs = sc.parallelize([(1, f"{i:06d}" + "x" * 100) for i in range(40_000)], 4)
    groups = pairs.groupByKey(2).collect()
    del pairs
    gc.collect()
    before = sc._engine.memory["held"]
    assert before > 4 << 20
    groups.clear()
    gc.collect()
    assert sc._engine.memory["held"] < before - (4 << 20)


def test_a_stream_of_a_heavy_key_is_cancelled(small):
    sc = small("off", "0")
    groups = sc.parallelize(skewed("columns"), 6).groupByKey(3)

    def broken(values):
        for i, _ in enumerate(values):
            if i == 5000:
                raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        groups.filter(lambda pair: pair[0] == -1).mapValues(broken).collect()
    assert groups.count() == len(grouped(skewed("columns")))
    assert columns(1) == [(13, "000000" + "x" * 100)]
