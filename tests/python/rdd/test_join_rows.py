"""The step before joins, which gives rows as they are: what it takes for rows, and that it calls nothing."""

import threading
from collections import namedtuple

import pytest

Row = namedtuple("Row", "key value")


def test_no_function_is_called_for_a_row(make_sc):
    called = []

    def profile(frame, event, arg):
        if event == "call":
            called.append(frame.f_code.co_name)

    threading.setprofile(profile)
    try:
        sc = make_sc("local[1]", **{"pyrite.native": "off", "pyrite.python.workers": "0"})
        pairs = sc.parallelize(range(50), 2).map(lambda x: (x, "v"))
        assert pairs.join(pairs).count() == 50
        sc.stop()
    finally:
        threading.setprofile(None)
    assert "<lambda>" in called
    assert "itself" not in called
    assert "_itself" not in called


def test_rows_that_are_longer_than_pairs(sc):
    rows = sc.parallelize([(1, "a", "more"), [1, "b"], Row(1, "c"), "1d"], 1)
    other = sc.parallelize([(1, "x"), ("1", "y")], 1)
    found = rows.join(other, 1).collect()
    assert found == [(1, ("a", "x")), (1, ("b", "x")), (1, ("c", "x")), ("1", ("d", "y"))]
    assert rows.leftOuterJoin(other, 1).count() == 4


@pytest.mark.parametrize(
    ("row", "error", "text"), [(5, TypeError, "not subscriptable"), ((1,), IndexError, "out of range")]
)
def test_rows_that_are_no_pairs(sc, row, error, text):
    with pytest.raises(error, match=text):
        sc.parallelize([(1, 2), row], 1).join(sc.parallelize([(1, 2)], 1)).collect()
    with pytest.raises(error, match=text):
        sc.parallelize([(1, 2)], 1).cogroup(sc.parallelize([(1, 2), row], 1)).collect()


def test_each_reader_has_values_of_its_own(sc):
    kept = sc.parallelize([(1, [0])], 1).cache()
    assert kept.count() == 1
    joined = kept.join(kept, 1).map(lambda row: (row[1][0].append(1), row[1])[1])
    assert joined.collect() == joined.collect() == [([0, 1], [0])]
