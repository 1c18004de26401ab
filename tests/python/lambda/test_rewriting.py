"""`match`, `:=` and `finally`: compiled gives what CPython gives, or declines where the rewritten form would differ."""

from __future__ import annotations

import ast
import hashlib
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from lambda_reference import agrees, make, with_body
from pyrite._lambda import freeze
from pyrite._lambda.frozen import freeze_of_iterator
from pyrite._lambda.locate import locate

# The body of a function of x, the rows, and whether they run natively.
BODIES: list[tuple[str, list[Any], bool]] = [
    # What is done in the end is done before the next turn, too, and before what follows a loop.
    ("n = 0\nfor y in x:\n    try:\n        if y > 2:\n            continue\n        n = n + y\n    finally:\n        n = 100\nreturn n", [[1, 2, 3], [3], []], False),
    ("n = 0\nfor y in x:\n    try:\n        if y > 2:\n            break\n    finally:\n        n = 1\nreturn n", [[1, 3], [3], []], False),
    ("n = 1\ntry:\n    return x + n\nfinally:\n    n = 100", [1, 2], True),
    # A key of a display is evaluated before its value, and both before the next key.
    ("a = 1\nreturn list({1: a, (a := x): 2}.items())", [7], False),
    ("a = 1\nd = {'p': a + 1, str(a := x): 2}\nreturn d['p']", [7], False),
    ("return list({(a := x): a + 1, 'q': a}.items())", ["a", "b"], False),
    ("return list({'p': (a := x), 'q': a + 1}.items())", [1, 2], True),
    # What a value is made of may be bound anew before it is asked for.
    ("return [y for x in x if (y := x * 10) for x in [5, 6]]", [[1, 2]], False),
    ("return [n + w for w in x.split() if (n := w.upper()) != 'A' for w in ('p', 'q')]", ["a b"], False),
    ("return [n + v for w in x.split() if (n := w.upper()) != 'A' for v in ('p', 'q')]", ["a b"], True),
    # What a comprehension binds is its own, also before it is bound.
    ("y = 2\nreturn [y for i in x if y for y in [i, 3]]", [[1], [], [0]], False),
    ("y = 2\nreturn [y for i in x for y in [y, 3]]", [[1], []], False),
    ("return sum(x for i in x if i for x in [i, 3])", [[1], []], True),
    # What is assigned in a part of an expression that may not be evaluated, within loops.
    ("out = []\nfor y in x:\n    out.append((z := y) if y > 1 else 0)\nreturn out", [[1, 2], []], True),
    ("out = []\nfor y in x:\n    if y > 0:\n        out.append([y and (z := y) + z])\nreturn out", [[1, 2], [0]], True),
    ("total = 0\nfor y in x:\n    total += y and (z := y * 2) + z\nreturn total", [[1, 2], [0]], True),
    ("n = 0\nif x > 1 and x < 9 and (n := x % 4) > 1:\n    return n\nelif x > 2 and (m := x * 2) < 20:\n    return m + n\nreturn n", [*range(14)], True),
    ("return (m if x > 3 and (m := x * 2) < 12 else k if x < 3 or (k := x + 1) > 5 and x else -x)", [*range(3, 9)], False),
    ("return (m if x > 3 and (m := x * 2) < 12 else k if x > 1 and (k := x + 1) > 3 else -x)", [*range(9)], True),
]  # fmt: skip


@pytest.mark.parametrize(("body", "rows", "natively"), BODIES)
def test_bodies_agree(body: str, rows: list[Any], natively: bool) -> None:
    native = agrees(with_body(body), [(row,) for row in rows])
    assert len(native) == (len(rows) if natively else 0)


def test_what_is_evaluated_later_sees_the_end() -> None:
    body = "n = 1\ntry:\n    return (y + n for y in x)\nfinally:\n    n = 100"
    assert agrees(with_body(body), [([1, 2],)], flat=True) == []


def test_the_tree_that_was_found_stays_as_it_is() -> None:
    """It is found once and used for each capture, and by each function that calls this one."""
    names = {"K": 10}
    function = make("def f(x):\n    y = 1\n    return max(K, (y := x + K)) + y\n", **names)
    before = ast.dump(locate(function))
    assert agrees(function, [(5,)])
    assert ast.dump(locate(function)) == before
    function.__globals__["K"] = 20
    assert agrees(function, [(5,)])
    inner = make("def f(x):\n    n = 0\n    return len([(n := x), 1]) * 100 + n\n")
    for outer in ("lambda x: inner(x)", "lambda x: inner(x) + 1"):
        assert agrees(make(outer, inner=inner), [(5,)])


@pytest.mark.parametrize("op", ["and", "or"])
def test_many_branches_are_declined_soon(op: str) -> None:
    tests = [f"if x[1] > {i} {op} (m := x[0].find('{chr(97 + i)}')) >= 0:\n    return m" for i in range(24)]
    started = time.process_time()
    assert freeze(with_body("\nel".join(tests) + "\nreturn -1")).expression is None
    choice = " else ".join(f"m{i} if x > {i} and (m{i} := x % {i + 2}) {op} x" for i in range(24))
    freeze(with_body(f"return {choice} else 0"))
    assert time.process_time() - started < 10


def test_what_takes_long_is_not_done_twice() -> None:
    hashed = "lambda x: [{} for w in x.split() if (h := hashlib.md5(w.encode()).hexdigest()) > '8']"
    assert freeze(make(hashed.format("h"), hashlib=hashlib)).expression is None
    assert agrees(make("lambda x: (h := hashlib.md5(x.encode()).hexdigest()) + h", hashlib=hashlib), [("a",)])


PARTITIONS: list[tuple[str, list[Any]]] = [
    ("def f(it):\n    for x in it:\n        if (y := x + 1) > 2:\n            yield y\n", [1, 2, 3]),
    ("def f(it):\n    for x in it:\n        match x:\n            case (1, b):\n                yield b\n            case (a, b):\n                yield a + b\n", [(1, 2), (3, 4)]),
    ("def f(it):\n    return [y for x in it if (y := x * 2) > 3]\n", [1, 2, 3]),
    ("def f(it):\n    n = 0\n    for x in it:\n        try:\n            n += x\n        finally:\n            n += 1\n    yield n\n", [1, 2]),
    ("lambda it: (m.group(1) for s in it if (m := re.match('a(.)', s)))", ["ab", "c", "ad"]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "rows"), PARTITIONS)
@pytest.mark.parametrize("native", ["require", "off"])
def test_functions_of_an_iterator(source: str, rows: list[Any], native: str, make_sc: Callable[..., Any]) -> None:
    function = make(source, re=re)
    assert freeze_of_iterator(function, False).expression is not None
    sc = make_sc(**{"pyrite.native": native})
    assert sc.parallelize(rows, 1).mapPartitions(function).collect() == list(function(iter(rows)))
