"""Generators whose elements take a row's place: what compiles gives flatMap's rows as Python's generators do."""

from __future__ import annotations

import json
import re
from operator import add

import pytest
from lambda_reference import make
from pyrite import _engine
from pyrite._lambda import freeze

ROWS = ["", "a", "a bb  c", "1 2", "é x", " ", "yes no yes"]
SOURCES = {
    "expression": "lambda x: (w for w in x.split(' '))",
    "expression with a condition": "lambda x: ((w, len(w)) for w in x.split(' ') if w)",
    "expression over text": "lambda x: (c.upper() for c in x)",
    "loop": "def f(x):\n    for w in x.split(' '):\n        yield w\n",
    "loop after an assignment": "def f(x):\n    'words'\n    words = x.split(' ')\n    n = len(words)\n    for w in words:\n        yield (w, 1.0 / n)\n",
    "loop with a condition": "def f(x):\n    for w in x.split(' '):\n        if w:\n            if len(w) > 1:\n                yield w\n",
    "loop that goes on": "def f(x):\n    for w in x.split(' '):\n        if not w:\n            continue\n        if w == 'no':\n            continue\n        yield w.upper()\n",
    "loop with names of its own": "def f(x):\n    for w in x.split(' '):\n        n = len(w)\n        n += 1\n        yield n\n",
    "loop with branches": "def f(x):\n    for w in x.split(' '):\n        if w:\n            yield w\n        else:\n            yield '-'\n",
    "unpacking": "def f(x):\n    for a, b in [(w, len(w)) for w in x.split(' ')]:\n        yield b\n",
    "nothing": "def f(x):\n    return\n    yield x\n",
    "two in a row": "def f(x):\n    yield x\n    yield x.upper()\n",
    "one or the other": "def f(x):\n    if x == 'a':\n        yield 'first'\n    else:\n        yield 'second'\n        yield x\n",
    "an early end": "def f(x):\n    if not x:\n        return\n    for w in x.split(' '):\n        yield w\n",
    "called": "def g(words, n):\n    for w in words:\n        yield (w, n)\n\nf = lambda x: g(x.split(' '), len(x))\n",
    "without a value": "def f(x):\n    yield\n",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_agree(source):
    function = make(source, re=re)
    frozen = freeze(function)
    assert frozen.reason is None
    rows, why = _engine.evaluate(frozen.expression, "flat", [(row,) for row in ROWS])
    assert why is None
    assert rows == [element for row in ROWS for element in function(row)]


def test_only_who_iterates_takes_one(sc):
    words = sc.parallelize(ROWS, 2)
    assert words.flatMap(lambda x: (c for c in x)).collect() == list("".join(ROWS))
    pairs = words.map(lambda x: (x, x)).flatMapValues(lambda x: (c for c in x if c > "a"))
    assert pairs.collect() == [(row, c) for row in ROWS for c in row if c > "a"]
    # A generator is true, whatever it would give.
    assert words.filter(lambda x: (c for c in x)).count() == len(ROWS)


def test_contributions_of_groups(sc):
    """As Spark's pagerank has them."""

    def contributions(urls, rank):
        num_urls = len(urls)
        for url in urls:
            yield (url, rank / num_urls)

    links = sc.parallelize([("a", "b"), ("a", "c"), ("b", "a"), ("c", "a"), ("c", "b"), ("c", "d")], 2).groupByKey()
    ranks = links.map(lambda pair: (pair[0], 1.0))
    for _ in range(3):
        given = links.join(ranks).flatMap(lambda row: contributions(row[1][0], row[1][1]))
        ranks = given.reduceByKey(add).mapValues(lambda rank: rank * 0.85 + 0.15)
    found = dict(ranks.collect())
    expected = reference({"a": ["b", "c"], "b": ["a"], "c": ["a", "b", "d"]}, 3)
    assert found.keys() == expected.keys()
    assert all(abs(found[page] - rank) < 1e-12 for page, rank in expected.items())


def reference(links, rounds):
    ranks = dict.fromkeys(links, 1.0)
    for _ in range(rounds):
        given: dict[str, float] = {}
        for page, urls in links.items():
            for url in urls if page in ranks else ():
                given[url] = given.get(url, 0.0) + ranks[page] / len(urls)
        ranks = {page: rank * 0.85 + 0.15 for page, rank in given.items()}
    return ranks


def test_rows_that_raise_raise_in_python(sc):
    def halves(x):
        for w in x:
            yield 1 / w

    with pytest.raises(ZeroDivisionError):
        sc.parallelize([[1, 2], [0]], 1).flatMap(halves).collect()
    assert sc.parallelize([[1, 2], [0]], 1).flatMap(halves).take(2) == [1.0, 0.5]


def test_the_tree_says_that_it_is_one():
    assert json.loads(freeze(make("lambda x: (w for w in x)")).expression).keys() == {"generator"}
