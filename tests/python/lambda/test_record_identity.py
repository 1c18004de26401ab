"""Objects that functions change: one object stays one, and what a key function changes is changed."""

from __future__ import annotations

import json
from collections import Counter, namedtuple
from collections.abc import Callable
from typing import Any

import pytest
from pyrite.sql import Row

Pair = namedtuple("Pair", "key value")


class Box:
    def __init__(self, n: int) -> None:
        self.n = n


def more(d: Any) -> int:
    """A function of the interpreter's alone, which changes what it is given."""
    globals().get("nothing")
    if isinstance(d, Box):
        d.n += 1
        return d.n
    d["n"] += 1
    return int(d["n"])


def lower(d: Any) -> int:
    globals().get("nothing")
    d["n"] = -d["n"]
    return int(d["n"])


def dicts(sc: Any) -> Any:
    return sc.parallelize(range(4), 1).map(lambda i: {"n": i})


def two(sc: Any) -> Any:
    return sc.parallelize([(0, "x"), (0, "y")], 1)


def doubled(i: int) -> Any:
    d = {"n": i}
    return (d, d)


def documents(sc: Any) -> Any:
    return sc.parallelize(['{"n": 1, "in": {"n": 5}}', '{"n": 2, "in": {"n": 6}}'], 1)


def document_twice(text: str) -> Any:
    d = json.loads(text)
    return (d, d)


def document_and_part(text: str) -> Any:
    d = json.loads(text)
    return (d["in"], d)


def counter_twice(text: str) -> Any:
    c = Counter(n=1, m=len(text)) if not text else Counter(["n", *text])
    return (c, c)


def words_twice(text: str) -> Any:
    c = Counter(text.split())
    return (c, c)


def set_twice(text: str) -> Any:
    s = set(text.split())
    return [s, s]


def marked(pair: Any) -> Any:
    """A function of the interpreter's alone, which changes the first of two."""
    globals().get("nothing")
    if isinstance(pair[0], set):
        pair[0].add("n")
        return sorted(pair[1])
    pair[0]["n"] = 77
    return repr(pair[1])


ONE_OBJECT: dict[str, Callable[[Any], Any]] = {
    "in rows of flatMap": lambda sc: dicts(sc).flatMap(lambda d: [d, d]).map(more),
    "in rows of flatMap, as parts": lambda sc: dicts(sc).flatMap(lambda d: [(1, d), (2, d)]).map(lambda t: more(t[1])),
    "made in rows of flatMap": lambda sc: sc.parallelize(range(3), 1).flatMap(doubled).map(more),
    "made twice in a row": lambda sc: sc.parallelize(range(3), 1).map(doubled).map(lambda t: (more(t[0]), more(t[1]))),
    "of a comprehension": lambda sc: (
        dicts(sc).map(lambda d: [d for _ in range(2)]).map(lambda t: more(t[0]) + more(t[1]))
    ),
    "of comprehensions": lambda sc: (
        dicts(sc).map(lambda d: [(x, d) for x in "ab"]).map(lambda t: [more(d) for _, d in t])
    ),
    "an instance": lambda sc: sc.parallelize(range(3), 1).map(lambda i: Box(i)).flatMap(lambda b: [b, b]).map(more),
    "a list times two": lambda sc: dicts(sc).map(lambda d: [d] * 2).map(lambda t: (more(t[0]), t[1]["n"])),
    "a tuple times two": lambda sc: dicts(sc).map(lambda d: (d,) * 2).map(lambda t: (more(t[0]), t[1]["n"])),
    "by name and by place": lambda sc: (
        dicts(sc).map(lambda d: Pair(1, d)).map(lambda p: (p.value, p[1])).map(lambda t: (more(t[0]), t[1]["n"]))
    ),
    "by name and by place of a Row": lambda sc: (
        dicts(sc).map(lambda d: Row(k=1, v=d)).map(lambda p: (p.v, p[1])).map(lambda t: (more(t[0]), t[1]["n"]))
    ),
    "with several of a join": lambda sc: (
        dicts(sc).map(lambda d: (0, d)).join(two(sc), 1).map(lambda kv: more(kv[1][0]))
    ),
    "of the right side": lambda sc: two(sc).join(dicts(sc).map(lambda d: (0, d)), 1).map(lambda kv: more(kv[1][1])),
    "of an outer join": lambda sc: (
        dicts(sc).map(lambda d: (0, d)).fullOuterJoin(two(sc), 1).map(lambda kv: more(kv[1][0]))
    ),
    "a document": lambda sc: documents(sc).map(document_twice).map(marked),
    "a document and its part": lambda sc: documents(sc).map(document_and_part).map(marked),
    "a document times two": lambda sc: documents(sc).map(lambda s: [json.loads(s)] * 2).map(marked),
    "a document in rows of flatMap": lambda sc: documents(sc).flatMap(document_twice).map(more),
    "a document by name": lambda sc: (
        documents(sc).map(json.loads).map(lambda d: {"x": d, "y": d}).map(lambda r: marked((r["x"], r["y"])))
    ),
    "a Counter": lambda sc: sc.parallelize(["a b", "b"], 1).map(words_twice).map(marked),
    "a Counter of several": lambda sc: sc.parallelize(["ab", "b"], 1).map(counter_twice).map(marked),
    "a set": lambda sc: sc.parallelize(["a b", "b"], 1).map(set_twice).map(marked),
    "of cartesian": lambda sc: dicts(sc).cartesian(sc.parallelize(range(3), 1)).map(lambda t: more(t[0])),
}


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("case", ONE_OBJECT)
def test_one_object_stays_one(make_sc: Callable[..., Any], case: str, workers: str) -> None:
    found = []
    for native in ("auto", "off"):
        sc = make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": workers})
        found.append(ONE_OBJECT[case](sc).collect())
        sc.stop()
    assert found[0] == found[1]


def test_rows_of_one_object_each_stay_columns(make_sc: Callable[..., Any]) -> None:
    sc = make_sc("local[2]", **{"pyrite.native": "require", "pyrite.python.workers": "0"})
    grouped = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 1).map(lambda t: (t[0], {"n": t[1]})).groupByKey()
    assert grouped.flatMap(lambda kv: [(kv[0], d) for d in kv[1]]).map(lambda t: t[1]["n"]).sum() == 6
    assert dicts(sc).map(lambda d: (d["n"], d["n"] * 2, d)).map(lambda t: t[2]["n"] + t[1]).collect() == [0, 3, 6, 9]
    assert sc.parallelize([[1, 2], [3]], 1).flatMap(lambda some: [{"n": x * 2} for x in some]).count() == 3
    pairs = dicts(sc).map(lambda d: (d["n"], d))
    assert pairs.join(pairs.mapValues(lambda d: d["n"])).map(lambda t: t[1][0]["n"] + t[1][1]).sum() == 12
    sc.stop()


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("native", ["auto", "off"])
def test_what_a_key_function_changes_is_changed(make_sc: Callable[..., Any], native: str, workers: str) -> None:
    sc = make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": workers})
    rows = sc.parallelize(range(4), 2).map(lambda i: {"n": i})
    # PySpark, too.
    changed = [{"n": -3}, {"n": -2}, {"n": -1}, {"n": 0}]
    assert rows.sortBy(lower, True, 1).collect() == changed
    assert rows.sortBy(lower, True, 2).collect() in (changed, [{"n": n} for n in (3, 2, 1, 0)])
    assert rows.keyBy(lower).values().collect() == changed[::-1]
    boxes = sc.parallelize(range(3), 1).map(lambda i: Box(i))
    assert boxes.sortBy(more, False, 1).map(lambda b: b.n).collect() == [3, 2, 1]
    sc.stop()


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("native", ["auto", "off"])
def test_pairs_with_names_become_tuples(make_sc: Callable[..., Any], native: str, workers: str) -> None:
    sc = make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": workers})
    pairs = sc.parallelize(range(6), 2).map(lambda i: Pair(i, i * 2))

    def place(key: int) -> int:
        globals().get("nothing")
        return key

    for moved in (pairs.partitionBy(2, place), pairs.sortByKey(True, 2, place)):
        assert {type(row) for row in moved.collect()} == {tuple}
    sc.stop()


@pytest.mark.parametrize("native", ["auto", "off"])
def test_methods_of_a_row_come_before_its_names(make_sc: Callable[..., Any], native: str) -> None:
    sc = make_sc("local[2]", **{"pyrite.native": native, "pyrite.python.workers": "0"})
    made = sc.parallelize(range(3), 1).map(lambda i: Row(word="a", count=i))
    for rows in (made, sc.parallelize([Row(word="a", count=i) for i in range(3)], 1)):
        with pytest.raises(TypeError):
            rows.map(lambda r: r.count + 1).collect()
        assert rows.filter(lambda r: r.count == 1).collect() == []
        assert rows.map(lambda r: r["count"] + 1).collect() == [1, 2, 3]
    odd = sc.parallelize([Row(index=1, asDict=2, word=3)], 1)
    assert odd.map(lambda r: (callable(r.index), callable(r.asDict), r.word)).collect() == [(True, True, 3)]
    sc.stop()
