"""The RDD programs that are measured against PySpark: their inputs, their text and the speed they must reach.

Inputs are made, cached and counted before the clock runs, on both sides; keys and values are scrambled by a product and
a remainder, so that nothing comes in order.
"""

from sides import Program

INTS = """
rows = sc.parallelize(range(n)).map(lambda i: i * 7919 % 1000003).cache()
rows.count()
"""
INT_PAIRS = """
a = sc.parallelize(range(n)).map(lambda i: (i * 7919 % n, i)).cache()
b = sc.parallelize(range(n)).map(lambda i: (i * 104729 % n, i)).cache()
a.count(), b.count()
"""
STR_PAIRS = """
a = sc.parallelize(range(n)).map(lambda i: ("key-" + str(i * 7919 % n), i)).cache()
b = sc.parallelize(range(n)).map(lambda i: ("key-" + str(i * 104729 % n), i)).cache()
a.count(), b.count()
"""
KEYED_INTS = """
rows = sc.parallelize(range(n)).map(lambda i: (i % 100_000, i)).cache()
rows.count()
"""
KEYED_FLOATS = """
rows = sc.parallelize(range(n)).map(lambda i: (i % 100_000, i * 0.5)).cache()
rows.count()
"""
LOGS = r"""
import re
LINE = re.compile(r'^(\S+) - - \[([^\]]+)\] "(\w+) (\S+)" (\d{3}) (\d+)$')
def path_and_size(line):
    found = LINE.match(line)
    if found is None:
        return ("", 0)
    return (found.group(4), int(found.group(6)))
rows = sc.parallelize(range(n)).map(lambda i: f'10.0.{i % 250}.{i % 199} - - [25/Nov/2026:22:{i % 60}] "GET /page/{i % 97}" 200 {i % 5000}').cache()
rows.count()
"""
JSON = """
import json
rows = sc.parallelize(range(n)).map(lambda i: json.dumps({"user": i % 1000, "name": "u" + str(i), "tags": [i % 3, i % 5], "at": {"x": i * 0.5}})).cache()
rows.count()
"""
LOOP = """
def slow(x):
    total = 0
    for i in range(50):
        total += (x ^ i) % 7
    return total
rows = sc.parallelize(range(n)).map(lambda i: i * 7919 % 1000003).cache()
rows.count()
"""
LOOKUP = """
names = {i: "name-%d" % i for i in range(1000)}
def named(x):
    return names.get(x % 1500, "nobody")
rows = sc.parallelize(range(n)).map(lambda i: i * 7919 % 1000003).cache()
rows.count()
"""
DICTS = """
rows = sc.parallelize([{"user": i % 1000, "name": "u%d" % i, "tags": ["t%d" % (i % 7), "s"], "score": i * 0.5} for i in range(n)], 2).cache()
rows.count()
"""
NAMED = """
from typing import NamedTuple
class Visit(NamedTuple):
    user: str
    page: str
    seconds: float
rows = sc.parallelize([Visit("u%d" % (i % 1000), "p%d" % (i % 77), i * 0.5) for i in range(n)], 2).cache()
rows.count()
"""
DATACLASSES = """
from dataclasses import dataclass
@dataclass
class Order:
    user: str
    items: list
    total: float
    def taxed(self):
        return self.total * 1.1
rows = sc.parallelize([Order("u%d" % (i % 1000), [i % 7, i % 5], i * 0.5) for i in range(n)], 2).cache()
rows.count()
"""
LOCAL_DATACLASSES = f"""
def made():
    {DATACLASSES.strip().replace(chr(10), chr(10) + "    ")}
    return rows, Order
rows, Order = made()
"""
MIXED = """
rows = sc.parallelize([("k%d" % (i % 1000), [i, "x%d" % i, [i % 3]]) for i in range(n)], 2).cache()
rows.count()
"""
MILLION = 1_000_000


def joins() -> list[Program]:
    kinds = [("int", INT_PAIRS), ("str", STR_PAIRS)]
    calls = ["join", "leftOuterJoin", "cogroup"]
    return [
        Program(f"{call} 200 k, {kind} keys", f"{kind} pairs", setup, f"a.{call}(b).count()", 200_000, 20)
        for kind, setup in kinds
        for call in calls
    ]


def means() -> list[Program]:
    add = "lambda c, v: (c[0] + v, c[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1])"
    calls = {
        "aggregateByKey": f"aggregateByKey((0, 0), {add})",
        "combineByKey": f"combineByKey(lambda v: (v, 1), {add})",
    }
    return [
        Program(
            f"{name} mean, {kind}",
            f"keyed {kind}",
            setup,
            f"rows.{call}.mapValues(lambda c: c[0] / c[1]).count()",
            MILLION,
            30,
        )
        for kind, setup in [("ints", KEYED_INTS), ("floats", KEYED_FLOATS)]
        for name, call in calls.items()
    ]


def groups() -> list[Program]:
    codes = {
        "groupByKey len": "rows.groupByKey().mapValues(len).count()",
        "groupByKey sum": "rows.groupByKey().mapValues(sum).count()",
        "groupByKey sum, some collected": "sorted(rows.groupByKey().mapValues(sum).filter(lambda kv: kv[0] < 100).collect())",
    }
    return [
        Program(f"{name}, {kind}", f"keyed {kind}", setup, code, MILLION, 25)
        for kind, setup in [("ints", KEYED_INTS), ("floats", KEYED_FLOATS)]
        for name, code in codes.items()
    ]


def totals() -> list[Program]:
    codes = {
        "stats": ("repr(rows.stats())", 8),
        "top(10)": ("rows.top(10)", 8),
        "takeOrdered(10, key)": ("rows.takeOrdered(10, key=lambda x: -x)", 8),
        "max": ("rows.max()", 8),
        "reduce": ("rows.reduce(lambda a, b: a + b)", 8),
        "countByValue": ("rows.map(lambda x: x % 1000).countByValue()[7]", 8),
        "zipWithIndex": ("rows.zipWithIndex().count()", 8),
        # The issue names no figure for these; the design's own is 8 where a program compiles and looks at all rows.
        "sum": ("rows.sum()", 8),
        "mean": ("rows.mean()", 8),
        "count": ("rows.count()", 8),
        "fold": ("rows.fold(0, lambda a, b: a + b)", 8),
        "aggregate": (
            "rows.aggregate((0, 0), lambda a, x: (a[0] + x, a[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1]))",
            8,
        ),
        "min": ("rows.min()", 8),
        "distinct": ("rows.distinct().count()", 8),
        "isEmpty": ("rows.isEmpty()", 1),
        "first": ("rows.first()", 1),
    }
    return [Program(f"{name} of 1 M ints", "ints", INTS, code, MILLION, bar) for name, (code, bar) in codes.items()]


def objects() -> list[Program]:
    """Rows that are no columns: they are pickled where they are kept and where they move, on both sides."""
    add = "reduceByKey(lambda a, b: a + b).count()"
    sums = "reduceByKey(lambda a, b: {'n': a['n'] + b['n'], 's': a['s'] + b['s']}).count()"
    few, many = 100_000, 200_000
    codes = [
        ("dicts", DICTS, "reduceByKey", f"rows.map(lambda d: (d['user'], {{'n': 1, 's': d['score']}})).{sums}", many),
        (
            "dicts",
            DICTS,
            "map and filter",
            f"rows.filter(lambda d: d['user'] > 100).map(lambda d: (d['user'], d['score'])).{add}",
            many,
        ),
        (
            "dicts",
            DICTS,
            "groupByKey",
            "rows.map(lambda d: (d['user'], d)).groupByKey().mapValues(lambda ds: sum(d['score'] for d in ds)).count()",
            few,
        ),
        ("dicts", DICTS, "sortByKey", "rows.map(lambda d: (d['name'], d)).sortByKey().count()", few),
        (
            "dicts",
            DICTS,
            "mapPartitions",
            "rows.mapPartitions(lambda ds: (d['user'] for d in ds if d['score'] > 5)).sum()",
            many,
        ),
        (
            "named tuples",
            NAMED,
            "reduceByKey",
            f"rows.filter(lambda v: v.seconds > 10).map(lambda v: (v.user, v.seconds)).{add}",
            many,
        ),
        (
            "named tuples",
            NAMED,
            "groupByKey",
            "rows.map(lambda v: (v.user, v)).groupByKey().mapValues(lambda vs: sum(v.seconds for v in vs)).count()",
            few,
        ),
        ("named tuples", NAMED, "sortBy", "rows.sortBy(lambda v: v.seconds, False).take(2)", few),
        ("dataclasses", DATACLASSES, "reduceByKey", f"rows.map(lambda o: (o.user, o.taxed())).{add}", many),
        (
            "dataclasses",
            DATACLASSES,
            "made",
            "rows.map(lambda o: Order(o.user, o.items + [1], o.total)).filter(lambda o: len(o.items) == 3).count()",
            many,
        ),
        (
            "dataclasses of a function",
            LOCAL_DATACLASSES,
            "made",
            "rows.map(lambda o: Order(o.user, o.items + [1], o.total)).filter(lambda o: len(o.items) == 3).count()",
            many,
        ),
        (
            "mixed lists",
            MIXED,
            "reduceByKey",
            "rows.mapValues(lambda v: [v[0]]).reduceByKey(lambda a, b: [a[0] + b[0]]).count()",
            many,
        ),
    ]
    return [Program(f"{name} of {n // 1000} k {kind}", kind, setup, code, n, 1) for kind, setup, name, code, n in codes]


def python_bound() -> list[Program]:
    """What costs Python's time rather than the engine's: these end in actions, which must move to workers too."""
    slow = {
        "map(slow).sum()": "rows.map(slow).sum()",
        "map(slow).max()": "rows.map(slow).max()",
        "map(slow).collect()": "len(rows.map(slow).collect())",
        "filter(slow).count()": "rows.filter(slow).count()",
        "flatMap(slow).sum()": "rows.flatMap(lambda x: [slow(x)]).sum()",
        "foreach(slow)": "rows.foreach(slow)",
        "mapPartitions(slow).sum()": "rows.mapPartitions(lambda part: map(slow, part)).sum()",
        "top(10, key=slow)": "len(rows.top(10, key=slow))",
        "aggregate by slow": "rows.aggregate(0, lambda a, x: a + slow(x), lambda a, b: a + b)",
        "fold by slow": "rows.fold(0, lambda a, x: slow(a % 1000 + x))",
        "slow keys reduced": "rows.map(lambda x: (slow(x) % 100, 1)).reduceByKey(lambda a, b: a + b).count()",
    }
    return [
        *(Program(name, "loop", LOOP, code, 200_000) for name, code in slow.items()),
        Program(
            "regex with groups in a def",
            "logs",
            LOGS,
            "rows.map(path_and_size).reduceByKey(lambda a, b: a + b).count()",
            500_000,
        ),
        Program("json.loads", "json", JSON, "rows.map(lambda line: json.loads(line)['user']).sum()", 300_000),
        Program(
            "json.loads in a filter",
            "json",
            JSON,
            "rows.filter(lambda line: json.loads(line)['at']['x'] > 1000).count()",
            300_000,
        ),
        Program(
            "a dict lookup in a def",
            "lookup",
            LOOKUP,
            "rows.map(named).filter(lambda s: s != 'nobody').count()",
            MILLION,
        ),
    ]


def all_programs() -> list[Program]:
    return [*joins(), *means(), *groups(), *totals(), *objects(), *python_bound()]
