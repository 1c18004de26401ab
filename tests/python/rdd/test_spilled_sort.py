"""Sorts whose rows don't fit into memory."""

import math

import pytest

LITTLE = {"pyrite.memory.limit": "64k"}


@pytest.mark.parametrize("ascending", [True, False])
def test_ranges_are_about_even(make_sc, ascending):
    sc = make_sc("local[2]", **LITTLE)
    rows = [(i * 7919 % 40009, "y" * (i % 90)) for i in range(40000)]
    parts = sc.parallelize(rows, 4).sortBy(lambda row: row[0], ascending, 5).glom().collect()
    assert [row for part in parts for row in part] == sorted(rows, reverse=not ascending)
    assert all(4000 < len(part) < 16000 for part in parts), [len(part) for part in parts]


def test_many_equal_keys_share_ranges(make_sc):
    sc = make_sc("local[2]", **LITTLE)
    rows = [(i % 3, i, "y" * 50) for i in range(20000)]
    for ascending in (True, False):
        parts = sc.parallelize(rows, 3).sortBy(lambda row: row[0], ascending, 7).glom().collect()
        assert [row for part in parts for row in part] == sorted(rows, key=lambda row: row[0], reverse=not ascending)
        assert sum(len({row[0] for row in part}) for part in parts) == 3


def test_a_single_row_that_is_large(make_sc):
    sc = make_sc("local[2]", **LITTLE)
    (row,) = sc.parallelize([(math.nan, "x" * 300_000)], 1).sortBy(lambda row: row[0], True, 2).collect()
    assert math.isnan(row[0])
    with pytest.raises(TypeError, match="not supported between instances of 'NoneType' and 'NoneType'"):
        sc.parallelize([(None, "x" * 300_000)], 1).sortBy(lambda row: row[0], True, 2).collect()
