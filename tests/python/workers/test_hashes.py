"""Which functions can tell one seed of str hashes from another."""

import functools
import json
import math
import operator
import re
from collections import Counter, defaultdict
from types import FunctionType

import pytest
from pyrite._hashes import sees_no_hash

WORDS = re.compile(r"\w+")
STOP = ("a", "the")
LIMITS = {"a": 1, "b": [2, 3]}
COLOURS = {"red", "green"}


class Parser:
    def parse(self, x):
        return x


def helper(x):
    return json.loads(x)["k"]


def with_a_set(x):
    return list({x, 1})


def indirectly(x):
    return with_a_set(x)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: re.split(r"\W+", x.lower()),
        lambda x: [w for w in WORDS.findall(x) if w not in STOP and w not in {"an", "of", "to"}],
        lambda x: (helper(x), LIMITS["a"], math.sqrt(2), len(x), sorted(x), max(x, key=len)),
        lambda x: Counter(x).most_common(3),
        lambda x: {k: v for k, v in LIMITS.items()},
        lambda x: [v - 1 for v in x] and list(LIMITS.values()),
        FunctionType(compile("1 + 1", "<made>", "eval"), {}),
        lambda x: undefined_name + x,  # noqa: F821
        helper,
        str.lower,
        len,
        int,
        WORDS.findall,
        operator.add,
        functools.partial(pow, 2),
        "-".join,
    ],
)
def test_these_cannot(function):
    assert sees_no_hash(function)


@pytest.mark.parametrize(
    "function",
    [
        with_a_set,
        indirectly,
        lambda x: hash(x),
        lambda x: set(x),
        lambda x: [c for c in {"red", "green", "blue"}],
        lambda x: {c for c in x},
        lambda x: {*x},
        lambda x: sorted(COLOURS),
        lambda x: [(lambda y: {y, 1})(c) for c in x],
        lambda x: LIMITS.keys() & x.keys(),
        lambda x: x.__hash__(),
        lambda x: eval(x),
        lambda x: getattr(x, "hash"),
        lambda x: __import__("builtins"),
        Parser().parse,
        set,
        hash,
        frozenset,
        functools.partial(map, hash),
        lambda x, f=hash: f(x),
        lambda x: pytest.approx(x),
        defaultdict(set).__getitem__,
        COLOURS.union,
        lambda x: x.items() & LIMITS.items(),
        lambda x: x.items() - LIMITS.items(),
        lambda x: operator.methodcaller("__hash__")(x),
        operator.attrgetter("__hash__"),
    ],
)
def test_these_may(function):
    assert not sees_no_hash(function)


def test_a_module_that_is_not_known_may():
    def uses(x):
        import some_module_of_the_user

        return some_module_of_the_user.f(x)

    assert not sees_no_hash(uses)


def test_a_function_that_refers_to_itself_ends():
    def again(x):
        return again(x - 1) if x else 0

    assert sees_no_hash(again)
