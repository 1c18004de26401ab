"""Groups of matches in compiled functions: the engine's own backtracking, and what it leaves to the automaton."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyrite import SparkContext, _engine
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


DATED = re.compile(r"(\d+)-(\d+)(?:-(\d+))?")
NAMED = re.compile(r"(?P<key>\w+)=(?P<value>\w*)")


def in_branches(text: str) -> Any:
    if text.startswith("d"):
        found = DATED.search(text)
        return found.group(1) if found else "no date"
    found = NAMED.match(text)
    if found is None:
        return text
    return found.group("value") + found["key"]


def of_a_local(text: str) -> Any:
    text = text.strip()
    found = DATED.match(text)
    if found is not None and int(found.group(2)) > 5:
        text = text[1:]
        found = DATED.match(text)
        return found.groups() if found else None
    return found.groups() if found else ()


def twice(text: str) -> Any:
    date, pair = DATED.search(text), NAMED.search(text)
    if date and not pair:
        return date.group(3)
    if pair and not date:
        return pair.group(2)
    return (date is None, date.group() if date is not None else pair and pair.group(1))


def unpacked(text: str) -> Any:
    found = DATED.search(text)
    if not found:
        return None
    year, month, day = found.groups()
    return int(year) * 100 + int(month), day or "", day is None


def unguarded(text: str) -> Any:
    return DATED.search(text).group(1)  # type: ignore[union-attr]


def caught(text: str) -> Any:
    try:
        found = NAMED.match(text)
        return found.group(1), int(found.group(2))  # type: ignore[union-attr]
    except AttributeError:
        return "no match", 0
    except ValueError:
        return "no number", 1


def in_a_comprehension(text: str) -> Any:
    return [DATED.match(part).group(2) if DATED.match(part) else part for part in text.split(" ")]  # type: ignore[union-attr]


def in_a_loop(text: str) -> Any:
    total = 0
    for part in text.split(" "):
        found = DATED.match(part)
        if found is not None:
            total += int(found.group(1))
        found = NAMED.match(part)
        if found:
            total += len(found.group(2))
    return total


DATES = [
    "2020-1-7 a=1",
    "d 17-12",
    "a=",
    "d",
    "",
    " 3-9",
    "x=7 y",
    " 12-6-1 ",
    "éü=ß 1-2-3",
    "k=v",
    "d 1-1-1 2-2-2",
    "5-6",
]


@pytest.mark.parametrize(
    "function", [in_branches, of_a_local, twice, unpacked, unguarded, caught, in_a_comprehension, in_a_loop]
)
def test_functions_with_matches_agree(function: Callable[[str], Any], sc: SparkContext) -> None:
    for texts in (DATES * 40, [text for text in DATES if DATED.search(text)] * 30):
        wrong = [text for text in texts if function is unguarded and not DATED.search(text)]
        rows = sc.parallelize(texts, 2)
        if wrong:
            with pytest.raises(AttributeError):
                rows.map(function).collect()
        else:
            assert rows.map(function).collect() == [function(text) for text in texts]
            assert rows.map(lambda t: (t, 1)).map(lambda p: function(p[0])).collect() == [function(t) for t in texts]


def test_a_match_is_found_once_for_rows_of_many_types() -> None:
    frozen = freeze(in_branches)
    assert frozen.expression is not None
    made, declined = _engine.evaluate(frozen.expression, "map", [(text,) for text in DATES])
    assert (made, declined) == ([in_branches(text) for text in DATES], None)
    _, declined = _engine.evaluate(frozen.expression, "map", [(text,) for text in [*DATES, None]])
    assert declined is not None
