"""Functions over the values of a key: compiled they do what they do with a ResultIterable, or decline."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lambda_reference import interpreted, make
from pyrite import _engine
from pyrite._lambda import freeze
from pyrite.resultiterable import ResultIterable

ITEMS = {
    "ints": st.lists(st.integers(-9, 9) | st.integers(2**62, 2**63 - 1), max_size=5),
    "floats": st.lists(st.sampled_from([0.0, -0.0, 0.1, 1e100, -1e100, math.nan, math.inf]) | st.floats(), max_size=5),
    "bools": st.lists(st.booleans(), max_size=4),
    "texts": st.lists(st.sampled_from(["", "a", "é", "zz", "x" * 13]), max_size=4),
    "pairs": st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab")), max_size=4),
    "maybe": st.lists(st.none() | st.integers(-3, 3), max_size=4),
    "lists": st.lists(st.lists(st.integers(0, 3), max_size=2), max_size=3),
}
COMPILED = [
    "len(g)",
    "sum(g)",
    "sum(g, 10)",
    "sum(g, 0.5)",
    "list(g)",
    "tuple(g)",
    "sorted(g)",
    "sorted(g, reverse=True)",
    "max(g)",
    "min(g)",
    "any(g)",
    "all(g)",
    "[x for x in g]",
    "[(x, 1) for x in g if x]",
    "sum(x for x in g if x)",
    "sum(g) / len(g)",
    "max(g) - min(g) if g else 0",
    "list(map(str, g))",
    "any(x is None for x in g)",
    "not g",
    "(len(g), g)",
    "g",
    "', '.join(g)",
    "sorted(g)[:2]",
    "g is None",
    "1 in g",
    "0 not in g",
    "'a' in g or None in g",
]
DECLINED = [
    "sorted(g, reverse='a')",
    "sorted([1], reverse=None)",
    "g[0]",
    "g == [1]",
    "g + [1]",
    "str(g)",
    "f'{g}'",
    "g[1:]",
    "g * 2",
    "g < g",
    "(g, 1) == (g, 1)",
]


def plain(value: Any) -> Any:
    """The value with its groups as marked lists, to compare them."""
    if type(value) is ResultIterable:
        assert vars(value) == {"data": value.data, "index": 0, "maxindex": len(value.data)}
        return ("group", plain(value.data))
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return value


@pytest.mark.parametrize("kind", ITEMS)
@pytest.mark.parametrize("source", COMPILED)
@given(data=st.data())
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_compiled_equals_interpreted(source: str, kind: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(ITEMS[kind], min_size=1, max_size=4))
    function = make(f"lambda g: {source}")
    frozen = freeze(function)
    assert frozen.expression is not None, frozen.reason
    expected = interpreted(function, [(ResultIterable(row),) for row in rows])
    for mode in ("map", "truth", "flat"):
        got, reason = _engine.evaluate(frozen.expression, mode, [(row,) for row in rows], [0])
        if got is None:
            assert reason
            continue
        assert expected is not None, f"raises on {rows!r}, compiled gave {got!r}"
        wanted = expected
        if mode == "truth":
            wanted = [bool(v) for v in expected]
        elif mode == "flat":
            wanted = [x for v in expected for x in v]
        assert repr(plain(got)) == repr(plain(wanted)), (mode, rows)


@pytest.mark.parametrize("source", [s for s in COMPILED if "join" not in s and "0.5" not in s])
def test_a_common_group_is_not_declined(source: str) -> None:
    function = make(f"lambda g: {source}")
    for row in ([3, 1, 2], [0.1, 0.2, 0.7]):
        got, reason = _engine.evaluate(str(freeze(function).expression), "map", [(row,), (row,)], [0])
        assert reason is None
        assert repr(plain(got)) == repr([plain(function(ResultIterable(row)))] * 2)


@pytest.mark.parametrize("function", [len, sum, list, sorted, max, min])
def test_built_ins_themselves_compile(function: Callable[..., Any]) -> None:
    frozen = freeze(function)
    assert frozen.expression is not None and frozen.parameters in (1, None)
    got, reason = _engine.evaluate(frozen.expression, "map", [([2, 1],)], [0])
    assert reason is None
    assert got == [function([2, 1])]


def test_max_of_two_arguments_still_compiles() -> None:
    assert _engine.evaluate(str(freeze(max).expression), "map", [(1, 2)])[0] == [2]
    assert _engine.evaluate(str(freeze(max).expression), "map", [(1,)])[0] is None


@pytest.mark.parametrize("source", DECLINED)
def test_anything_else_declines(source: str) -> None:
    frozen = freeze(make(f"lambda g: {source}"))
    assert frozen.expression is not None, frozen.reason
    got, reason = _engine.evaluate(frozen.expression, "map", [([1, 2],)], [0])
    assert got is None and reason


def test_groups_of_python_rows_are_no_columns() -> None:
    assert _engine.evaluate('{"param": 0}', "map", [(ResultIterable([1]),)])[0] is None
