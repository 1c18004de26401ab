"""Classes that do more than to hold values by name, and those that change: what they do is Python's."""

from __future__ import annotations

import copyreg
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from pyrite import _engine
from pyrite._lambda import freeze, frozen

WORKERS = {"pyrite.python.workers": "0"}


class Slot:
    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        Slot.x.__set__(self, x)  # type: ignore[attr-defined]


class Shadowing(Slot):
    __slots__ = ()

    @property
    def x(self) -> Any:  # type: ignore[override]
        return [Slot.x.__get__(self), "fresh" * 3]  # type: ignore[attr-defined]

    @x.setter
    def x(self, value: Any) -> None:
        Slot.x.__set__(self, value)  # type: ignore[attr-defined]


class Constant(Slot):
    __slots__ = ()
    x = 5


class Renamed(Slot):
    __slots__ = ()
    y = Slot.x  # type: ignore[attr-defined]


@dataclasses.dataclass
class Doubling:
    x: int

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value * 2)


@dataclasses.dataclass(frozen=True)
class Fixed:
    x: int


# As in a program of `python -c`.
WRITTEN = """
@dataclasses.dataclass
class Written:
    x: int

    def __init__(self, x):
        self.x = x + 1
"""
exec(WRITTEN)  # noqa: S102
Written: Any = globals()["Written"]


class Mapped:
    def __init__(self, x: int) -> None:
        self.x = x


def hundred(x: int) -> Mapped:
    return Mapped(x * 100)


PROGRAMS: list[Callable[[Any], Any]] = [
    lambda sc: sc.parallelize([Shadowing(i) for i in range(5)], 1).map(lambda s: s.x),
    lambda sc: sc.parallelize(range(5), 1).map(lambda i: Shadowing(i)).map(lambda s: s.x),
    lambda sc: sc.parallelize(range(5), 1).map(lambda i: Constant(i)).map(lambda s: s.x),
    lambda sc: sc.parallelize(range(5), 1).map(lambda i: Renamed(i)).map(lambda s: (s.x, s.y)),
    lambda sc: sc.parallelize(range(5), 1).map(lambda i: Slot(i)).map(lambda s: s.x),
    lambda sc: sc.parallelize(range(5), 1).map(lambda i: Doubling(i)).map(lambda d: d.x),
    lambda sc: sc.parallelize(range(5), 1).map(lambda i: Fixed(i)).map(lambda d: d.x),
    lambda sc: sc.parallelize(range(5), 1).map(lambda i: Written(i)).map(lambda d: d.x),
]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_both_paths_agree(make_sc: Callable[..., Any], number: int) -> None:
    found = []
    for native in ("auto", "off"):
        sc = make_sc("local[2]", **{"pyrite.native": native}, **WORKERS)
        found.append(PROGRAMS[number](sc).collect())
        sc.stop()
    assert found[0] == found[1]


def test_slots_that_a_class_below_hides_are_not_read() -> None:
    """What a property gives is held by nobody: the engine would read an object that is gone."""
    assert _engine.record_class(Slot) is not None
    assert [_engine.record_class(kind) for kind in (Shadowing, Constant, Renamed)] == [None, None, None]


def test_copyregs_functions_are_asked(make_sc: Callable[..., Any]) -> None:
    seen = []
    for native in ("auto", "off"):
        sc = make_sc("local[2]", **{"pyrite.native": native}, **WORKERS)
        read = lambda m: m.x  # noqa: E731 - it is frozen twice
        seen.append(sc.parallelize([Mapped(i) for i in range(3)], 1).map(read).collect())
        copyreg.pickle(Mapped, lambda m: (hundred, (m.x,)))  # type: ignore[arg-type,return-value]
        try:
            seen.append(sc.parallelize([Mapped(i) for i in range(3)], 1).map(read).collect())
            moved = sc.parallelize(range(3), 1).map(lambda i: (0, Mapped(i))).partitionBy(1)
            seen.append(moved.map(lambda kv: kv[1].x).collect())
        finally:
            del copyreg.dispatch_table[Mapped]
        sc.stop()
    assert seen[:3] == seen[3:] == [[0, 1, 2], [0, 100, 200], [0, 100, 200]]


def test_a_property_that_comes_later(make_sc: Callable[..., Any]) -> None:
    sc = make_sc("local[2]", **WORKERS)

    class Late:
        def __init__(self, x: int) -> None:
            self.x = x

    rows = sc.parallelize(range(3), 1).map(lambda i: Late(i))
    read = lambda late: late.x  # noqa: E731 - it is frozen twice
    assert rows.map(read).collect() == [0, 1, 2]
    Late.x = property(lambda self: 7, lambda self, value: None)  # type: ignore[assignment]
    assert rows.map(read).collect() == [7, 7, 7]
    sc.stop()


def test_the_class_of_settings_that_changes(make_sc: Callable[..., Any]) -> None:
    class Config:
        pass

    sc = make_sc("local[2]", **WORKERS)
    config = Config()
    config.x = 1  # type: ignore[attr-defined]
    add = lambda n: n + config.x  # type: ignore[attr-defined] # noqa: E731 - it is frozen again and again
    rows = sc.parallelize(range(3), 1)
    assert rows.map(add).collect() == [1, 2, 3]
    Config.x = property(lambda self: 5)  # type: ignore[attr-defined]
    assert rows.map(add).collect() == [5, 6, 7]
    del Config.x  # type: ignore[attr-defined]
    Config.__getattribute__ = lambda self, name: 7 if name == "x" else object.__getattribute__(self, name)  # type: ignore[method-assign,assignment]
    assert rows.map(add).collect() == [7, 8, 9]
    sc.stop()


def test_settings_that_hold_a_list_are_translated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Config:
        pass

    config = Config()
    config.n, config.words = 1, ["a", "b"]  # type: ignore[attr-defined]
    add = lambda x: x + config.n  # type: ignore[attr-defined] # noqa: E731 - it is frozen again and again
    asked = []
    translated = frozen._translated
    monkeypatch.setattr(frozen, "_translated", lambda *args: [asked.append(args), translated(*args)][1])
    assert [freeze(add).reason for _ in range(3)] == [None] * 3
    assert len(asked) == 1
    config.words = ("c",)  # type: ignore[attr-defined]
    freeze(add)
    assert len(asked) == 2


@pytest.mark.parametrize("native", ["auto", "off"])
def test_a_default_is_computed_where_nobody_needs_it(make_sc: Callable[..., Any], native: str) -> None:
    sc = make_sc("local[2]", **{"pyrite.native": native}, **WORKERS)
    config = {"a": 1, "b": "s"}
    with pytest.raises(ZeroDivisionError):
        sc.parallelize(range(3), 1).map(lambda n: config.get("a", 1 // n)).collect()
    rows = sc.parallelize(range(1, 3), 1)
    assert rows.map(lambda n: (config.get("a", 1 // n), config.get("c", n), config.get("b", "t"))).collect() == [
        (1, 1, "s"),
        (1, 2, "s"),
    ]
    sc.stop()


def test_classes_are_known_where_ways_of_rows_meet(make_sc: Callable[..., Any]) -> None:
    class Word:
        def __init__(self, text: str) -> None:
            self.text = text

        def size(self) -> int:
            return len(self.text)

    sc = make_sc("local[2]", **{"pyrite.native": "require"}, **WORKERS)
    words = sc.parallelize(["a", "bb"], 1).map(lambda text: Word(text))
    left, right = words.map(lambda w: w.size()), words.map(lambda w: -w.size())
    assert left.union(right).collect() == [1, 2, -1, -2]
    assert words.map(lambda w: w.size() * 2).union(words.map(lambda w: w.size())).union(left).sum() == 12
    sc.stop()
