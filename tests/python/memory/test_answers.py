"""Data several times larger than the limit: the answers are those of plain Python, in the same order, and what was
written to files is read back."""

import functools
import operator
import random

import pytest
from rows import KINDS, columns, key

SLICES = 4
kinds = pytest.mark.parametrize("kind", KINDS)


def slices(rows):
    """The partitions that `parallelize(rows, SLICES)` makes."""
    n = len(rows)
    return [rows[n * i // SLICES : n * (i + 1) // SLICES] for i in range(SLICES)]


def by_key(rows):
    groups = {}
    for k, v in rows:
        groups.setdefault(k, []).append(v)
    return groups


def texts(rows):
    """Rows without an order, also where they have no order of their own."""
    return sorted(map(repr, rows))


def folded(rows, f):
    """Each key's values as reduceByKey folds them: in each partition, then across them."""
    total = {}
    for part in slices(rows):
        for k, values in by_key(part).items():
            value = functools.reduce(f, values)
            total[k] = f(total[k], value) if k in total else value
    return total


def check_spilled(sc):
    memory = sc._engine.memory
    assert memory["spilled"] > memory["limit"] / 2
    assert memory["read"] > 0


@kinds
@pytest.mark.parametrize("ascending", [True, False])
def test_sort_by_key(tight, kind, ascending):
    rows = KINDS[kind]()
    expected = sorted(rows, key=lambda kv: kv[0], reverse=not ascending)
    for n in (1, 3):
        assert tight.parallelize(rows, SLICES).sortByKey(ascending, n).collect() == expected
    check_spilled(tight)


def test_sort_by(tight):
    rows = columns()
    for ascending, n in [(True, 2), (False, 5)]:
        got = tight.parallelize(rows, SLICES).sortBy(lambda kv: kv[1][3:6], ascending, n).collect()
        assert got == sorted(rows, key=lambda kv: kv[1][3:6], reverse=not ascending)
    check_spilled(tight)


@kinds
def test_group_by_key(tight, kind):
    rows = KINDS[kind]()
    for n in (1, 3):
        got = tight.parallelize(rows, SLICES).groupByKey(n).mapValues(list).collect()
        assert len(got) == len(dict(got))
        assert dict(got) == by_key(rows)
    check_spilled(tight)


@pytest.mark.parametrize(
    "make", [lambda r: r.randrange(10**6), lambda r: r.random() * 10 ** r.randrange(12)], ids=["int", "float"]
)
def test_reduce_by_key(tight, make):
    r = random.Random(7)
    rows = [(key(i, 30_011), make(r)) for i in range(60_000)]
    got = tight.parallelize(rows, SLICES).reduceByKey(operator.add, 3).collect()
    assert len(got) == len(dict(got))
    assert dict(got) == folded(rows, operator.add)
    again = tight.parallelize(rows, SLICES).reduceByKey(lambda a, b: a + b).collect()
    assert dict(again) == dict(got)


def test_reduce_by_key_of_texts(tight):
    rows = columns()
    got = tight.parallelize(rows, SLICES).reduceByKey(lambda a, b: a + b).collect()
    assert dict(got) == folded(rows, operator.add)
    check_spilled(tight)


def test_combine_and_aggregate_by_key(tight):
    rows = [(key(i, 9001), f"{i}" + "c" * 80) for i in range(20_000)]
    base = tight.parallelize(rows, SLICES)
    lists = base.combineByKey(lambda v: [v], lambda c, v: [*c, v], lambda a, b: a + b).collect()
    assert dict(lists) == by_key(rows)
    sizes = base.aggregateByKey((0, 0), lambda a, v: (a[0] + 1, a[1] + len(v)), lambda a, b: (a[0] + b[0], a[1] + b[1]))
    assert dict(sizes.collect()) == {k: (len(vs), sum(map(len, vs))) for k, vs in by_key(rows).items()}
    check_spilled(tight)


@kinds
def test_joins(tight, kind):
    rows = [(k, v) for k, v in KINDS[kind]() if hash(k) % 3 != 1]
    other = [(k, i) for i, (k, _) in enumerate(rows[:1500]) if i % 2]
    left, right = tight.parallelize(rows, SLICES), tight.parallelize(other, 2)
    groups, others = by_key(rows), by_key(other)
    inner = [(k, (v, w)) for k, vs in groups.items() for v in vs for w in others.get(k, [])]
    assert texts(left.join(right, 3).collect()) == texts(inner)
    outer = [(k, (v, w)) for k, vs in groups.items() for v in vs for w in others.get(k, [None])]
    assert texts(left.leftOuterJoin(right, 2).collect()) == texts(outer)
    both = {k: (list(a), list(b)) for k, (a, b) in left.cogroup(right, 3).collect()}
    assert both == {k: (vs, others.get(k, [])) for k, vs in groups.items()}
    check_spilled(tight)


def test_distinct_and_subtract(tight):
    rows = [f"{key(i, 15_013)}" + "d" * 90 for i in range(30_000)]
    assert sorted(tight.parallelize(rows, SLICES).distinct(3).collect()) == sorted(set(rows))
    some = set(rows[:2000])
    left = tight.parallelize(rows, SLICES).subtract(tight.parallelize(sorted(some), 2))
    assert sorted(left.collect()) == sorted(row for row in rows if row not in some)
    check_spilled(tight)


@kinds
def test_repartition_and_partition_by(tight, kind):
    rows = KINDS[kind]()
    assert texts(tight.parallelize(rows, SLICES).repartition(7).collect()) == texts(rows)
    parts = tight.parallelize(rows, SLICES).partitionBy(5, lambda k: hash(k)).glom().collect()
    assert [len(part) for part in parts] == [sum(hash(k) % 5 == n for k, _ in rows) for n in range(5)]
    check_spilled(tight)


@kinds
def test_a_cache_larger_than_the_limit_is_read_five_times(tight, kind):
    from pyrite.storagelevel import StorageLevel

    rows = KINDS[kind]()
    kept = tight.parallelize(rows, SLICES).map(lambda kv: (kv[0], kv[1])).persist(StorageLevel.MEMORY_AND_DISK)
    for _ in range(4):
        assert kept.count() == len(rows)
    assert kept.collect() == rows
    check_spilled(tight)
