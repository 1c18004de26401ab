"""Groups of matches in compiled functions: the engine's own backtracking, and what it leaves to the automaton."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyrite import _engine
from pyrite._lambda.frozen import freeze

SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
PIECES = ["a", "b", "é", ".", "[ab]", "[^b]", r"\d", r"\w", r"\s", r"\S", "ab", "1", " ", "\n", "🐍"]
PATTERNS = st.recursive(
    st.sampled_from(PIECES),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner, inner).map("".join),
        st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format),
        inner.map("({})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"])).map(
            lambda p: f"(?:{p[0]}){p[1]}"
        ),
    ),
    max_leaves=8,
)
TEXTS = st.lists(st.text(st.sampled_from("aab 1é\n🐍_"), max_size=12), min_size=1, max_size=8)


def functions(pattern: re.Pattern[str]) -> list[Callable[[str], Any]]:
    def matched(text: str) -> Any:
        found = pattern.match(text)
        return None if found is None else found.groups()

    def searched(text: str) -> Any:
        found = pattern.search(text)
        return None if found is None else (found.group(0), found.groups())

    def whole(text: str) -> Any:
        found = pattern.fullmatch(text)
        return None if found is None else found.groups()

    return [
        matched,
        searched,
        whole,
        lambda text: pattern.findall(text),
        lambda text: pattern.split(text),
        lambda text: pattern.split(text, 1),
        lambda text: pattern.sub(r"<\1>", text),
        lambda text: pattern.sub(r"<\1>", text, count=1),
    ]


def check(source: str, texts: list[str], flags: int = 0) -> int:
    """Compares what compiles; says how many functions did for all texts."""
    compiled = 0
    for function in functions(re.compile(source, flags)):
        frozen = freeze(function)
        if frozen.expression is None:
            continue
        try:
            expected = [function(text) for text in texts]
        except (IndexError, re.error):
            continue
        made, declined = _engine.evaluate(frozen.expression, "map", [(text,) for text in texts])
        if declined is None:
            compiled += 1
            assert made == expected, (source, function.__name__)
    return compiled


@SETTINGS
@given(PATTERNS.map("({})".format), TEXTS, st.sampled_from([0, re.I, re.M, re.S, re.A]))
def test_groups_agree(source: str, texts: list[str], flags: int) -> None:
    check(source, texts, flags)


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        (r"^(\S+) (\S+) \[([^\]]+)\] \"(\w+) (\S+)\s*(\S*)\" (\d{3}) (\S+)$", ['h - [d m] "GET /p HTTP" 200 -\n', "h"]),
        (r"(a+)(a)(a*?)b", ["aaab", "aab", "ab", "aaaa"]),
        (r"(é+)(.)", ["ééx", "éé", "é"]),
        (r"((a)|(b))+c", ["abc", "bac", "c", "ac"]),
        (r"(\w+)=(\w+)", ["a=1 b=2", "=", "é=ü x"]),
        (r"(a{2,3})(a{1,2})", ["aaa", "aaaa", "aaaaaa", "a"]),
        (r"(ab){2,3}(c)?", ["ababc", "abababab", "ab"]),
        (r"(GET|POST|PUT) (/\S*)", ["GET /a", "PUT b", "POST /"]),
        (r"(\w+?)(\d*)!", ["ab12!", "12!", "!"]),
    ],
)
def test_usual_patterns_compile_and_agree(source: str, texts: list[str]) -> None:
    assert check(source, texts) >= 1


def test_a_pattern_that_backtracks_for_ever_is_left_to_the_automaton() -> None:
    pattern = re.compile(r"((?:a|ab|b)+)c")

    def matched(text: str) -> Any:
        found = pattern.match(text)
        return None if found is None else found.group(1)

    frozen = freeze(matched)
    assert frozen.expression is not None
    texts = ["ab" * 3000, "ab" * 3000 + "c", "abc"]
    made, declined = _engine.evaluate(frozen.expression, "map", [(text,) for text in texts])
    assert (made, declined) == ([None, "ab" * 3000, "ab"], None)
