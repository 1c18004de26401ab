"""Dicts, sets and rows of several types as values: the same on both paths, with their classes and their order."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import pytest

LINES = ["a b a", "", "c", "b a c d", "né 한국 né", "x y z x y"] * 4
INTS = [0, 1, 5, -3, 7, 8, 16, 2**40, 9, 100] * 3
MIXED = [1, "a", 2.5, None, True, (1, 2), (1, 2, 3), [1], ["a", 2], b"x", -0.0, 2**62, "", ()] * 2
DICTS = [{"a": i, "b": str(i), "c": [i, i + 1]} if i % 3 else {"a": i} for i in range(24)]
ODD_DICTS = [{1: "a", "b": None}, {}, {(1, "x"): {"y": {2.5: True}}}, {None: -0.0, True: [1, "a"]}] * 5
PAIRS = [("k%d" % (i % 4), i % 7) for i in range(60)]

# Rows, and what is done with `rdd`.
PROGRAMS = {
    "an int or a str": (LINES, "rdd.map(lambda l: len(l) if l.startswith('a') else l)"),
    "a tuple or None or a list": (INTS, "rdd.map(lambda i: (i, 1) if i > 5 else [i] if i else None)"),
    "tuples of two lengths": (INTS, "rdd.map(lambda i: (i, 1) if i > 5 else (i,))"),
    "a flag and a value": (LINES, "rdd.map(lambda l: (True, (l, len(l))) if l else (False, l))"),
    "an int or a float": (INTS, "rdd.map(lambda i: i / 2 if i % 2 else i)"),
    "bools among ints": (INTS, "rdd.map(lambda i: i > 1 if i % 2 else i)"),
    "a list of several types": (INTS, "rdd.map(lambda i: [i, str(i), i / 4, None, (i, 'x')])"),
    "a filter of several types": (INTS, "rdd.map(lambda i: i if i % 2 else str(i)).filter(lambda x: x != '16').map(lambda x: (x, x == 7))"),
    "several types on": (INTS, "rdd.map(lambda i: i if i % 2 else str(i)).map(lambda x: isinstance(x, str))"),
    "several types flat": (INTS, "rdd.flatMap(lambda i: [i, str(i)])"),
    "the truth of several types": (MIXED, "rdd.filter(lambda x: x)"),
    "mixed rows": (MIXED, "rdd.map(lambda x: (x, isinstance(x, (int, str))))"),
    "mixed rows equal": (MIXED, "rdd.map(lambda x: x == 1)"),
    "groups of several types": (INTS, "rdd.map(lambda i: (i % 3, i if i % 2 else str(i))).groupByKey().mapValues(list)"),
    "a sum of several types": (INTS, "rdd.map(lambda i: (i % 3, i / 2 if i % 2 else i)).reduceByKey(lambda a, b: a + b)"),
    "several types as keys": (INTS, "rdd.map(lambda i: (i if i % 2 else str(i), 1)).reduceByKey(lambda a, b: a + b)"),
    "several types in order": (INTS, "rdd.map(lambda i: (i / 2 if i % 2 else i, 1)).sortByKey()"),
    "distinct": (INTS, "rdd.map(lambda i: i / 2 if i % 2 else i).distinct()"),
    "a dict of pairs": (LINES, "rdd.map(lambda l: dict(zip(l.split(), range(9))))"),
    "a dict comprehension": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()})"),
    "a dict of int keys": (INTS, "rdd.map(lambda i: {i: 1, i + 1: 'x', True: 2, 1: 3})"),
    "a dict in a tuple": (LINES, "rdd.map(lambda l: (l, {w: None for w in l.split()}))"),
    "a Counter": (LINES, "rdd.map(lambda l: Counter(l.split()))"),
    "a Counter, then a key": (LINES, "rdd.map(lambda l: Counter(l.split())).map(lambda c: (c['a'], c.get('zz'), len(c)))"),
    "a dict, then its items": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).flatMap(lambda d: d.items())"),
    "a dict, then its keys": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).map(lambda d: [k for k in d])"),
    "a dict, then its values": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).map(lambda d: sum(d.values()))"),
    "a dict, then sorted": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).map(lambda d: sorted(d.items()))"),
    "a dict, then a copy": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).map(lambda d: dict(d))"),
    "a dict, then copy()": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).map(lambda d: d.copy())"),
    "a dict and more": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).map(lambda d: {**d, 'n': len(d)})"),
    "a dict's text": (LINES, "rdd.map(lambda l: {w: (len(w), None) for w in l.split()}).map(lambda d: str(d) + f'{d}')"),
    "dicts compared": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).map(lambda d: d == {'c': 1})"),
    "in a dict": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).filter(lambda d: 'a' in d and d)"),
    "a Counter in a fold": (PAIRS, "rdd.mapValues(lambda v: Counter([v])).reduceByKey(lambda a, b: a + b)"),
    "a Counter in a fold, asked": (PAIRS, "rdd.mapValues(lambda v: Counter([v])).reduceByKey(lambda a, b: a + b).mapValues(lambda c: (c[1], c[99]))"),
    "dicts merged": (PAIRS, "rdd.mapValues(lambda v: {str(v): v}).reduceByKey(lambda a, b: {**a, **b})"),
    "dicts merged by |": (PAIRS, "rdd.mapValues(lambda v: {str(v): v}).reduceByKey(lambda a, b: a | b)"),
    "a dict of a group": (PAIRS, "rdd.map(lambda p: (p[0], (p[1], p[0]))).groupByKey().mapValues(dict)"),
    "dict rows": (DICTS, "rdd.filter(lambda d: d['a'] > 3).map(lambda d: (d['a'], d.get('b'), d.get('z', -1)))"),
    "dict rows as they are": (DICTS, "rdd.filter(lambda d: len(d) > 1)"),
    "dict rows and more": (DICTS, "rdd.map(lambda d: {**d, 'n': len(d)})"),
    "dict rows, a key that isn't there": (DICTS, "rdd.map(lambda d: d['zz'])"),
    "odd dict rows": (ODD_DICTS, "rdd.map(lambda d: (d, len(d)))"),
    "odd dict rows, their items": (ODD_DICTS, "rdd.flatMap(lambda d: d.items())"),
    "odd dict rows in": (ODD_DICTS, "rdd.map(lambda d: (1 in d, None in d, 'b' in d, (1, 'x') in d, 2.5 in d))"),
    "dict rows by Python": (DICTS, "rdd.map(lambda d: type(d).__name__ + repr(d))"),
    "dict rows in groups": (DICTS, "rdd.map(lambda d: (len(d), d)).groupByKey().mapValues(list)"),
    "a set": (LINES, "rdd.map(lambda l: set(l.split()))"),
    "a set of ints": (INTS, "rdd.map(lambda i: {i, i * 3, i // 2, 8, 0, 16, i + 24})"),
    "a set comprehension": (LINES, "rdd.map(lambda l: {len(w) for w in l.split()})"),
    "a union": (INTS, "rdd.map(lambda i: {i, 8, 16} | {i * 3, 0, 24})"),
    "an intersection": (INTS, "rdd.map(lambda i: {i, 8, 16} & {i * 3, 8, 24})"),
    "a difference": (INTS, "rdd.map(lambda i: {i, 8, 16, 24, 32, 0} - {8, i})"),
    "a set of a set": (INTS, "rdd.map(lambda i: set({i, 8, 16, 24, 32, 0}))"),
    "a set of a dict": (INTS, "rdd.map(lambda i: set({i: 1, 8: 2, 16: 0, 24: 1, 40: 8}))"),
    "a set, then len": (LINES, "rdd.map(lambda l: set(l.split())).map(len)"),
    "a set, then sorted": (LINES, "rdd.map(lambda l: set(l.split())).map(lambda s: (sorted(s), min(s) if s else None, 'a' in s))"),
    "a set, then a list": (INTS, "rdd.map(lambda i: {i, 8, 16, 0}).map(list)"),
    "a set, then methods": (LINES, "rdd.map(lambda l: set(l.split())).map(lambda s: (s.issubset({'a', 'b'}), s.isdisjoint(['c']), len(s.union(['q', 'r']))))"),
    "sets compared": (INTS, "rdd.map(lambda i: {i, 1}).map(lambda s: (s == {1, 5}, s != {1}))"),
    "a set by key": (PAIRS, "rdd.mapValues(lambda v: {v}).reduceByKey(lambda a, b: a | b)"),
    "a set by key, far apart": (PAIRS, "rdd.mapValues(lambda v: {v * 8}).reduceByKey(lambda a, b: a | b)"),
    "sets in common": (PAIRS, "rdd.mapValues(lambda v: {v, 1, 2}).reduceByKey(lambda a, b: a & b).mapValues(sorted)"),
    "documents": (['{"a": 1, "b": {"c": [1, "x", null]}}', '{"b": 2.5, "b": "\\u00e9"}', "[]", "3"] * 5, "rdd.map(lambda l: (len(l), json.loads(l)))"),
    "documents in a list": (['{"a": 1}', '{"b": 2}'] * 5, "rdd.map(lambda l: [json.loads(l), l])"),
    "a count of dicts": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).count()"),
    "a first dict": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).take(3)"),
    "cached dicts": (LINES, "rdd.map(lambda l: {w: len(w) for w in l.split()}).cache().map(lambda d: len(d))"),
    "dicts side by side": (LINES, "rdd.map(lambda l: {w: 1 for w in l.split()}).zipWithIndex().repartition(3).map(lambda p: (p[1], p[0])).sortByKey()"),
}  # fmt: skip


def test_programs(make_sc: Callable[..., Any]) -> None:
    made = {native: _ran(make_sc, native) for native in ("auto", "off")}
    different = {name: (on, made["off"][name]) for name, on in made["auto"].items() if on != made["off"][name]}
    assert not different, different


def _ran(make_sc: Callable[..., Any], native: str) -> dict[str, str]:
    sc = make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": "0"})
    found = {}
    for name, (rows, program) in PROGRAMS.items():
        source = f"import json\nfrom collections import Counter, defaultdict\nout = {program}\n"
        filename = f"<maps {name}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        scope: dict[str, Any] = {"rdd": sc.parallelize(rows, 2)}
        try:
            exec(compile(source, filename, "exec"), scope)
            out = scope["out"]
            found[name] = _shown(out.collect() if hasattr(out, "collect") else out)
        except Exception as error:  # noqa: BLE001 - it has to be the same on both paths
            found[name] = f"raises {type(error).__name__}"
    sc.stop()
    return found


def _shown(value: Any) -> str:
    """The value with the classes within it; of sets of texts the order is another in each process, but not here."""
    if type(value) in (list, tuple, set):
        return f"{type(value).__name__}[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return f"{type(value).__name__}[{', '.join(f'{_shown(k)}: {_shown(v)}' for k, v in value.items())}]"
    return f"{type(value).__name__} {value!r}"


@pytest.mark.parametrize("name", ["a flag and a value", "several types flat", "a Counter in a fold", "dict rows"])
def test_natively(make_sc: Callable[..., Any], name: str) -> None:
    rows, program = PROGRAMS[name]
    sc = make_sc("local[2]", **{"pyrite.native": "require", "pyrite.python.workers": "0"})
    filename = f"<maps {name}>"
    source = f"from collections import Counter\nout = {program}\n"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"rdd": sc.parallelize(rows, 2)}
    exec(compile(source, filename, "exec"), scope)
    assert scope["out"].collect()
