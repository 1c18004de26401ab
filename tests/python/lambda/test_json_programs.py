"""Programs over lines of JSON: what is loaded goes from one compiled function to the next and is no row of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pyrite.context import SparkContext
from pyrite.rdd import RDD

LINES = [
    json.dumps({"user": f"u{i % 7}", "amount": i, "level": "ERROR" if i % 3 == 0 else "INFO", "items": [{"id": i}, {"id": -i}], "in": {"n": str(i)}})
    for i in range(500)
]  # fmt: skip
Lines = Callable[[RDD[str]], Any]
PROGRAMS: dict[str, Lines] = {
    "a reduce": lambda r: (
        r.map(json.loads).map(lambda d: (d["user"], d["amount"])).reduceByKey(lambda a, b: a + b).collect()
    ),
    "a filter between": lambda r: (
        r.map(json.loads).filter(lambda d: d.get("level") == "ERROR").map(lambda d: d["user"]).collect()
    ),
    "two filters": lambda r: (
        r.map(json.loads)
        .filter(lambda d: d["level"] == "ERROR")
        .filter(lambda d: d["amount"] > 9)
        .map(lambda d: (d["user"], 1))
        .collect()
    ),
    "parts": lambda r: r.map(lambda x: json.loads(x)["in"]).map(lambda d: d["n"]).collect(),
    "parts of lists": lambda r: (
        r.flatMap(lambda x: json.loads(x)["items"]).filter(lambda d: d["id"] > 0).map(lambda d: d["id"]).sum()
    ),
    "parts of loaded lists": lambda r: r.map(json.loads).flatMap(lambda d: d["items"]).map(lambda d: d["id"]).collect(),
    "keys": lambda r: r.map(json.loads).keyBy(lambda d: d["user"]).mapValues(lambda d: d["amount"]).collect(),
    "countByKey": lambda r: sorted(r.map(lambda x: (json.loads(x)["user"], 1)).countByKey().items()),
    "countByValue": lambda r: sorted(r.map(json.loads).map(lambda d: d["level"]).countByValue().items()),
    "a lambda in a filter": lambda r: r.filter(lambda x: json.loads(x)["level"] == "ERROR").collect(),
    "documents": lambda r: r.map(json.loads).collect(),
    "kept documents": lambda r: r.map(json.loads).filter(lambda d: d["level"] == "ERROR").collect(),
    "counted documents": lambda r: r.map(json.loads).filter(lambda d: d["level"] == "ERROR").count(),
    "a few documents": lambda r: r.map(json.loads).take(3),
    "Python next": lambda r: r.map(json.loads).map(lambda d: sorted(d.items())[0]).collect(),
    "a filter, then Python": lambda r: (
        r.map(json.loads).filter(lambda d: d["amount"] > 490).map(lambda d: list(d)).collect()
    ),
    "cached documents": lambda r: cached(r.map(json.loads)),
    "documents of keys": lambda r: (
        r.map(lambda x: (1, x)).mapValues(json.loads).map(lambda kv: kv[1]["user"]).collect()
    ),
    "grouped": lambda r: (
        r.map(json.loads).map(lambda d: (d["user"], d["amount"])).groupByKey().mapValues(sum).collect()
    ),
    "sorted": lambda r: r.map(json.loads).sortBy(lambda d: -d["amount"]).map(lambda d: d["amount"]).collect(),
    "pairs of documents": lambda r: (
        r.map(lambda x: (json.loads(x)["user"], json.loads(x))).mapValues(lambda d: d["amount"]).collect()
    ),
}
NATIVE = [
    "a reduce",
    "a filter between",
    "two filters",
    "parts",
    "parts of lists",
    "parts of loaded lists",
    "countByKey",
    "countByValue",
]


def cached(documents: RDD[Any]) -> Any:
    documents.cache()
    return documents.map(lambda d: d["user"]).collect(), documents.filter(lambda d: d["amount"] < 3).collect()


@pytest.fixture
def off(make_sc: Callable[..., SparkContext]) -> Callable[[Lines], Any]:
    """What a program gives where nothing is compiled."""

    def run(program: Lines) -> Any:
        sc = make_sc("local[2]", **{"pyrite.native": "off"})
        try:
            return program(sc.parallelize(LINES, 3))
        finally:
            sc.stop()

    return run


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree(name: str, off: Callable[[Lines], Any], make_sc: Callable[..., SparkContext]) -> None:
    wanted = off(PROGRAMS[name])
    assert wanted
    sc = make_sc("local[2]", **{"pyrite.native": "auto"})
    assert PROGRAMS[name](sc.parallelize(LINES, 3)) == wanted


@pytest.mark.parametrize("name", NATIVE)
def test_programs_are_native(name: str, make_sc: Callable[..., SparkContext], monkeypatch: pytest.MonkeyPatch) -> None:
    sc = make_sc("local[2]", **{"pyrite.native": "require"})
    ends: list[RDD[Any]] = []
    lines = sc.parallelize(LINES, 3)
    for method in ("map", "filter", "flatMap"):
        made = getattr(RDD, method)
        monkeypatch.setattr(
            RDD, method, lambda self, f, *a, _made=made, **k: ends.append(_made(self, f, *a, **k)) or ends[-1]
        )
    PROGRAMS[name](lines)
    texts = [end._explained() for end in ends]
    assert texts
    for text in texts:
        assert "native, 0 declined, 0 Python" in text, text
        assert "Python:" not in text, text


def test_a_bad_line_is_the_users_own_error(sc: SparkContext) -> None:
    lines = sc.parallelize([*LINES, '{"user": 1,}'], 2)
    for program in (
        lambda: lines.map(json.loads).map(lambda d: d["user"]).collect(),
        lambda: lines.map(lambda x: json.loads(x)["user"]).collect(),
        lambda: lines.map(json.loads).filter(lambda d: d["level"] == "none").map(lambda d: d["user"]).count(),
    ):
        with pytest.raises(json.JSONDecodeError):
            program()
    with pytest.raises(KeyError, match="nothing"):
        sc.parallelize(LINES, 2).map(json.loads).map(lambda d: d["nothing"]).collect()


def test_rows_are_dicts_of_their_own(sc: SparkContext) -> None:
    """A reader may change what it has got."""
    documents = sc.parallelize(LINES, 2).map(json.loads)
    first, again = documents.first(), documents.first()
    first["user"] = "changed"
    assert again == json.loads(LINES[0]) == documents.first()


def test_what_goes_where_is_explained(make_sc: Callable[..., SparkContext]) -> None:
    sc = make_sc("local[2]")
    documents = sc.parallelize(LINES, 2).map(json.loads)
    users = documents.map(lambda d: d["user"])
    users.count()
    assert (
        "native together with a native function of its documents; rows: 500 native, 0 declined, 0 Python"
        in users._explained()
    )
    documents.collect()
    assert "rows: 500 native, 0 declined, 500 Python" in documents._explained()
