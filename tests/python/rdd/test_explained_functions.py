"""What `explain()` counts for each function, functions that stop being tried, and `pyrite.native=require`."""

import re

import pytest
from pyrite.errors import Py4JJavaError


def explained(rdd, capsys):
    capsys.readouterr()
    rdd.explain()
    return capsys.readouterr().out


def test_rows_are_counted_by_function(make_sc, capsys):
    sc = make_sc("local[2]")
    rows = sc.parallelize([1, 2, 3, 4], 2).map(lambda x: x + 1).filter(lambda x: x % 2).map(lambda x: frozenset([x]))
    assert rows.collect() == [{3}, {5}]
    text = explained(rows, capsys)
    assert text.count("native; rows: 4 native, 0 declined, 0 Python\n") == 2
    assert "Python: makes a frozenset; rows: 0 native, 0 declined, 2 Python\n" in text


def test_a_function_whose_rows_are_declined_is_tried_now_and_then(make_sc, capsys):
    sc = make_sc("local[1]")
    count = 60 * 4096
    rows = sc.parallelize(range(count), 1).map(lambda x: x * 2**62 * 2)
    assert rows.collect() == [x * 2**63 for x in range(count)]
    text = explained(rows, capsys)
    assert (
        f"{count} Python (last decline: int arithmetic that raises or leaves 64 bits; after many, few chunks " in text
    )
    declined = int(text.partition(" native, ")[2].partition(" declined")[0])
    assert 0 < declined < count // 2


def test_a_function_whose_rows_come_to_be_declined_stops_being_tried_too(make_sc, capsys):
    sc = make_sc("local[1]")
    count = 1_000_000
    rows = sc.parallelize(range(count), 1).map(lambda x: x if x < 70_000 else x * 2**62 * 2)
    assert rows.filter(lambda x: x >= 70_000).count() == count - 70_000
    text = explained(rows, capsys)
    native, declined = re.search(r"rows: (\d+) native, (\d+) declined", text).groups()
    assert int(native) > 0
    assert 0 < int(declined) < count * 3 // 4
    assert "after many, few chunks are tried" in text


def test_require_names_the_function_its_line_and_the_reason(make_sc):
    sc = make_sc("local[2]", **{"pyrite.native": "require"})
    assert sc.parallelize([1, 2]).map(lambda x: x + 1).collect() == [2, 3]
    rows = sc.parallelize([1, 2]).map(
        lambda x: frozenset([x]),
    )
    line = test_require_names_the_function_its_line_and_the_reason.__code__.co_firstlineno + 4
    with pytest.raises(
        Py4JJavaError,
        match=f"<lambda> at test_explained_functions.py:{line} does not compile: makes a frozenset. Change the function, or",
    ):
        rows.collect()
