"""Callables without source: built-ins, `operator`, bound pattern methods, `partial`."""

import functools
import math
import operator
import re

import pytest
from lambda_reference import evaluate, make, reason, tree
from pyrite._lambda import describe, freeze

P, Q = {"param": 0}, {"param": 1}


def call(name, *args):
    return {"call": {"function": name, "args": list(args)}}


@pytest.mark.parametrize(
    ("function", "expected", "parameters"),
    [
        (len, call("len", P), 1),
        (int, call("int", P), 1),
        (str, call("str", P), 1),
        (bool, call("bool", P), 1),
        (sorted, call("sorted", P), 1),
        (max, call("max", P, Q), None),
        (str.lower, call("str.lower", P), 1),
        (str.split, call("str.split", P), 1),
        (math.sqrt, call("math.sqrt", P), 1),
        (operator.add, {"binary": {"op": "add", "left": P, "right": Q}}, 2),
        (operator.lt, {"compare": {"first": P, "rest": [["lt", Q]]}}, 2),
        (operator.not_, {"unary": {"op": "not", "of": P}}, 1),
        (operator.itemgetter(1), {"item": {"of": P, "index": {"int": 1}}}, 1),
        (
            operator.itemgetter(1, "a"),
            {"tuple": [{"item": {"of": P, "index": {"int": 1}}}, {"item": {"of": P, "index": {"str": "a"}}}]},
            1,
        ),
        (operator.methodcaller("split", ","), {"method": {"name": "split", "of": P, "args": [{"str": ","}]}}, 1),
        (functools.partial(operator.add, 1), {"let": {"slot": 0, "value": {"int": 1}, "body": 0}}, 1),
    ],
)
def test_tree(function, expected, parameters):
    made = tree(function)
    if isinstance(function, functools.partial):
        assert evaluate(made, (41,)) == 42
    else:
        assert made == expected
    assert freeze(function).parameters == parameters


def test_partial_of_a_lambda():
    function = functools.partial(make("lambda a, b, c=1: (a, b, c)"), 5)
    assert evaluate(tree(function), (6,)) == (5, 6, 1)
    assert freeze(function).parameters == 1
    assert freeze(function).copy()(6) == (5, 6, 1)


def test_a_pattern_method():
    made = tree(re.compile(r"\W+").split)
    assert made["regex"]["function"] == "split"
    assert made["regex"]["args"] == [P]
    assert evaluate(tree(re.compile("[ab]").findall), ("abc",)) == ["a", "b"]
    assert evaluate(tree(re.compile("ab").search), ("xab",))
    assert freeze(re.compile("ab").search).copy()("xab")


class Callable:
    def __call__(self, x):
        return x

    def method(self, x):
        return x


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (print, "calls print(), which has side effects"),
        (Callable(), "is a Callable object"),
        (Callable, "calls Callable()"),
        (list.append, "calls append()"),
        (functools.partial(len, x=1), "calls len() with x="),
        (functools.partial(len, "a"), "is a partial of a function that takes fewer arguments"),
        (functools.partial(Callable(), 1), "is a partial of a Callable object"),
        (operator.itemgetter([1]), "its key is a list"),
        (re.compile("a").finditer, "uses an iterator of matches as a value"),
        ("abc".count, "calls count()"),
        (id, "calls id()"),
        (isinstance, "calls isinstance() oddly"),
    ],
)
def test_reason(function, expected):
    assert reason(function) == expected


def test_names():
    assert [describe(f) for f in (len, str.lower, operator.add, math.sqrt, Callable)] == [
        "len",
        "str.lower",
        "operator.add",
        "math.sqrt",
        f"{__name__}.Callable",
    ]
    assert describe(functools.partial(len)) == "partial of len"
    assert describe(operator.itemgetter(1)) == "an itemgetter object"
    assert describe(Callable()) == "a Callable object"
    assert describe(lambda x: x).startswith("<lambda> at test_callables.py:")
