"""Classes of records, their rows, and what programs do with them: each program is run on both paths."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from collections.abc import Callable
from operator import add, attrgetter
from typing import Any, NamedTuple

from pyrite.sql import Row

Person = namedtuple("Person", "name age city salary")
Pair = namedtuple("Pair", "key value")
Made = Row("name", "age")


class Visit(NamedTuple):
    user: str
    page: int = 0
    seconds: float = 0.5

    def cost(self, rate: float) -> float:
        return self.seconds * rate

    @property
    def long(self) -> bool:
        return self.seconds > 20


class Plain:
    scale = 3

    def __init__(self, line: str) -> None:
        parts = line.split(",")
        self.name = parts[0]
        self.age = int(parts[1])

    def is_old(self, limit: int = 30) -> bool:
        return self.age > limit

    @property
    def scaled(self) -> int:
        return self.age * self.scale

    def older(self) -> int:
        return self.grown(1) + self.scaled

    def grown(self, years: int) -> int:
        return self.age + years

    def __repr__(self) -> str:
        return f"Plain({self.__dict__})"


class Slotted:
    __slots__ = ("second", "first")

    def __init__(self, first: Any, second: Any) -> None:
        self.first, self.second = first, second

    def __repr__(self) -> str:
        return f"Slotted({self.first!r}, {self.second!r})"


@dataclasses.dataclass
class Data:
    name: str
    age: int = 7


@dataclasses.dataclass(frozen=True, order=True)
class Frozen:
    age: int
    name: str


class Child(Plain):
    scale = 5


class Parser:
    limit = 2

    def __init__(self, separator: str, column: int) -> None:
        self.separator = separator
        self.column = column

    def parse(self, line: str) -> str:
        return line.split(self.separator)[self.column]

    @staticmethod
    def loud(text: str) -> str:
        return text.upper()


parser = Parser(",", 2)
config = {"separator": ",", "column": 1}
LINES = [f"n{i},{i % 60},c{i % 7},{i * 1.5}" for i in range(100)]


def person(line: str) -> Person:
    f = line.split(",")
    return Person(f[0], int(f[1]), f[2], float(f[3]))


def unpacked(p: Any) -> Any:
    name, age, *rest = p
    return (age, name, rest[0])


def maybe(line: str) -> Any:
    f = line.split(",")
    if int(f[1]) % 2:
        return None
    return {"name": f[0], "age": int(f[1])}


def changed(line: str) -> Any:
    f = line.split(",")
    d = {"name": f[0], "age": int(f[1])}
    d["city"] = f[2]
    d["age"] += 1
    return d


PEOPLE = [person(line) for line in LINES]
ROWS: dict[str, list[Any]] = {
    "lines": LINES,
    "people": PEOPLE,
    "odd people": [Person(None, 1, "é", 2.0), Person("b", 2, "", -0.0), Person("c", 2**62, "\0", float("inf"))],
    "mixed people": [Person(1, 2, 3, 4), Person("a", 2, 3.0, None), Person(True, 2, [1], (2,))],
    "people and none": [PEOPLE[0], None, PEOPLE[1]],
    "visits": [Visit(f"u{i % 4}", i, i * 0.5) for i in range(60)],
    "pairs": [Pair(i % 3, i) for i in range(30)],
    "rows": [Row(name=f"n{i % 5}", age=i) for i in range(40)],
    "made rows": [Made(f"n{i % 5}", i) for i in range(40)],
    "rows of two kinds": [Row(name="a", age=1), Row(age=2, name="b"), Made("c", 3)],
    "plain": [Plain(line) for line in LINES],
    "children": [Child(line) for line in LINES] + [Plain(LINES[3])],
    "slotted": [Slotted(i, f"s{i % 3}") for i in range(20)],
    "data": [Data(f"n{i}", i) for i in range(20)],
    "frozen": [Frozen(i % 4, f"n{i}") for i in range(20)],
    "dicts": [{"name": f"n{i % 5}", "age": i, "tags": ["a", f"t{i % 2}"], "in": {"x": i * 0.5}} for i in range(40)],
    "dicts of other order": [{"name": "a", "age": 1}, {"age": 2, "name": "b"}, {"name": "c", "age": None}],
}
# What is done, by the rows that it is done to.
PROGRAMS: list[tuple[str, Callable[[Any], Any]]] = [
    (
        "lines",
        lambda r: (
            r.map(person).filter(lambda p: p.age > 30).map(lambda p: (p.city, p.salary)).reduceByKey(add)
        ),
    ),
    ("lines", lambda r: r.map(person)),
    ("lines", lambda r: r.map(lambda x: Person(*x.split(",")))),
    ("lines", lambda r: r.map(lambda x: Person._make(x.split(",")))),
    ("lines", lambda r: r.map(lambda x: Person(age=1, name=x, salary=None, city=x[0]))),
    ("lines", lambda r: r.map(lambda x: Visit(x)).map(lambda v: (v.page, v.seconds, v.user))),
    ("lines", lambda r: r.map(lambda x: Visit(x, seconds=2.5)).map(lambda v: v.cost(2.0))),
    ("lines", lambda r: r.map(Plain).filter(lambda p: p.is_old()).map(lambda p: p.name)),
    ("lines", lambda r: r.map(lambda x: Plain(x)).map(lambda p: (p.older(), p.scaled, p.scale, p.is_old(10)))),
    ("lines", lambda r: r.map(lambda x: Child(x)).map(lambda p: (p.older(), p.scaled, p.scale))),
    ("lines", lambda r: r.map(lambda x: Slotted(x, len(x))).map(lambda s: (s.first, s.second))),
    ("lines", lambda r: r.map(lambda x: Slotted(x, len(x)))),
    ("lines", lambda r: r.map(lambda x: Data(x))),
    ("lines", lambda r: r.map(lambda x: Data(x, len(x))).map(lambda d: d.age)),
    ("lines", lambda r: r.map(lambda x: Frozen(len(x), x)).map(lambda d: d.name)),
    ("lines", lambda r: r.map(lambda x: Row(name=x, age=len(x)))),
    ("lines", lambda r: r.map(lambda x: Made(x, len(x))).map(lambda p: p.age)),
    ("lines", lambda r: r.map(lambda x: Made(x, len(x)))),
    ("lines", lambda r: r.map(lambda x: {"line": x, "len": len(x)})),
    ("lines", lambda r: r.map(lambda x: {"line": x, "len": len(x)}).filter(lambda d: d["len"] > 11).map(lambda d: d["line"])),
    ("lines", lambda r: r.map(lambda x: dict(line=x, half=len(x) / 2))),
    ("lines", lambda r: r.map(maybe)),
    ("lines", lambda r: r.map(maybe).filter(lambda d: d is not None).map(lambda d: d["age"])),
    ("lines", lambda r: r.map(changed)),
    ("lines", lambda r: r.map(lambda x: parser.parse(x))),
    ("lines", lambda r: r.map(Parser(",", 1).parse)),
    ("lines", lambda r: r.map(lambda x: Parser.loud(x)[Parser.limit :])),
    ("lines", lambda r: r.map(lambda x: x.split(config["separator"])[config["column"]])),
    ("lines", lambda r: r.map(lambda x: config.get("column") + config.get("nothing", 3))),
    ("people", lambda r: r),
    ("people", lambda r: r.filter(lambda p: p.age > 30)),
    ("people", lambda r: r.map(lambda p: (p[0], p[-1], p[1:3], len(p), bool(p)))),
    ("people", lambda r: r.map(lambda p: p._replace(age=p.age + 1))),
    ("people", lambda r: r.map(lambda p: p._asdict())),
    ("people", lambda r: r.map(lambda p: p + (1,))),
    ("people", lambda r: r.map(lambda p: (1,) + p * 2)),
    ("people", lambda r: r.map(unpacked)),
    ("people", lambda r: r.map(tuple)),
    ("people", lambda r: r.map(lambda p: (p, p))),
    ("people", lambda r: r.map(lambda p: "n1" in p)),
    ("people", lambda r: r.map(lambda p: p == ("n1", 1, "c1", 1.5))),
    ("people", lambda r: r.map(lambda p: max(p, Person("n5", 5, "", 1.0)))),
    ("people", lambda r: r.map(lambda p: (isinstance(p, tuple), isinstance(p, Person), isinstance(p, dict)))),
    ("people", lambda r: r.map(lambda p: isinstance(p, Visit))),
    ("people", lambda r: r.map(lambda p: (p.city, p)).groupByKey().mapValues(list)),
    ("people", lambda r: r.map(lambda p: (p.city, p)).reduceByKey(lambda a, b: a if a.age > b.age else b)),
    ("people", lambda r: r.keyBy(lambda p: p.city).sortByKey().values()),
    ("people", lambda r: r.sortBy(lambda p: p.salary, False)),
    ("people", lambda r: r.sortBy(lambda p: p)),
    ("people", lambda r: r.distinct().sortBy(lambda p: p.name)),
    ("people", lambda r: r.map(lambda p: (p, 1)).reduceByKey(add).mapValues(lambda n: n + 1).sortByKey()),
    ("people", lambda r: r.map(lambda p: (p.city, p)).join(r.map(lambda p: (p.city, p.age))).map(lambda x: (x[1][0].name, x[1][1]))),
    ("people", lambda r: r.map(str)),
    ("people", lambda r: r.map(lambda p: f"{p.name}: {p.salary:.2f}")),
    ("people", lambda r: r.map(attrgetter("age", "city"))),
    ("people", lambda r: r.flatMap(lambda p: p)),
    ("people", lambda r: r.flatMap(lambda p: [p, p])),
    ("people", lambda r: r.union(r).repartition(3)),
    ("people", lambda r: r.zipWithIndex().map(lambda x: (x[0].name, x[1]))),
    ("people", lambda r: r.cache().map(lambda p: p.nothing)),
    ("people", lambda r: r.map(lambda p: p.count("n1") + p.index(p.age))),
    ("odd people", lambda r: r),
    ("odd people", lambda r: r.map(lambda p: (p.salary, p.age * 2, p.city, p.name))),
    ("odd people", lambda r: r.map(lambda p: p.age * 4)),
    ("mixed people", lambda r: r.map(lambda p: p.name)),
    ("people and none", lambda r: r),
    ("people and none", lambda r: r.map(lambda p: p.name if p else None)),
    ("people and none", lambda r: r.map(lambda p: p.name)),
    ("people and none", lambda r: r.filter(lambda p: p is not None).map(lambda p: p.name)),
    ("visits", lambda r: r.map(lambda v: (v.user, v.cost(2.0))).reduceByKey(add)),
    ("visits", lambda r: r.filter(lambda v: v.long).map(lambda v: v.user).distinct()),
    ("pairs", lambda r: r.reduceByKey(add)),
    ("pairs", lambda r: r.mapValues(lambda v: v + 1)),
    ("pairs", lambda r: r.groupByKey().mapValues(sorted)),
    ("pairs", lambda r: r.sortByKey(False)),
    ("pairs", lambda r: r.partitionBy(2).map(lambda p: p.value if isinstance(p, Pair) else p)),
    ("pairs", lambda r: r.keys().zip(r.values())),
    ("rows", lambda r: r),
    ("rows", lambda r: r.map(lambda p: (p.name, p["age"], p[0], "age" in p, len(p)))),
    ("rows", lambda r: r.map(lambda p: p.asDict())),
    ("rows", lambda r: r.map(lambda p: p + p)),
    ("rows", lambda r: r.map(lambda p: (p.name, p.age)).reduceByKey(add)),
    ("rows", lambda r: r.map(lambda p: p["nothing"])),
    ("rows", lambda r: r.map(lambda p: type(p.__fields__).__name__)),
    ("rows", lambda r: r.distinct().count() and r.map(lambda p: p == Row(name="n1", age=1))),
    ("made rows", lambda r: r),
    ("made rows", lambda r: r.map(lambda p: p.age)),
    ("made rows", lambda r: r.map(lambda p: p.asDict())),
    ("made rows", lambda r: r.filter(lambda p: p.age > 3).map(lambda p: type(p.__fields__).__name__)),
    ("rows of two kinds", lambda r: r.map(lambda p: (p.name, p[0]))),
    ("plain", lambda r: r),
    ("plain", lambda r: r.filter(lambda p: p.is_old())),
    ("plain", lambda r: r.map(lambda p: (p.name, p.scaled, p.older(), p.scale))),
    ("plain", lambda r: r.map(lambda p: (p, p)).map(lambda x: x[0] is x[1])),
    ("plain", lambda r: r.map(lambda p: [p, p]).map(lambda x: x[0] is x[1])),
    ("plain", lambda r: r.map(lambda p: p == p)),
    ("plain", lambda r: r.map(lambda p: (p.age % 3, p)).groupByKey().mapValues(lambda ps: max(p.age for p in ps))),
    ("plain", lambda r: r.map(lambda p: isinstance(p, Plain))),
    ("children", lambda r: r.map(lambda p: (p.scaled, isinstance(p, Plain), p.scale))),
    ("slotted", lambda r: r.filter(lambda s: s.first > 3)),
    ("slotted", lambda r: r.map(lambda s: s.second)),
    ("data", lambda r: r.map(lambda d: d.age + 1)),
    ("data", lambda r: r.map(lambda d: d == Data("n1", 1))),
    ("data", lambda r: r.filter(lambda d: d.age > 3)),
    ("frozen", lambda r: r.map(lambda d: d.age)),
    ("frozen", lambda r: r.sortBy(lambda d: d)),
    ("frozen", lambda r: r.map(lambda d: (d, 1)).reduceByKey(add)),
    ("dicts", lambda r: r),
    ("dicts", lambda r: r.map(lambda d: (d["name"], d["age"])).reduceByKey(add)),
    ("dicts", lambda r: r.map(lambda d: {**d, "new": d["age"] + 1})),
    ("dicts", lambda r: r.map(lambda d: {"age": 0, **d, "name": "x"})),
    ("dicts", lambda r: r.map(lambda d: {**d})),
    ("dicts", lambda r: r.map(lambda d: (d.get("name"), d.get("nothing"), d.get("nothing", 3), "age" in d, len(d)))),
    ("dicts", lambda r: r.map(lambda d: d["in"]["x"])),
    ("dicts", lambda r: r.map(lambda d: (d["in"], d["in"])).map(lambda x: x[0] is x[1])),
    ("dicts", lambda r: r.map(lambda d: (d["in"], d)).map(lambda x: x[0] is x[1]["in"])),
    ("dicts", lambda r: r.flatMap(lambda d: d["tags"])),
    ("dicts", lambda r: r.map(lambda d: sorted(d))),
    ("dicts", lambda r: r.map(lambda d: list(d.items())[0])),
    ("dicts", lambda r: r.map(lambda d: [k for k in d])),
    ("dicts", lambda r: r.map(lambda d: d["nothing"])),
    ("dicts", lambda r: r.map(lambda d: d == {"name": "n0", "age": 0, "tags": ["a", "t0"], "in": {"x": 0.0}})),
    ("dicts", lambda r: r.map(lambda d: (d["name"], d)).groupByKey().mapValues(lambda ds: sum(d["age"] for d in ds))),
    ("dicts", lambda r: r.map(lambda d: isinstance(d, dict))),
    ("dicts of other order", lambda r: r),
    ("dicts of other order", lambda r: r.map(lambda d: d["age"])),
]  # fmt: skip
