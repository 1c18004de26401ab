"""Dates, times and differences as values: compiled gives what CPython gives, or declines."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from date_rows import Rows
from lambda_reference import agrees, agrees_together, make, plain
from pyrite import _engine
from pyrite._lambda import freeze
from pyrite._lambda.codes import fingerprint

DAY = date(2020, 2, 29)
NAMES: dict[str, Any] = {
    "date": date,
    "datetime": datetime,
    "timedelta": timedelta,
    "START": datetime(2000, 2, 29, 12, 30),
    "DAY": DAY,
    "HOUR": timedelta(hours=1),
    "HOLIDAYS": {date(2020, 1, 1), date(2000, 2, 29)},
    "NAMED": {date(2020, 1, 1): "new", date(2000, 2, 29): "leap"},
    "DAYS": (date(2020, 1, 1), date(2000, 2, 29)),
}
# The signature by letters of `Rows`, and an expression of a, b, c.
EXPRESSIONS: list[tuple[str, str]] = [
    ("d", "a"), ("m", "a"), ("x", "a"), ("dm", "(a, b)"), ("dmx", "[(a, b), (a, b)]"), ("d", "a.year"), ("m", "a.year"), ("d", "a.month"), ("d", "a.day"),
    ("m", "(a.hour, a.minute, a.second, a.microsecond)"), ("x", "(a.days, a.seconds, a.microseconds)"), ("d", "a.weekday()"), ("m", "a.isoweekday()"), ("d", "a.toordinal()"), ("m", "a.toordinal()"),
    ("m", "a.date()"), ("d", "a.isoformat()"), ("m", "a.isoformat()"), ("m", "a.isoformat(' ')"), ("d", "a.isocalendar()[1]"), ("m", "a.isocalendar().year"), ("d", "str(a)"), ("m", "str(a)"), ("x", "str(a)"),
    ("d", "repr(a)"), ("m", "repr(a)"), ("x", "repr(a)"), ("dmx", "f'{a} {b} {c}'"), ("d", "f'{a:%d/%m/%Y}'"), ("m", "f'{a:%H:%M} {a!s:>30}'"), ("m", "a.strftime('%Y-%m-%d %H:%M:%S.%f')"), ("d", "a.strftime('%A %d %B %y %j %p %I %f')"),
    ("m", "a.strftime('%a %b %F %T %R %u %w %V %G')"), ("m", "'{:%Y%m%d}'.format(a)"), ("mm", "a - b"), ("dd", "a - b"), ("mm", "(a - b).days"), ("mm", "(a - b).total_seconds()"), ("x", "a.total_seconds()"),
    ("mx", "a + b"), ("mx", "b + a"), ("mx", "a - b"), ("dx", "a + b"), ("dx", "b + a"), ("dx", "a - b"), ("xx", "a + b"), ("xx", "a - b"), ("xx", "a / b"), ("xx", "a // b"), ("xx", "a % b"), ("xx", "divmod(a, b)"),
    ("xi", "a * b"), ("xi", "b * a"), ("xi", "a // b"), ("xi", "a / b"), ("xb", "a * b"), ("x", "-a"), ("x", "+a"), ("x", "abs(a)"), ("x", "bool(a)"), ("d", "not a"), ("x", "1 if a else 0"), ("xf", "a * b"), ("xf", "a / b"),
    ("mm", "a < b"), ("dd", "a <= b"), ("xx", "a > b"), ("mm", "a == b"), ("dm", "a == b"), ("dm", "a != b"), ("dm", "a < b"), ("dx", "a == b"), ("di", "a == b"), ("d", "a > DAY"), ("m", "a >= START"), ("m", "a > DAY"),
    ("mm", "min(a, b)"), ("ddd", "max(a, b, c)"), ("ddd", "sorted([a, b, c])"), ("mmm", "max([a, b, c])"), ("ddd", "len({a, b, c})"), ("dd", "a in (b, DAY)"), ("d", "a in DAYS"),
    ("m", "a.replace(hour=0, minute=0, second=0, microsecond=0)"), ("d", "a.replace(day=1)"), ("mi", "a.replace(day=b)"), ("di", "a.replace(year=b)"), ("m", "a.replace(year=2000)"), ("iii", "date(a, b, c)"), ("iii", "datetime(2020, a, b, c)"),
    ("iiii", "datetime(2020, 1, 1, a, b, c, d)"), ("i", "timedelta(a)"), ("ii", "timedelta(hours=a, minutes=b)"), ("f", "timedelta(seconds=a)"), ("ff", "timedelta(days=a, milliseconds=b)"), ("fff", "timedelta(hours=a, weeks=b, microseconds=c)"),
    ("i", "START + timedelta(days=a)"), ("i", "date.fromordinal(a)"), ("i", "datetime.fromordinal(a)"), ("t", "datetime.strptime(a, '%Y-%m-%d %H:%M:%S')"), ("t", "datetime.strptime(a, '%Y-%m-%d')"), ("t", "datetime.strptime(a, '%d/%b/%Y:%H:%M:%S')"),
    ("t", "datetime.strptime(a, '%Y-%m-%dT%H:%M:%S.%f')"), ("t", "datetime.strptime(a, '%d.%m.%y')"), ("t", "datetime.strptime(a, '%B %d, %Y')"), ("t", "datetime.strptime(a, '%a %b %d %H:%M:%S %Y')"), ("t", "datetime.strptime(a, '%I:%M %p %Y-%m-%d')"),
    ("t", "datetime.fromisoformat(a)"), ("t", "date.fromisoformat(a)"), ("t", "date.fromisoformat(a[:10]) - DAY"), ("mx", "[a + b * i for i in range(3)]"), ("dd", "[a + timedelta(days=i) for i in range(min((b - a).days, 5))]"), ("dxx", "a + b + c"),
    ("mm", "(a - b) / HOUR"), ("mm", "(a - b) // HOUR"), ("m", "isinstance(a, datetime)"), ("m", "isinstance(a, date)"), ("d", "isinstance(a, datetime)"), ("x", "isinstance(a, timedelta)"), ("xx", "sum([a, b], timedelta())"), ("dd", "(a, b) < (b, a)"),
    ("dm", "a if a.day > 5 else None"), ("dm", "a if a.day > 5 else b"), ("d", "a and a.year"), ("md", "a.date() == b"), ("m", "a == None"), ("d", "a is None"), ("d", "len(a)"), ("d", "a + 1"), ("m", "a + a"), ("d", "-a"), ("d", "a * 2"), ("x", "a + 1"), ("t", "a.replace('-', '')"),
]  # fmt: skip


def _agree(source: str, signature: str, seed: int) -> int:
    """How many rows ran natively, each by itself and many together; fails where one differs."""
    function, rows = make(f"lambda {', '.join('abcd'[: len(signature)])}: {source}", **NAMES), Rows(seed)
    native = agrees(function, [rows.row(signature, 0.0 if i % 3 else 0.4) for i in range(180)])
    agrees_together(
        function, [row for row in (rows.row(signature, 0.0) for _ in range(400)) if plain(function, row)][:100]
    )
    return len(native)


@pytest.mark.parametrize("at", range(len(EXPRESSIONS)), ids=[source for _, source in EXPRESSIONS])
def test_expressions(at: int) -> None:
    signature, source = EXPRESSIONS[at]
    _agree(source, signature, at)


def test_most_run_natively() -> None:
    idle = [source for signature, source in EXPRESSIONS if not _agree(source, signature, 5)]
    raising = {"len(a)", "a + 1", "a + a", "-a", "a * 2", "a * b", "a / b", "a < b", "a > DAY", "a.replace('-', '')"}
    assert set(idle) <= raising, idle


TEXTS = [
    "2020-02-28 05:10", "2020-02-28  5:10", "2020-02-28 24:00", "2020-02-28T05:10", "2020-02-28T 5:10", "05:10 2020-02-28", " 5:10 2020-02-28", "no",
]  # fmt: skip


def test_what_one_python_takes_and_another_refuses() -> None:
    """An hour that begins with a blank, and the end of a day, from 3.14 on."""
    reads = (
        "strptime(a, '%Y-%m-%d %H:%M')",
        "strptime(a, '%Y-%m-%dT%H:%M')",
        "strptime(a, '%H:%M %Y-%m-%d')",
        "fromisoformat(a)",
    )
    for read in reads:
        function = make(
            f"def f(a):\n    try:\n        return datetime.{read}.day\n    except ValueError:\n        return 0\n",
            **NAMES,
        )
        native = agrees(function, [(text,) for text in TEXTS])
        assert native


def test_local_time_where_it_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [
        "datetime.fromtimestamp(a)",
        "date.fromtimestamp(a)",
        "datetime.fromtimestamp(b)",
        "date.fromtimestamp(b)",
        "c.timestamp()",
    ]
    try:
        for zone, native in (("UTC", True), ("Europe/Berlin", False)):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            for source in sources:
                function = make(f"lambda a, b, c: {source}", **NAMES)
                assert (freeze(function).expression is not None) is native
                rows, tried = Rows(7), random.Random(3)
                for _ in range(300 if native else 0):
                    row = (
                        rows.value("i", 0.1),
                        tried.choice([rows.value("f", 0.1), tried.randint(-99, 99) / 2e6]),
                        rows.value("m", 0.1),
                    )
                    found, why = _engine.evaluate(freeze(function).expression, "map", [row])
                    if why is None:
                        assert repr(found[0]) == plain(function, row), (source, row)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "value",
    [
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2020, 10, 25, 2, fold=1),
        type("Day", (date,), {})(2020, 1, 1),
        timedelta.max,
    ],
)
def test_what_no_column_has_stays_as_it_is(value: Any, make_sc: Callable[..., Any]) -> None:
    sc = make_sc("local[2]")
    rows = [value, value]
    made = sc.parallelize(rows, 1).map(lambda x: (x, 1)).collect()
    assert made == [(value, 1)] * 2 and type(made[0][0]) is type(value)
    assert getattr(made[0][0], "fold", 0) == getattr(value, "fold", 0)


@pytest.mark.parametrize("native", ["require", "off"])
def test_in_captured_containers(native: str, make_sc: Callable[..., Any]) -> None:
    sc = make_sc("local[2]", **{"pyrite.native": native})
    free, named, order = {date(2020, 1, 1), date(2000, 2, 29)}, {date(2020, 1, 1): "new"}, [date(2020, 1, 1), DAY]
    rows = [DAY, date(2020, 1, 1), date(2000, 2, 29)]
    made = sc.parallelize(rows).map(lambda x: (x in free, named.get(x, "none"), x in order, x == DAY, x - order[1]))
    assert made.collect() == [(x in free, named.get(x, "none"), x in order, x == DAY, x - order[1]) for x in rows]


@pytest.mark.parametrize("native", ["auto", "off"])
def test_as_keys_and_in_order(native: str, make_sc: Callable[..., Any]) -> None:
    sc = make_sc("local[2]", **{"pyrite.native": native})
    rows = Rows(11)
    for letter in "dmx":
        values = [rows.value(letter, 0.05) for _ in range(300)]
        values = [value for value in values if type(value) in (date, datetime, timedelta)]
        values = [value for value in values if type(value) is type(values[0])]
        rdd = sc.parallelize(values, 4)
        assert sorted(values) == rdd.sortBy(lambda x: x).collect()
        assert sorted(values, reverse=True) == rdd.sortBy(lambda x: x, False).collect()
        assert max(values) == rdd.max() and min(values) == rdd.min()
        assert rdd.top(3) == sorted(values, reverse=True)[:3]
        counted = rdd.map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b, 3)
        assert dict(counted.collect()) == {value: values.count(value) for value in values}
        assert counted.glom().collect() == _partitioned(counted)
        assert sorted(rdd.distinct().collect()) == sorted(set(values))
        assert rdd.map(lambda x: (1, x)).reduceByKey(max).collect() == [(1, max(values))]
        grouped = rdd.map(lambda x: (x, 1)).groupByKey().mapValues(len).collect()
        assert dict(grouped) == {value: values.count(value) for value in values}
        joined = rdd.map(lambda x: (x, 1)).join(rdd.distinct().map(lambda x: (x, 2))).count()
        assert joined == len(values)


def _partitioned(pairs: Any) -> list[list[Any]]:
    """The partitions, of which each key's is where `portable_hash` says."""
    from pyrite.rdd import portable_hash

    parts: list[list[Any]] = pairs.glom().collect()
    for i, part in enumerate(parts):
        assert all(portable_hash(key) % len(parts) == i for key, _ in part)
    return parts


def test_the_same_time_of_another_zone_is_another_capture() -> None:
    """Its text is, though it is equal."""
    shown = []
    for at in (
        datetime(2024, 1, 1, 12, tzinfo=UTC),
        datetime(2024, 1, 1, 13, tzinfo=timezone(timedelta(hours=1))),
    ):
        function = make("lambda x: str(at) + x", at=at)
        frozen = freeze(function)
        if frozen.expression is not None:
            found, why = _engine.evaluate(frozen.expression, "map", [("!",)], captured=list(frozen.captured))
            assert why is not None or found == [function("!")]
        shown.append(fingerprint(at))
    assert shown[0] != shown[1]
