"""numpy's vectors in compiled functions: to the last bit what numpy gives, or they decline."""

from __future__ import annotations

import math
import random
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lambda_reference import make, reason
from pyrite import _engine
from pyrite._lambda import freeze

SETTINGS = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


def shown(value: Any) -> Any:
    """A value by its very bits, its types and the layout of its arrays."""
    if isinstance(value, np.ndarray):
        return ("ndarray", value.dtype.str, value.shape, value.flags.writeable, value.flags.owndata, value.tobytes())
    if isinstance(value, tuple | list):
        return (type(value).__name__, [shown(each) for each in value])
    return (type(value).__name__, repr(value))


def check(function: Any, rows: list[tuple[Any, ...]], mode: str = "map") -> bool:
    """Whether it wasn't declined; then it must be what Python gives."""
    frozen = freeze(function)
    if frozen.expression is None:
        return False
    got, why = _engine.evaluate(frozen.expression, mode, rows, captured=list(frozen.captured))
    if got is None:
        assert why
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = [function(*row) for row in rows]
    if mode == "truth":
        expected = [bool(value) for value in expected]
    assert shown(got) == shown(expected)
    return True


def vectors(count: int, width: int, seed: int = 0) -> list[np.ndarray]:
    draw = random.Random(seed)
    return [np.array([draw.uniform(-1, 1) * 10 ** draw.randint(-9, 9) for _ in range(width)]) for _ in range(count)]


@pytest.mark.parametrize("width", [*range(20), 63, 64, 127, 128, 129, 136, 137, 255, 256, 257, 1000, 5000])
def test_sums_are_numpys_to_the_last_bit(width: int) -> None:
    function = make("lambda p: float(np.sum(p))", np=np)
    assert check(function, [(row,) for row in vectors(20, width, width)])
    assert check(function, [(np.array([-0.0] * width),)])


def test_what_kmeans_does() -> None:
    centers = vectors(4, 7, 1)
    source = """def f(p):
    best, closest = 0, float("+inf")
    for i in range(len(centers)):
        distance = np.sum((p - centers[i]) ** 2)
        if distance < closest:
            closest = distance
            best = i
    return (best, (p, 1))
"""
    assert check(make(source, np=np, centers=centers), [(row,) for row in vectors(500, 7, 2)])
    parse = make("lambda line: np.array([float(x) for x in line.split(' ')])", np=np)
    assert check(parse, [(" ".join(map(repr, row.tolist())),) for row in vectors(50, 5, 3)])


EXPRESSIONS = [
    *("p + q", "p - q", "p * q", "p / q", "p ** 2", "p ** 2.0", "p * 2", "2 * p", "p / 3", "p - 0.5", "1.0 / p", "p + n", "n * p", "p / n"),
    *("w + p", "p - w", "w * w", "(p - w) ** 2", "p * f", "f - p", "np.array([f, f * 2])", "np.array([float(n), f]) + w"),
    *("len(p)", "(p, q)", "[p, q]", "p if n > 0 else q", "None if n > 2 else p", "(p + q) * 0.5", "np.asarray(p)"),
    *("float(np.sum(p * q))", "float(np.sum(p) / 3)", "int(n) if np.sum(p) > f else 0"),
    *("not np.sum(p) < np.sum(q)", "bool(np.sum(p) >= n)", "float(np.sum(p) * 2 - np.sum(q))", "p is None", "p is not None"),
    *("[1 if np.sum(v) > 0 else 0 for v in [p, q]]", "(n, (p, 1))", "np.array([f], dtype=float)", "-p", "+p", "p % q"),
    *("np.sum(p)", "np.sum(p) < 1", "np.sum(p) > 0 or None", "p == q", "p < q", "p ** 3", "p ** f", "p[0]", "p[1:]", "bool(p)", "p or q", "list(p)"),
    *("np.dot(p, q)", "p @ q", "p.sum()", "np.array([n, n])", "np.array(p)", "str(p)", "f'{p}'", "p + [1.0]", "p * True"),
    *("isinstance(np.sum(p), float)", "sum([np.sum(p)])", "max(np.sum(p), 1.0)", "sorted([np.sum(p), np.sum(q)])", "p in (q,)"),
    *("float(min(np.sum(p), np.sum(q)))", "math.sqrt(np.sum(p * p))", "p // 2", "abs(p)", "sum(p)", "{1: p}", "p != None"),
]  # fmt: skip
NUMBER = st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 1e-320, 1e308, math.inf, math.nan, 2.0])


@pytest.mark.parametrize("source", EXPRESSIONS)
@given(data=st.data())
@SETTINGS
def test_expressions(source: str, data: st.DataObject) -> None:
    w = np.array([1.5, -2.0])
    function = make(f"lambda p, q, n, f: {source}", np=np, math=math, w=w)

    def vector() -> np.ndarray:
        return np.array(data.draw(st.lists(NUMBER, min_size=2, max_size=2 if data.draw(st.booleans()) else 3)))

    rows = [(vector(), vector(), data.draw(st.integers(-3, 2**60)), data.draw(NUMBER)) for _ in range(data.draw(st.integers(1, 4)))]  # fmt: skip
    check(function, rows)
    check(function, rows, "truth")


def test_these_compile() -> None:
    rows = [(*vectors(2, 2, seed), seed + 1, 0.5) for seed in range(5)]
    w = np.array([1.5, -2.0])
    declined = [e for e in EXPRESSIONS if not check(make(f"lambda p, q, n, f: {e}", np=np, math=math, w=w), rows)]
    assert set(declined) <= set(EXPRESSIONS[EXPRESSIONS.index("-p") :]), declined


def test_what_is_no_bool_stays_numpys() -> None:
    rows = [(row,) for row in vectors(5, 3)]
    assert not check(make("lambda p: np.sum(p) > 0", np=np), rows)
    assert check(make("lambda p: np.sum(p) > 0", np=np), rows, "truth")
    late = "def f(p):\n    x = 0.5\n    for i in range(2):\n        y = x < 1\n        x = np.sum(p)\n    return y\n"
    assert not check(make(late, np=np), rows)


def test_arrays_are_not_changed_in_place() -> None:
    rows = [(row,) for row in vectors(5, 3)]
    for change in ("q += 1.0", "q -= p", "q *= 2", "q /= 2.0", "q **= 2"):
        assert not check(make(f"def f(p):\n    q = p\n    {change}\n    return p\n"), rows), change


def test_other_arrays_are_numpys() -> None:
    function = make("lambda p: p * 2.0")
    odd: list[np.ndarray] = [np.array([1, 2]), np.ones((2, 2)), np.ones(3, dtype=np.float32), np.ones(4)[::2]]
    odd += [np.ones(3, dtype=">f8"), np.array(1.0), np.ma.masked_array([1.0, 2.0]), np.array([1.0, "a"], dtype=object)]
    for array in odd:
        assert not check(function, [(array,)]), array
    assert check(function, [(np.arange(10.0)[2:5],)])
    assert check(function, [(np.array([]),), (np.ones(3),)])


def test_a_captured_array_is_read_with_every_job() -> None:
    w = np.array([1.0, 2.0])
    function = make("lambda p: p + w", w=w)
    assert check(function, [(np.ones(2),)])
    w[0] = 5.0
    assert check(function, [(np.ones(2),)])
    function.__globals__["w"] = [w, w]
    assert not check(function, [(np.ones(2),)])
    function.__globals__["w"] = np.ones((2, 2))
    assert not check(function, [(np.ones(2),)])


def test_reasons() -> None:
    assert reason(make("lambda p: np.dot(p, p)", np=np)) == "calls numpy.dot()"
    assert reason(make("lambda p: np.sum(p, axis=0)", np=np)) == "calls numpy.sum() with axis="
    assert reason(make("lambda p: np.array([p], dtype=int)", np=np)) == "calls numpy.array() with dtype="


def test_a_function_that_was_replaced_is_not_numpys() -> None:
    class Fake:
        @staticmethod
        def sum(p: Any) -> int:
            return 7

    fake = Fake.sum
    function = make("lambda p: np_sum(p)", np_sum=fake)
    check(function, [(np.ones(2),)])
    original = np.sum
    function = make("lambda p: float(np.sum(p))", np=np)
    assert check(function, [(np.ones(2),)])
    try:
        np.sum = fake  # type: ignore[assignment]
        check(function, [(np.ones(2),)])
    finally:
        np.sum = original  # type: ignore[assignment]
