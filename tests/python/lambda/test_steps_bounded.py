"""Patterns that are tried place by place: time has a bound, and groups are as `re` leaves them."""

from __future__ import annotations

import re
import time

import pytest
from lambda_reference import agrees, make
from pyrite import _engine
from pyrite._lambda import freeze

# A pattern, and a text on which each place costs as much as the text is long.
SLOW = [
    (r"(a+)\1b", "a"),
    (r"(?<!.{999})x.y", "x"),
    (r"(?=a*?c)b", "a"),
    (r"(?=a[ab]*c)b", "a"),
    (r"\b(?=(?:a|b)*c)", "a "),
    (r"a(?!b)[ab]*?c(?=d)", "a"),
]


@pytest.mark.parametrize(("pattern", "letters"), SLOW)
def test_time_has_a_bound(pattern: str, letters: str) -> None:
    frozen = freeze(make(f"lambda s: re.search(r'{pattern}', s) is None"))
    assert frozen.expression is not None, frozen.reason
    started = time.process_time()
    found, why = _engine.evaluate(frozen.expression, "map", [(letters * 200_000,)])
    assert time.process_time() - started < 3
    assert (found is None) == bool(why)


@pytest.mark.parametrize(
    "source",
    [
        *(f"re.search(r'{p}', s).span()" for p in ("b(c)?", "(?<=a)b?", "$")),
        *(f"re.search(r'{p}', s).span(1)" for p in ("b(c)?", "(?<=a)(b?)", r"(\w)\1")),
        "re.match('(a)(b)?', s).span(2)",
        "re.fullmatch('(a|é)*', s).span()",
    ],
)
def test_a_span_is_found_once(source: str) -> None:
    function = make(f"lambda s: {source}")
    frozen = freeze(function)
    assert frozen.expression is not None and frozen.expression.count('"finditer"') == 1
    assert agrees(function, [(text,) for text in ("abc", "éab", "aab", "bc", "a", "aé")])


@pytest.mark.parametrize(
    "pattern",
    [r"(?!(a)b)a(\w)?", r"(?=(a)(b)?)\w", r"(?<!(a)b)c", r"(?:(a)(?!b)|(a)b)", r"(?:(?=(a)c)a|ab)", r"((?=a)b|a)+\1"],
)
def test_groups_of_what_failed(pattern: str) -> None:
    function = make(f"lambda s: [m.groups() for m in re.finditer(r'{pattern}', s)]", re=re)
    agrees(function, [(text,) for text in ("ab", "ac", "abc", "aab", "aac", "cab", "éab")])
