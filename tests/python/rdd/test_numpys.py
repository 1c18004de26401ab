"""Rows that are numpy's vectors: with native code and without it the same rows, from the same programs."""

from operator import add

import numpy as np
import pytest


def shown(value):
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.flags.writeable, value.tobytes())
    if isinstance(value, tuple | list):
        return (type(value).__name__, [shown(each) for each in value])
    return (type(value).__name__, repr(value))


LINES = [f"{i * 7 % 11}.5 {i * 3 % 5} -{i}.25" for i in range(300)]


def points(sc):
    return sc.parallelize(LINES, 3).map(lambda line: np.array([float(x) for x in line.split(" ")]))


def rows():
    return [np.array([float(x) for x in line.split(" ")]) for line in LINES]


def closest(p, centers):
    best, least = 0, float("+inf")
    for i in range(len(centers)):
        distance = np.sum((p - centers[i]) ** 2)
        if distance < least:
            least, best = distance, i
    return best


def test_kmeans(sc):
    data = points(sc).cache()
    centers = data.takeSample(False, 3, 1)
    for _ in range(4):
        near = data.map(lambda p: (closest(p, centers), (p, 1)))
        stats = near.reduceByKey(lambda a, b: (a[0] + b[0], a[1] + b[1]))
        new = stats.map(lambda st: (st[0], st[1][0] / st[1][1])).collect()
        for i, p in new:
            centers[i] = p
    parts = [rows()[i * 100 : (i + 1) * 100] for i in range(3)]
    again = data.takeSample(False, 3, 1)
    for _ in range(4):
        sums = []
        for part in parts:
            here = {}
            for p in part:
                k = closest(p, again)
                here[k] = (here[k][0] + p, here[k][1] + 1) if k in here else (p, 1)
            sums.append(here)
        total = {}
        for here in sums:
            for k, (p, n) in here.items():
                total[k] = (total[k][0] + p, total[k][1] + n) if k in total else (p, n)
        for k, (p, n) in total.items():
            again[k] = p / n
    assert shown(centers) == shown(again)


PROGRAMS = {
    "collect": lambda rdd: rdd.collect(),
    "take": lambda rdd: rdd.take(5),
    "cache": lambda rdd: (rdd.cache().count(), rdd.collect()),
    "reduce": lambda rdd: rdd.reduce(add),
    "fold": lambda rdd: rdd.fold(np.zeros(3), add),
    "sum": lambda rdd: rdd.map(lambda p: p * 2).sum(),
    "mean": lambda rdd: rdd.mean(),
    "reduceByKey": lambda rdd: sorted(rdd.map(lambda p: (len(p), p)).reduceByKey(add).collect()),
    "by key of text": lambda rdd: rdd.map(lambda p: (str(p[0]), p)).reduceByKey(add).sortByKey().collect(),
    "aggregateByKey": lambda rdd: rdd.map(lambda p: (1, p)).aggregateByKey(0.0, lambda a, p: a + p, add).collect(),
    "groupByKey": lambda rdd: [(k, list(v)) for k, v in rdd.map(lambda p: (int(p[1]), p)).groupByKey().sortByKey().collect()],
    "mapValues": lambda rdd: rdd.zipWithIndex().map(lambda x: (x[1], x[0])).mapValues(lambda p: p + 1.0).collect(),
    "join": lambda rdd: rdd.zipWithIndex().map(lambda x: (x[1], x[0])).join(rdd.zipWithIndex().map(lambda x: (x[1], x[0]))).sortByKey().collect(),
    "union": lambda rdd: rdd.union(rdd).collect(),
    "zip": lambda rdd: rdd.zip(rdd.map(lambda p: p * p)).collect(),
    "cartesian": lambda rdd: rdd.cartesian(rdd).take(30),
    "repartition": lambda rdd: rdd.repartition(5).glom().collect(),
    "sample": lambda rdd: rdd.sample(False, 0.3, 5).collect(),
    "filter": lambda rdd: rdd.filter(lambda p: np.sum(p) > -100).collect(),
    "by python": lambda rdd: rdd.map(lambda p: np.dot(p, p)).collect(),
    "scalars": lambda rdd: rdd.map(lambda p: np.sum(p)).collect(),
    "sortBy": lambda rdd: rdd.sortBy(lambda p: float(np.sum(p))).collect(),
    "max": lambda rdd: rdd.max(key=lambda p: float(np.sum(p))),
    "top": lambda rdd: rdd.top(4, key=lambda p: float(np.sum(p))),
    "flatMap": lambda rdd: rdd.flatMap(lambda p: [p, p * 2.0]).collect(),
    "mixed": lambda rdd: rdd.map(lambda p: p if len(p) == 2 else (p, None)).collect(),
    "mapPartitions": lambda rdd: rdd.mapPartitions(lambda ps: [sum(ps)]).collect(),
    "checkpoint": lambda rdd: (rdd.localCheckpoint(), rdd.count(), rdd.collect())[1:],
    "treeAggregate": lambda rdd: rdd.treeAggregate(np.zeros(3), add, add),
    "ints that leave 64 bits": lambda rdd: sorted(
        (k, str(p), n)
        for k, (p, n) in rdd.map(lambda p: (len(p) + int(p[1]), (p, 2**60)))
        .reduceByKey(lambda a, b: (a[0] + b[0], a[1] + b[1]))
        .collect()
    ),
    "values that are infinite": lambda rdd: sorted(
        (k, str(p)) for k, p in rdd.map(lambda p: (int(p[1]), p * np.array([1.0, 1.0, np.inf]) if p[2] < -70 else p)).reduceByKey(add).collect()
    ),
    "in the middle": lambda rdd: rdd.map(lambda p: [p]).map(lambda ps: ps[0] + 1.0).map(lambda p: {"p": p}).map(lambda d: d["p"]).collect(),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(sc, make_sc, name):
    program = PROGRAMS[name]
    got = [shown(program(points(sc))), shown(program(sc.parallelize(rows(), 3)))]
    sc.stop()
    sc = make_sc("local[1]", **{"pyrite.native": "off", "pyrite.python.workers": "0"})
    assert got == [shown(program(points(sc))), shown(program(sc.parallelize(rows(), 3)))]


@pytest.mark.parametrize(
    ("name", "error", "match"),
    [
        ("distinct", TypeError, "unhashable"),
        ("sortBy", ValueError, "ambiguous"),
        ("max", ValueError, "ambiguous"),
        ("countByValue", TypeError, "unhashable"),
        ("longer", ValueError, "broadcast"),
    ],
)
def test_errors_are_pythons(sc, name, error, match):
    rdd = points(sc)
    programs = {
        "distinct": lambda: rdd.distinct().collect(),
        "sortBy": lambda: rdd.sortBy(lambda p: p).collect(),
        "max": lambda: rdd.max(),
        "countByValue": lambda: rdd.countByValue(),
        "longer": lambda: rdd.union(sc.parallelize([np.ones(2)], 1)).reduce(lambda a, b: a + b),
    }
    with pytest.raises(error, match=match):
        programs[name]()


def test_a_partition_that_spills(make_sc):
    sc = make_sc("local[2]", **{"pyrite.memory.limit": "64k"})
    grouped = points(sc).map(lambda p: (int(p[1]), p)).groupByKey(2).mapValues(list).sortByKey().collect()
    expected = {}
    for p in rows():
        expected.setdefault(int(p[1]), []).append(p)
    assert shown(grouped) == shown(sorted(expected.items()))


def test_the_rows_are_copies(sc):
    """A row that a task changes is its own."""
    kept = points(sc).cache()
    kept.count()

    def change(p):
        p[0] = 0.0
        return p

    assert all(p[0] == 0.0 for p in kept.map(change).collect())
    assert shown(kept.collect()) == shown(rows())


def test_text_of_vectors_is_numpys(sc, tmp_path):
    points(sc).saveAsTextFile(str(tmp_path / "out"))
    lines = [line for part in sorted((tmp_path / "out").glob("part-*")) for line in part.read_text().splitlines()]
    assert lines == [str(p) for p in rows()]
