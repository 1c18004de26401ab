"""Records: the same answers on both paths, of the same classes, whatever is done with them."""

from __future__ import annotations

import copy
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
from pyrite._lambda import freeze
from record_programs import PROGRAMS, ROWS, Frozen, Person, Plain, Visit

WORKERS = {"pyrite.python.workers": "0"}


def seen(value: Any) -> Any:
    """The value with its types, all the way down."""
    kind = type(value)
    if isinstance(value, list | tuple):
        return kind, getattr(value, "__fields__", None), [seen(each) for each in value]
    if isinstance(value, dict):
        return kind, [(key, seen(each)) for key, each in value.items()]
    if hasattr(value, "__dict__"):
        return kind, [(name, seen(each)) for name, each in vars(value).items()]
    if hasattr(value, "__slots__"):
        return kind, [(name, seen(getattr(value, name))) for name in value.__slots__]
    return kind, repr(value)


def outcomes(make_sc: Callable[..., Any], native: str) -> list[tuple[Any, str]]:
    sc = make_sc("local[2]", **{"pyrite.native": native}, **WORKERS)
    found = []
    for rows, program in PROGRAMS:
        out = program(sc.parallelize(copy.deepcopy(ROWS[rows]), 2))
        try:
            found.append((seen(out.collect()), out._explained()))
        except Exception as error:  # noqa: BLE001 - whatever it raises has to be the same on both paths
            found.append(((type(error).__name__, str(error).partition("\n")[0]), ""))
    sc.stop()
    return found


def test_both_paths_agree(make_sc: Callable[..., Any]) -> None:
    on, off = outcomes(make_sc, "auto"), outcomes(make_sc, "off")
    different = [(i, PROGRAMS[i][0], a, b) for i, ((a, _), (b, _)) in enumerate(zip(on, off, strict=True)) if a != b]
    assert not different, different[:3]


def test_what_is_read_and_made_runs_natively(make_sc: Callable[..., Any]) -> None:
    sc = make_sc("local[2]", **{"pyrite.native": "require"}, **WORKERS)
    lines = sc.parallelize(ROWS["lines"], 2)
    people = lines.map(lambda x: Person(*x.split(",")))
    assert people.filter(lambda p: p.name == "n3").map(lambda p: (p.city, p.age)).collect() == [("c3", "3")]
    assert type(people.first()) is Person
    assert sc.parallelize(ROWS["visits"], 2).map(lambda v: v.seconds).sum() == sum(v.seconds for v in ROWS["visits"])
    assert lines.map(lambda x: Plain(x)).filter(lambda p: p.is_old()).map(lambda p: p.name).count() == 38
    assert sc.parallelize(ROWS["frozen"], 2).map(lambda d: d.age).max() == 3
    assert sc.parallelize(ROWS["dicts"], 2).map(lambda d: d["in"]["x"]).sum() == 390.0
    sc.stop()


def test_a_class_that_changes_is_looked_at_again(make_sc: Callable[..., Any]) -> None:
    sc = make_sc("local[2]", **WORKERS)
    point = namedtuple("point", "x y")
    rows = sc.parallelize([point(1, 2), point(3, 4)], 1)
    read = lambda p: p.x  # noqa: E731 - it is frozen twice
    assert rows.map(read).collect() == [1, 3]
    point.x = property(lambda self: -self[0])  # type: ignore[assignment,misc]
    assert sc.parallelize([point(1, 2)], 1).map(read).collect() == [-1]
    sc.stop()


def test_a_method_that_changes_is_read_again(make_sc: Callable[..., Any]) -> None:
    class Counted:
        def __init__(self, n: int) -> None:
            self.n = n

        def next(self) -> int:
            return self.n + 1

    sc = make_sc("local[2]", **WORKERS)
    rows = sc.parallelize([1, 2], 1).map(lambda n: Counted(n))
    after = lambda c: c.next()  # noqa: E731 - it is frozen twice
    assert rows.map(after).collect() == [2, 3]
    Counted.next = lambda self: self.n + 10  # type: ignore[method-assign]
    assert rows.map(after).collect() == [11, 12]
    sc.stop()


def test_settings_are_read_at_every_job(make_sc: Callable[..., Any]) -> None:
    sc = make_sc("local[2]", **WORKERS)
    config: dict[str, Any] = {"add": 1, "name": "x"}
    step = lambda n: n + config["add"]  # noqa: E731 - it is frozen twice
    rows = sc.parallelize([1, 2], 1)
    assert rows.map(step).collect() == [2, 3]
    config["add"] = 5
    assert rows.map(step).collect() == [6, 7]
    sc.stop()


def test_each_reader_has_objects_of_its_own(make_sc: Callable[..., Any]) -> None:
    sc = make_sc("local[2]", **WORKERS)
    rows = sc.parallelize(ROWS["plain"], 2).cache()

    def aged(p: Any) -> int:
        p.age += 100
        return int(p.age)

    first = rows.map(aged).collect()
    assert rows.map(aged).collect() == first
    assert rows.map(lambda p: p.age).collect() == [p.age for p in ROWS["plain"]]
    sc.stop()


@pytest.mark.parametrize(
    "function",
    [lambda x: Visit(x, 1, 2, 3), lambda x: Person(x), lambda x: Frozen(x), lambda x: Visit(x, nothing=1)],
)
def test_wrong_calls_are_pythons(function: Callable[..., Any]) -> None:
    assert freeze(function).reason is not None
