"""Real programs over rows that are made: joins, graphs, models, look-ups, objects, loops."""

from rdd_api_programs import Measured
from sides import Program

JOINS = """
orders = sc.parallelize(range(n), 2).map(lambda i: (i * 7919 % 20011, ("order-%d" % i, i % 97 * 1.5))).cache()
people = sc.parallelize(range(20011), 2).map(lambda i: (i, ("user-%d" % i, "city-%d" % (i % 50)))).cache()
orders.count(), people.count()
cities = sc.broadcast(dict(people.mapValues(lambda u: u[1]).collect()))
"""
SUMS = "reduceByKey(lambda a, b: a + b).collect()"
JOIN_PROGRAMS = {
    "join, sums by city": f"sorted(orders.join(people).map(lambda kv: (kv[1][1][1], kv[1][0][1])).{SUMS})[:10]",
    "join with a broadcast dict": f"sorted(orders.map(lambda o: (cities.value.get(o[0], '?'), o[1][1])).{SUMS})[:10]",
    "cogroup": "orders.cogroup(people).mapValues(lambda two: (len(list(two[0])), len(list(two[1]))))"
    ".filter(lambda kv: kv[1] == (15, 1)).count()",
}
GRAPH = """
edges = sc.parallelize(range(n), 2).map(lambda i: (i % 10_000, i * 7919 % 10_007)).distinct()
links = edges.groupByKey().mapValues(list).cache()
links.count()

def shares(urls, rank):
    for url in urls:
        yield url, rank / len(urls)

def pagerank(iterations):
    ranks = links.mapValues(lambda _: 1.0)
    for _ in range(iterations):
        ranks = (links.join(ranks).flatMap(lambda kv: shares(kv[1][0], kv[1][1]))
            .reduceByKey(lambda a, b: a + b).mapValues(lambda r: 0.15 + 0.85 * r))
    return ranks.takeOrdered(5, key=lambda kv: -kv[1])
"""
CLOSURE = """
import random
draw = random.Random(42)
graph = set()
while len(graph) < n:
    a, b = draw.randrange(n // 2), draw.randrange(n // 2)
    if a != b:
        graph.add((a, b))
graph = sorted(graph)

def closure():
    tc = sc.parallelize(graph, 2).cache()
    edges = tc.map(lambda e: (e[1], e[0]))
    before, count = 0, tc.count()
    while count != before:
        before = count
        new = tc.join(edges).map(lambda kv: (kv[1][1], kv[1][0]))
        tc = tc.union(new).distinct(2).cache()
        count = tc.count()
    return count
"""
POINTS = """
def parsed(line):
    return [float(x) for x in line.split(" ")]

def closest(p, centres):
    best, least = 0, float("inf")
    for i, c in enumerate(centres):
        distance = sum((a - b) ** 2 for a, b in zip(p, c))
        if distance < least:
            best, least = i, distance
    return best

def added(a, b):
    return [x + y for x, y in zip(a[0], b[0])], a[1] + b[1]

points = sc.textFile(path, 2).map(parsed).cache()
points.count()

def kmeans(iterations):
    centres = points.take(4)
    for _ in range(iterations):
        sums = points.map(lambda p: (closest(p, centres), (p, 1))).reduceByKey(added).collect()
        for i, (total, count) in sums:
            centres[i] = [x / count for x in total]
    return centres
"""
LOGISTIC = """
from math import exp
points = sc.textFile(path, 2).map(lambda line: [float(x) for x in line.split(" ")]).cache()
points.count()

def gradient(p, w):
    y = 1.0 if p[0] > 1.0 else -1.0
    margin = y * (w[0] * p[0] + w[1] * p[1] + w[2] * p[2])
    scale = (1 / (1 + exp(-max(-30.0, min(30.0, margin)))) - 1) * y
    return scale * p[0], scale * p[1], scale * p[2]

def regression(iterations):
    w = [0.1, 0.2, 0.3]
    for _ in range(iterations):
        g = points.map(lambda p: gradient(p, w)).reduce(lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2]))
        w = [x - 0.00001 * d for x, d in zip(w, g)]
    return w
"""
PI = """
import random

def inside(index, part):
    draw = random.Random(index)
    yield sum(1 for _ in part if draw.random() ** 2 + draw.random() ** 2 <= 1)

rows = sc.parallelize(range(n), 2)
"""
NUMBERS = """
from typing import NamedTuple
from collections import namedtuple

class Visit(NamedTuple):
    user: str
    page: int
    seconds: float

class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def norm(self):
        return (self.x * self.x + self.y * self.y) ** 0.5

def digits(x):
    count = 0
    while x > 0:
        x //= 10
        count += 1
    return count

def divisors(x):
    count = 0
    for i in range(1, 20):
        if x % i == 0:
            count += 1
    return count

names = {i: "name-%d" % (i % 1000) for i in range(100_000)}
rows = sc.parallelize(range(n), 2).map(lambda i: i * 7919 % 1000003).cache()
rows.count()
"""
NAMED_TUPLES = (
    "rows.map(lambda x: Visit('u%d' % (x % 1000), x % 77, x * 0.5)).filter(lambda v: v.seconds > 10)"
    ".map(lambda v: (v.page, v.seconds)).reduceByKey(lambda a, b: a + b).count()"
)
# Nothing compiles this: which methods it calls is known at run time only. `plain_bound.py` has it, too.
BOUND = """
def bound(x):
    total = x
    for name in ("bit_length", "conjugate", "__abs__", "__neg__", "__invert__") * 4:
        total += getattr(x, name)()
    return total

rows = sc.parallelize(range(n), 2)
"""
BOUND_PROGRAM = Program(
    "a function that can't compile", BOUND, BOUND, "rows.map(lambda x: bound(x)).sum()", 1_000_000, slow=True
)


def of_rows() -> list[Measured]:
    programs = [
        *(program(name, JOINS, code, 300_000) for name, code in JOIN_PROGRAMS.items()),
        program("page rank of lists", GRAPH, "pagerank(5)", 100_000),
        program("transitive closure", CLOSURE, "closure()", 60),
        program("monte-carlo pi", PI, "rows.mapPartitionsWithIndex(inside).sum() * 4 / n", 5_000_000),
        program("instances", NUMBERS, "rows.map(lambda x: Point(x, x % 7)).filter(lambda p: p.y > 2)"
                ".map(lambda p: p.norm()).sum()", 1_000_000),
        program("collect of many objects", NUMBERS, "len(rows.map(lambda x: (x, str(x), {'half': x * 0.5})).collect())",
                500_000),
        program("named tuples' fields, 1 M rows", NUMBERS, NAMED_TUPLES, 1_000_000, 10),
        program("a counting loop in a def, 1 M ints", NUMBERS, "rows.map(divisors).sum()", 1_000_000, 15),
        program("a while loop in a def, 1 M ints", NUMBERS, "rows.map(digits).sum()", 1_000_000),
        program("look-ups in a dict of 100 k, 5 M rows", NUMBERS,
                "rows.map(lambda x: names.get(x, 'nobody')).filter(lambda s: s != 'nobody').count()", 5_000_000, 10),
    ]  # fmt: skip
    return [
        *(Measured(each, bar_off=1.0) for each in programs),
        Measured(program("k-means of lists", POINTS, "kmeans(3)", 100_000), reads="points", bar_off=1.0),
        Measured(program("logistic regression", LOGISTIC, "regression(5)", 200_000), reads="points", bar_off=1.0),
    ]


def program(name: str, setup: str, code: str, rows: int, bar: float = 1.0) -> Program:
    # What has the same setup has the same input.
    return Program(name, setup, setup, code, rows, bar, slow=True)
