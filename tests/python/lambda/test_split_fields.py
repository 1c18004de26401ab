"""Texts split at a character, of which functions look at some pieces: no lists are made on the way, and none is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.rdd import RDD


def piece_or_none(line: str) -> str | None:
    try:
        return line.split(",")[2]
    except IndexError:
        return None


def first_and_last(line: str) -> tuple[str, str, int]:
    parts = line.split(",")
    if len(parts) < 2:
        return parts[0], "", 1
    return parts[0], parts[-1], len(parts)


def two(line: str) -> tuple[str, str]:
    try:
        left, right = line.split(",")
    except ValueError:
        return "", line
    return right, left


Lines = Callable[[RDD[str]], RDD[Any]]
PROGRAMS: dict[str, Lines] = {
    "a piece": lambda r: r.map(lambda x: x.split(",")).map(lambda p: p[0]),
    "pieces from both ends": lambda r: r.map(lambda x: x.split(",")).map(lambda p: (p[-1], len(p), p[0])),
    "of those with enough": lambda r: (
        r.map(lambda x: x.split(",")).filter(lambda p: len(p) > 2).map(lambda p: (p[2], p[1]))
    ),
    "conditions one after the other": lambda r: (
        r.map(lambda x: x.split(","))
        .filter(lambda p: len(p) > 1 and p[1] != "" and p[1] < "n")
        .filter(lambda p: p[0] != p[1])
        .map(lambda p: (p[1], 1))
    ),
    "out of range": lambda r: r.map(lambda x: x.split(",")).map(lambda p: p[3]),
    "out of range from the end": lambda r: r.map(lambda x: x.split(",")).map(lambda p: p[-2]),
    "lists in the end": lambda r: r.map(lambda x: x.split(",")).filter(lambda p: p[0] > "b"),
    "all pieces": lambda r: r.map(lambda x: x.split(",")).filter(lambda p: len(p) < 4).flatMap(lambda p: p),
    "a list and a piece": lambda r: r.map(lambda x: x.split(",")).map(lambda p: (p, p[0], p[1:])),
    "joined again": lambda r: r.map(lambda x: x.split(",")).filter(lambda p: p[-1] != "").map(lambda p: "-".join(p)),
    "a choice": lambda r: r.map(lambda x: x.split(",")).map(lambda p: p[1] if len(p) > 1 else p[0]),
    "a local": lambda r: r.map(first_and_last),
    "a try": lambda r: r.map(piece_or_none),
    "unpacked": lambda r: r.map(two),
    "in Python next": lambda r: r.map(lambda x: x.split(",")).map(lambda p: {p[0]: len(p)}.popitem()),
    "counted": lambda r: r.map(lambda x: x.split(",")).filter(lambda p: len(p) > 1).map(lambda p: 1),
    "cached": lambda r: r.map(lambda x: x.split(",")).cache().map(lambda p: p[0]),
}  # fmt: skip


class Plain:
    """CPython's own answers, by the methods of an RDD."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def map(self, f: Callable[[Any], Any]) -> Plain:
        return Plain([f(row) for row in self.rows])

    def filter(self, f: Callable[[Any], Any]) -> Plain:
        return Plain([row for row in self.rows if f(row)])

    def flatMap(self, f: Callable[[Any], Any]) -> Plain:
        return Plain([item for row in self.rows for item in f(row)])

    def cache(self) -> Plain:
        return self

    def collect(self) -> list[Any]:
        return self.rows


@contextmanager
def context(native: str) -> Iterator[SparkContext]:
    with SparkContext("local[2]", "split", conf=SparkConf().set("pyrite.native", native)) as sc:
        yield sc


def answer(program: Lines, lines: Any) -> Any:
    try:
        return program(lines).collect()
    except (IndexError, ValueError) as error:
        return type(error), str(error)


TEXTS = st.one_of(
    st.text(alphabet=st.sampled_from([",", "a", "b", "n", "é", "한", "\U0001f600", "\x00", "\n"]), max_size=40),
    st.lists(st.text(max_size=20), max_size=12).map(",".join),
    st.just("x" * 61 + ",y" * 40),
)


@pytest.mark.parametrize("native", ["auto", "off"])
def test_programs_give_what_python_gives(native: str) -> None:
    plain = ["a,b,c", "b,,n,d", "c,a", "dd,dd,d", "é,ü,한국어", "one", ""] * 40
    expected = {name: answer(program, Plain(plain)) for name, program in PROGRAMS.items()}
    with context(native) as sc:
        assert {name: answer(program, sc.parallelize(plain, 2)) for name, program in PROGRAMS.items()} == expected
    assert expected["out of range"] == (IndexError, "list index out of range")


def test_random_texts_agree() -> None:
    with context("auto") as sc:

        @settings(max_examples=150, deadline=None)
        @given(st.lists(TEXTS, min_size=1, max_size=30), st.sampled_from(sorted(PROGRAMS)))
        def agree(lines: list[str], name: str) -> None:
            assert answer(PROGRAMS[name], sc.parallelize(lines, 2)) == answer(PROGRAMS[name], Plain(lines))

        agree()


def test_pieces_are_native_from_function_to_function() -> None:
    with context("require") as sc:
        lines = sc.parallelize(["GET /a 200", "GET /b 404", "PUT /a 200"] * 100, 2)
        sizes = (
            lines.map(lambda x: x.split(" ")).filter(lambda p: len(p) == 3 and p[2] == "200").map(lambda p: (p[1], 1))
        )
        assert sizes.reduceByKey(lambda a, b: a + b).collect() == [("/a", 200)]
