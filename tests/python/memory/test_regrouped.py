"""Sums are grouped as they are without a limit, however often a table had to hand out what it held."""

import functools
import operator

import pytest

KEYS = 9000


def add(left, right):
    return left + right


def per_partition(parts, function):
    """What PySpark's two sides make of it: a fold of each partition, and of those in order."""
    totals = {}
    for rows in parts:
        own = {}
        for key, value in rows:
            own[key] = function(own[key], value) if key in own else value
        for key, value in own.items():
            totals[key] = function(totals[key], value) if key in totals else value
    return totals


def ints(scale=1):
    return [(i % KEYS, scale * (i * 7919 % 1000)) for i in range(60_000)]


def floats():
    return [(i % KEYS, 0.1 * (i % 13)) for i in range(20_000)]


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([ints() + floats(), ints()], id="floats after ints in one partition"),
        pytest.param([floats(), ints(3) + ints()], id="floats of an earlier partition"),
        pytest.param([ints(), floats(), ints() + floats() + ints()], id="in turns"),
    ],
)
def test_floats_and_ints(tight, parts):
    rows = tight.union([tight.parallelize(part, 1) for part in parts])
    summed = dict(rows.reduceByKey(add, 2).collect())
    expected = per_partition(parts, add)
    assert {key: repr(value) for key, value in summed.items()} == {key: repr(v) for key, v in expected.items()}


def test_ints_alone_and_texts(tight):
    parts = [ints() + ints(2), ints(5)]
    rows = tight.union([tight.parallelize(part, 1) for part in parts])
    assert dict(rows.reduceByKey(operator.add, 2).collect()) == per_partition(parts, add)
    largest = functools.partial(max)
    assert dict(rows.reduceByKey(lambda a, b: max(a, b), 2).collect()) == per_partition(parts, largest)
    texts = rows.mapValues(lambda value: str(value) * 5)
    expected = per_partition([[(k, str(v) * 5) for k, v in part] for part in parts], add)
    assert dict(texts.reduceByKey(add, 2).collect()) == expected


def test_repartition_streams(tight):
    rows = [(i, "x" * 200) for i in range(30_000)]
    parts = tight.parallelize(rows, 2).map(lambda row: (row[0], row[1] + "y")).repartition(4).glom().collect()
    assert sorted(row for part in parts for row in part) == [(i, text + "y") for i, text in rows]
    assert [len(part) for part in parts] == [7500] * 4
    assert all(part[at + 1][0] == part[at][0] + 1 for part in parts for at in range(0, 7500, 10))
