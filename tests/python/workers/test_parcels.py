"""Kept rows that go to a worker several chunks at a time: the same rows in the same order, whatever their types."""

import os

import pytest

KINDS = {
    "numbers": lambda i: i * 7919 % 1000003,
    "texts": lambda i: f"no {i}",
    "numbers, then texts": lambda i: i if i % 20000 < 9000 else str(i),
    "large numbers between": lambda i: 10**30 + i if i % 5000 == 4321 else i,
    "dicts between": lambda i: {"n": i} if i % 3000 == 7 else i,
    "pairs and nothing": lambda i: (i, None) if i % 2 else None,
    "floats": lambda i: float("nan") if i % 1000 == 1 else -0.0 if i % 1000 == 2 else i / 3,
}


@pytest.mark.parametrize("kind", KINDS)
def test_kept_rows_are_worked_on_in_their_order(make_sc, kind):
    made = KINDS[kind]
    rows = [made(i) for i in range(60000)]

    def slow(row):
        sum(range(300))
        return os.getpid(), row

    sc = make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": "auto"})
    kept = sc.parallelize(rows, 2).map(lambda row: row).cache()
    assert kept.count() == len(rows)
    for _ in range(8):  # a worker may be late
        found = kept.map(slow).collect()
        assert repr([row for _, row in found]) == repr(rows)
        if len({pid for pid, _ in found}) > 1:
            break
    else:
        pytest.fail("no row went to a worker")


def test_an_error_in_the_middle_of_what_went_along_names_its_row(make_sc):
    def slow(row):
        sum(range(300))
        return 1 // (row - 59000)

    sc = make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": "auto"})
    kept = sc.parallelize(range(60000), 2).map(lambda row: row).cache()
    kept.map(lambda row: sum(range(300)) and row).count()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError) as failed:
            kept.map(slow).sum()
        assert "the record: 59000" in "".join(failed.value.__notes__)
