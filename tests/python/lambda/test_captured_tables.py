"""Captured lists and dicts of functions, types and constants: what is in them when a job is made counts."""

from __future__ import annotations

import bisect
import enum
import functools
import itertools
import statistics
import string
from collections.abc import Callable
from typing import Any

import pytest

LINES = ["The quick, brown fox", "", "a the A", "naïve café, the end", "x"] * 20
PAIRS = [(f"p{i % 3}", i * 7 % 41, i * 1.25 + 0.1) for i in range(60)]


class Level(enum.Enum):
    LOW = 1
    HIGH = "two"


def column(line: str, i: int = 0, cast: Any = str) -> Any:
    return cast(line.split(",")[i])


def plus(x: Any, by: int = 1, *, of: Callable[[Any], Any] = abs) -> Any:
    return of(x) + by


@pytest.fixture(params=["require", "off"])
def sc(request: pytest.FixtureRequest, make_sc: Callable[..., Any]) -> Any:
    return make_sc("local[2]", **{"pyrite.native": request.param})


def test_a_list_of_functions(sc: Any) -> None:
    steps = [str.strip, str.lower, lambda s: s.replace(",", "")]

    def run(line: str) -> str:
        for step in steps:
            line = step(line)
        return line

    rdd = sc.parallelize(LINES)
    for _ in range(3):
        assert rdd.map(run).collect() == [run(line) for line in LINES]
        steps.append(lambda s: s + "!")
    assert rdd.map(lambda line: [f(line) for f in steps]).collect() == [[f(line) for f in steps] for line in LINES]
    tests = (str.isascii, str.strip)
    assert rdd.filter(lambda line: all(f(line) for f in tests)).count() == 60
    checks = {"long": lambda s: len(s) > 3, "the": lambda s: "the" in s}

    def passed(line: str) -> str:
        out = ""
        for i, (name, check) in enumerate(checks.items()):
            if check(line):
                out += f"{i}{name} "
        return out

    assert rdd.map(passed).collect() == [passed(line) for line in LINES]


def test_a_dict_of_functions(sc: Any) -> None:
    ops = {"p0": lambda x: x + 1, "p1": lambda x: x * 2}
    rdd = sc.parallelize(PAIRS)
    for _ in range(2):
        known = rdd.map(lambda r: ops.get(r[0], lambda x: -x)(r[1])).collect()
        assert known == [ops.get(r[0], lambda x: -x)(r[1]) for r in PAIRS]
        assert rdd.filter(lambda r: r[0] in ops).map(lambda r: ops[r[0]](r[1])).count() in (40, 60)
        ops["p2"] = lambda x: x - 5
    assert rdd.map(lambda r: ops[r[0]](r[1])).collect() == [ops[r[0]](r[1]) for r in PAIRS]
    assert rdd.map(lambda r: ops["p1"](r[2])).collect() == [r[2] * 2 for r in PAIRS]
    del ops["p0"]
    with pytest.raises(Exception, match="p0"):
        sc.parallelize(PAIRS).map(lambda r: ops[r[0]](r[1])).collect()


def test_settings(sc: Any) -> None:
    config: dict[str, Any] = {"sep": ",", "at": 0, "in": {"by": [1, 2.5]}}
    rdd = sc.parallelize(LINES)
    for at in (0, -1):
        config["at"] = at
        config["in"]["by"][0] += 1
        made = rdd.map(lambda x: (x.split(config["sep"])[config["at"]], len(x) * config["in"]["by"][0])).collect()
        assert made == [(x.split(",")[at], len(x) * config["in"]["by"][0]) for x in LINES]


def test_a_schema_of_types(sc: Any) -> None:
    types = [int, str, float]
    rows = [f"{i},n{i},{i / 4}" for i in range(30)]
    rdd = sc.parallelize(rows)
    for _ in range(2):
        made = rdd.map(lambda x: tuple(t(v) for t, v in zip(types, x.split(",")))).collect()  # noqa: B905
        assert repr(made) == repr([tuple(t(v) for t, v in zip(types, x.split(","))) for x in rows])  # noqa: B905
        types[0] = float


def test_a_schema_of_types_where_values_are_missing(make_sc: Callable[..., Any]) -> None:
    types, rows = [int, str, float], ["1,a,2.5", "2,b", "", "3,c,4,5"]
    rows[2] = "7"
    made = make_sc("local[1]").parallelize(rows, 1).map(lambda x: [t(v) for t, v in zip(types, x.split(","))])  # noqa: B905
    assert made.collect() == [[1, "a", 2.5], [2, "b"], [7], [3, "c", 4.0]]


def test_replacements_and_tables(sc: Any) -> None:
    replaced = {"the": "THE", "fox": "cat"}
    table, bare = str.maketrans("aeiou", "12345"), str.maketrans("", "", string.punctuation)
    odd = str.maketrans({"a": "<a>", "ï": "i", "é": None, "x": "ü", " ": ""})

    def swap(line: str) -> str:
        for k, v in replaced.items():
            line = line.replace(k, v)
        return line

    rows = [*LINES, "é" * 300 + "a", "aé" * 400, "\0a\x7f", "a" * 1000]
    rdd = sc.parallelize(rows)
    for _ in range(2):
        assert rdd.map(swap).collect() == [swap(x) for x in rows]
        assert rdd.map(lambda x: x.translate(table)).collect() == [x.translate(table) for x in rows]
        assert rdd.map(lambda x: x.translate(bare).lower()).collect() == [x.translate(bare).lower() for x in rows]
        assert rdd.map(lambda x: x.translate(odd)).collect() == [x.translate(odd) for x in rows]
        replaced["a"] = "A"
        table[ord("x")] = "yy"
        bare[ord("e")] = None


def test_defaults_and_partials(sc: Any) -> None:
    rows = [f"{i},{i * 2},{i / 2}" for i in range(20)]
    rdd = sc.parallelize(rows)
    assert rdd.map(functools.partial(column, i=2, cast=float)).collect() == [float(x.split(",")[2]) for x in rows]
    assert rdd.map(column).collect() == [x.split(",")[0] for x in rows]
    assert sc.parallelize([-1, 2]).map(plus).collect() == [2, 3]
    before = column.__defaults__
    try:
        column.__defaults__ = (1, int)
        assert rdd.map(column).collect() == [int(x.split(",")[1]) for x in rows]
    finally:
        column.__defaults__ = before


def test_searches(sc: Any) -> None:
    bounds, words = [10, 20, 20, 50], ["a", "m", "x"]
    rdd = sc.parallelize(PAIRS)
    asked = [
        lambda r: (bisect.bisect_left(bounds, r[1]), bisect.bisect(bounds, r[1]), bisect.bisect_right(bounds, r[2])),
        lambda r: (bisect.bisect_left(words, r[0]), hash(r[1]) % 7, hash(r[2]) % 7, hash(-1), hash(r[1] - 41)),
        lambda r: (type(r[0]).__name__, type(r[1]) is int, type(r[2]) in (int, float), type(r) is not tuple),
        lambda r: (
            statistics.mean([r[1], r[1] + 1]),
            statistics.mean([r[2], 0.1, 1e9]),
            statistics.median([r[1], 2, 9]),
        ),
    ]
    for function in asked:
        assert repr(rdd.map(function).collect()) == repr([function(r) for r in PAIRS])
    lists = [[1, 2], [3], [5, 6, 9]]
    assert sc.parallelize([lists, lists]).flatMap(itertools.chain.from_iterable).collect() == [1, 2, 3, 5, 6, 9] * 2


def test_means_are_rounded_once(make_sc: Callable[..., Any]) -> None:
    import random

    pick = random.Random(5)
    rows = [
        [
            pick.choice([pick.uniform(-9, 9), pick.random() * 10.0 ** pick.randint(-6, 6), -0.0, 0.1])
            for _ in range(pick.randint(1, 9))
        ]
        for _ in range(3000)
    ]
    rows += [[1e308, 1e308], [5e-324, 5e-324], [0.0, -0.0], [-0.0], [1.0, float("inf")], [2.0**60, 1.0, 1.0]]
    made = make_sc("local[2]").parallelize(rows, 40).map(statistics.mean)
    assert repr(made.collect()) == repr([statistics.mean(row) for row in rows])
