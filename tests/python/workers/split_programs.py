"""Programs whose answers show the order of their rows, as functions of a context and of a folder."""

import itertools
import math
import random
from decimal import Decimal

from pyrite import TaskContext

TABLE = {i: str(7 * i) for i in range(40)}


def rooted(x):
    """A row as it is, by a call."""
    return int(math.sqrt(x * x))


def named(x):
    return TABLE.get(x % 40, "none"), x


def pieces(x):
    for i in range(x % 4):
        yield i, x


def tenth(x):
    return 0.1 * x


def where(x):
    return TaskContext.get().partitionId(), x


def dicts(x):
    known = {}
    for letter in str(x):
        known[letter] = known.get(letter, 0) + 1
    return known


def ints(sc, parts=3):
    return sc.parallelize(range(700), parts)


def lines(sc, folder):
    path = folder / "lines.txt"
    path.write_text("".join(f"line {i} {i * i}\n" for i in range(500)))
    return sc.textFile(str(path), 3)


def saved(sc, folder):
    out = folder / f"out{sc.applicationId}{random.random()}"
    ints(sc).map(tenth).saveAsTextFile(str(out))
    return [part.read_text() for part in sorted(out.glob("part-*"))]


def cached(sc, _):
    rows = ints(sc).map(Decimal).cache()
    return rows.count(), rows.map(str).collect(), rows.map(lambda x: x / 7).take(5)


def two_folds(sc, _):
    return (
        ints(sc).map(tenth).fold(0.0, lambda a, b: a + b),
        ints(sc).map(str).aggregate("", lambda a, x: a + x, lambda a, b: a + "|" + b),
        ints(sc).map(tenth).treeReduce(lambda a, b: a * 0.5 + b),
        ints(sc).map(tenth).sum(),
    )


PROGRAMS = {
    "rows": [
        lambda sc, _: ints(sc).map(named).collect(),
        lambda sc, _: ints(sc, 1).flatMap(pieces).filter(lambda p: p[1] % 3).collect(),
        lambda sc, _: ints(sc).map(where).glom().collect(),
        lambda sc, _: ints(sc).map(dicts).collect(),
        lambda sc, _: ints(sc).map(lambda x: x if x % 3 else (None if x % 2 else f"{x}")).map(repr).collect(),
        lambda sc, folder: lines(sc, folder).map(str.split).map(lambda w: (w[0], int(w[2]))).collect(),
    ],
    "few": [
        lambda sc, _: ints(sc).map(named).take(3),
        lambda sc, _: ints(sc).flatMap(pieces).first(),
        lambda sc, _: list(itertools.islice(ints(sc).map(named).toLocalIterator(), 400)),
        lambda sc, _: ints(sc).map(named).isEmpty(),
    ],
    "folds": [two_folds],
    "keys": [
        lambda sc, _: ints(sc).map(lambda x: (x % 9, tenth(x))).reduceByKey(lambda a, b: a * 0.5 + b, 2).collect(),
        lambda sc, _: ints(sc).flatMap(pieces).groupByKey(2).mapValues(list).collect(),
        lambda sc, _: ints(sc).map(lambda x: (-x % 11, x)).mapValues(str).sortByKey(numPartitions=2).collect(),
        lambda sc, _: ints(sc).map(lambda x: (x % 5, x)).partitionBy(2).mapValues(tenth).glom().collect(),
        lambda sc, _: ints(sc).map(lambda x: x % 30).distinct(2).collect(),
    ],
    "kept": [cached, saved],
}
