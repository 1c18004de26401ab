"""Looks into captured containers and broadcasts: compiled they are Python's, or they decline."""

from __future__ import annotations

import functools
import math
import sys
import types
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lambda_reference import interpreted, make
from pyrite import _engine
from pyrite._lambda import freeze

KEYS: dict[str, st.SearchStrategy[Any]] = {
    "texts": st.sampled_from(["", "a", "b", "é", "x" * 13, "x" * 14]),
    "ints": st.integers(-2, 3) | st.sampled_from([2**62, -(2**63)]),
    "floats": st.sampled_from([0.0, -0.0, 1.0, 0.1, math.inf]),
    "bools": st.booleans(),
    "bytes": st.sampled_from([b"", b"a", b"\xff"]),
    "pairs": st.tuples(st.integers(0, 2), st.sampled_from(["", "a"])),
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "ints": st.integers(-5, 5),
    "texts": st.text(max_size=3),
    "maybe": st.none() | st.floats(0, 1),
    "pairs": st.tuples(st.integers(0, 3), st.text(max_size=2)),
    "lists": st.lists(st.integers(0, 3), max_size=2),
    "mixed": st.integers(0, 3) | st.text(max_size=1),
}
WRONG = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, 1.0, math.nan]), st.text(max_size=1)
) | st.lists(st.integers(), max_size=1)
DICTS = ["c[x]", "c.get(x)", "c.get(x, d)", "c.get(x, None)", "x in c", "x not in c", "[c.get(y, d) for y in (x, x)]"]
DICTS += ["c[x] if x in c else d", "[c.get(x), 1][0]", "(c.get(x), x in c)"]


def check(function: Callable[..., Any], rows: list[tuple[Any, ...]]) -> bool:
    """Whether it wasn't declined."""
    frozen = freeze(function)
    if frozen.expression is None:
        assert frozen.reason
        return False
    try:
        got, reason = _engine.evaluate(frozen.expression, "map", rows, captured=list(frozen.captured))
    except Exception as error:
        raise AssertionError(frozen.expression) from error
    if got is None:
        assert reason
        return False
    expected = interpreted(function, rows)
    assert expected is not None, f"raises on {rows!r}, compiled gave {got!r}"
    assert repr(got) == repr(expected), rows
    return True


@pytest.mark.parametrize("source", DICTS)
@given(data=st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
def test_dicts(source: str, data: st.DataObject) -> None:
    keys = KEYS[data.draw(st.sampled_from(sorted(KEYS)))]
    values = VALUES[data.draw(st.sampled_from(sorted(VALUES)))]
    c = data.draw(st.dictionaries(keys, values, max_size=5))
    looked = data.draw(st.lists(st.tuples(keys, values), min_size=1, max_size=4))
    function = make(f"lambda x, d: {source}", c=c)
    check(function, looked)
    check(function, [(data.draw(WRONG), d) for _, d in looked])


@pytest.mark.parametrize("container", [list, tuple, set, frozenset])
@given(data=st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
def test_membership(container: Callable[..., Any], data: st.DataObject) -> None:
    keys = KEYS[data.draw(st.sampled_from(sorted(KEYS)))]
    c = container(data.draw(st.lists(keys, max_size=5)) * data.draw(st.sampled_from([1, 20])))
    function = make("lambda x: (x in c, x not in c)", c=c)
    check(function, [(key,) for key in data.draw(st.lists(keys, min_size=1, max_size=4))])
    check(function, [(data.draw(WRONG),)])


@pytest.mark.parametrize("container", [list, tuple])
@given(data=st.data())
@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
def test_sequences(container: Callable[..., Any], data: st.DataObject) -> None:
    values = VALUES[data.draw(st.sampled_from(sorted(VALUES)))]
    c = container(data.draw(st.lists(values, max_size=5)) * data.draw(st.sampled_from([1, 20])))
    function = make("lambda x: (c[x], c[-1])", c=c)
    check(function, [(i,) for i in data.draw(st.lists(st.integers(-3, 3) | st.integers(-25, 25), min_size=1))])
    check(function, [(data.draw(WRONG),)])


@pytest.mark.parametrize(
    ("source", "captured", "row"),
    [
        ("lambda x: c[x]", {"a": 1}, ("a",)),
        ("lambda x: c.get(x)", {"a": 1}, ("b",)),
        ("lambda x: c.get(x, 0)", {"a": 1}, ("b",)),
        ("lambda x: c.get(x, 0)", {}, ("b",)),
        ("lambda x: x in c", {"a", "b"}, ("b",)),
        ("lambda x: x in c", frozenset({"a", "b"}), ("b",)),
        ("lambda x: x in c", [str(i) for i in range(5000)], ("4999",)),
        ("lambda x: c[x]", list(range(5000)), (-1,)),
        ("lambda x: c[x]", {(i, "k"): [i] for i in range(50)}, ((7, "k"),)),
        ("lambda x: x in {'a', 'b'}", None, ("b",)),
        ("lambda w: [x for x in w.split() if x not in c]", {"the", "a"}, ("the fox",)),
        ("lambda w: sum(c.get(x, 0) for x in w.split())", {"the": 2}, ("the fox",)),
        ("def g(x):\n    return c[x] + 1\n\nf = lambda x: g(x)\n", {1: 2}, (1,)),
    ],
)
def test_a_common_look_is_not_declined(source: str, captured: Any, row: tuple[Any, ...]) -> None:
    assert check(make(source, c=captured), [row, row])


def test_a_closure_and_a_module_hold_containers() -> None:
    def closed(table: dict[str, int]) -> Callable[..., Any]:
        return lambda x: table[x]

    assert check(closed({"a": 1}), [("a",)])
    module = types.ModuleType("tables")
    module.__dict__["names"] = {"a": 1}
    assert check(make("lambda x: m.names[x]", m=module), [("a",)])


def test_captures_are_read_at_every_freeze() -> None:
    table = {"a": 1}
    function = make("lambda x: c.get(x)", c=table)
    before = freeze(function)
    table["a"] = 2
    table["b"] = 3
    rows = [("a",), ("b",)]
    assert _engine.evaluate(str(before.expression), "map", rows, captured=list(before.captured))[0] == [1, None]
    now = freeze(function)
    assert now.expression == before.expression
    assert _engine.evaluate(str(now.expression), "map", rows, captured=list(now.captured))[0] == [2, 3]


@pytest.mark.parametrize("captured", [defaultdict(int, a=1), Counter("a"), {"a": object()}, {1: 2, "a": 3}, {1, 2.5}])
def test_what_is_no_plain_container_declines(captured: Any) -> None:
    assert not check(make("lambda x: c[x]", c=captured), [("a",)])


def test_a_large_container_is_not_in_the_tree() -> None:
    frozen = freeze(make("lambda x: c[x]", c={i: i for i in range(100_000)}))
    assert frozen.expression is not None and len(frozen.expression) < 200


@pytest.fixture
def broadcast(monkeypatch: pytest.MonkeyPatch) -> type:
    """A class in the place of PySpark's."""
    module = types.ModuleType("pyrite.broadcast")
    source = """
class Broadcast:
    def __init__(self, value):
        self._value = value
    @property
    def value(self):
        return self._value
    def _in_tasks(self):
        return Broadcast(self._value)
    def __reduce__(self):
        return Broadcast, (self._value,)
"""
    exec(source, module.__dict__)
    module.__dict__["Broadcast"].__module__ = "pyrite.broadcast"
    monkeypatch.setitem(sys.modules, "pyrite.broadcast", module)
    made: type = module.__dict__["Broadcast"]
    return made


@pytest.mark.parametrize(
    ("source", "held", "row"),
    [
        ("bc.value[x]", {"a": 1}, ("a",)),
        ("bc.value.get(x, 0)", {"a": 1}, ("b",)),
        ("x in bc.value", {"a": 1}, ("b",)),
        ("x not in bc.value", {"a"}, ("b",)),
        ("bc.value[x]", [1, 2], (1,)),
        ("bc.value[0] + x", [1, 2], (1,)),
        ("x * bc.value", 3, (2,)),
    ],
)
def test_broadcasts(broadcast: type, source: str, held: Any, row: tuple[Any, ...]) -> None:
    bc = broadcast(held)
    assert check(make(f"lambda x: {source}", bc=bc), [row, row])
    other = make(f"lambda x: {source}", bc=broadcast(held))
    assert check(other, [row])


def test_a_broadcast_whose_value_was_replaced_declines(broadcast: type, monkeypatch: pytest.MonkeyPatch) -> None:
    function = make("lambda x: bc.value[x]", bc=broadcast({"a": 1}))
    monkeypatch.setattr(broadcast, "value", {"a": 2})
    assert freeze(function).expression is None


def test_a_partial_of_a_function_with_a_container_is_left_to_python() -> None:
    function = make("def f(a, x):\n    return c[x] + a\n", c={1: 2})
    assert freeze(functools.partial(function, 1)).reason == "is a partial of a function that captures a container"


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("lambda d: sorted(dict(d).items())", [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ("lambda d: Counter(d)['b']", [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ("lambda x: type(x).__name__", [(1,), (2,)]),
        ("lambda x: type(x).__name__", [None, 2]),
    ],
)
def test_rows_that_are_dicts_and_names_of_types(source: str, rows: list[Any]) -> None:
    function = make(source, Counter=Counter)
    assert check(function, [(row,) for row in rows])


@pytest.mark.parametrize("source", ["lambda x: {'a': x}.get('a', 1 // x)", "lambda x: len({'a': 1 // x})"])
def test_what_a_dict_of_names_is_given_is_evaluated(source: str) -> None:
    function = make(source)
    assert check(function, [(1,), (2,)])
    frozen = freeze(function)
    assert _engine.evaluate(frozen.expression, "map", [(0,)])[0] is None


def test_functions_by_keys_that_are_equal_and_of_several_types_are_left_to_python() -> None:
    one, text = (lambda x: 1), (lambda x: "a")
    frozen = freeze(make("lambda x: {1: one, 'a': text}[x](x)", one=one, text=text))
    assert frozen.expression is None
    captured = {1: one, "a": text}
    assert freeze(make("lambda x: captured[x](x)", captured=captured)).expression is None


def test_a_translation_to_what_is_no_character_raises(sc: Any) -> None:
    with pytest.raises(Exception, match="character mapping must be in range"):
        sc.parallelize(["b", "a"], 1).map(lambda x: x.translate({97: -1})).collect()
