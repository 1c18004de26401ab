"""Programs over RDDs, with the types that a checker must find in them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, assert_type

from pyrite import RDD, Accumulator, Broadcast, SparkConf, SparkContext, StorageLevel
from pyrite.statcounter import StatCounter


class Visit(NamedTuple):
    """A line of a log."""

    path: str
    size: int


def parsed(line: str) -> Visit | None:
    """None where it is no line of a log."""
    fields = line.split()
    try:
        return Visit(fields[0], int(fields[1]))
    except (IndexError, ValueError):
        return None


def sizes(visits: Iterator[Visit]) -> Iterable[int]:
    """As a function of a whole partition."""
    for visit in visits:
        yield visit.size


def one(name: str) -> list[str]:
    """A combiner of the first value."""
    return [name]


def more(names: list[str], name: str) -> list[str]:
    """With one more."""
    return [*names, name]


def both(left: list[str], right: list[str]) -> list[str]:
    """Of two partitions."""
    return left + right


conf = SparkConf().setMaster("local[2]").setAppName("typed").set("spark.ui.enabled", "false")
with SparkContext(conf=conf) as sc:
    lines = sc.parallelize(["to be or not to be", "that is the question"], 2)
    assert_type(lines, RDD[str])
    counts = lines.flatMap(lambda line: line.split()).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
    assert_type(counts, RDD[tuple[str, int]])
    assert_type(counts.collect(), list[tuple[str, int]])
    assert_type(counts.collectAsMap(), dict[str, int])
    assert_type(counts.sortBy(lambda pair: pair[1], ascending=False).take(3), list[tuple[str, int]])
    assert_type(counts.sortByKey(), RDD[tuple[str, int]])
    assert_type(counts.keys(), RDD[str])
    assert_type(counts.values().sum(), int)
    assert_type(counts.mapValues(float), RDD[tuple[str, float]])
    assert_type(lines.map(len).mean(), float)
    assert_type(lines.map(len).stats(), StatCounter)
    assert_type(lines.count(), int)
    assert_type(lines.first(), str)
    assert_type(lines.top(2, key=len), list[str])
    assert_type(lines.glom(), RDD[list[str]])
    assert_type(lines.zipWithIndex(), RDD[tuple[str, int]])
    assert_type(lines.keyBy(len), RDD[tuple[int, str]])
    assert_type(lines.groupBy(len).mapValues(list), RDD[tuple[int, list[str]]])
    assert_type(lines.persist(StorageLevel.MEMORY_ONLY).unpersist(), RDD[str])

    visits = sc.textFile("access.log").map(parsed).filter(lambda visit: visit is not None)
    assert_type(visits, RDD[Visit | None])
    whole = sc.parallelize([Visit("/", 1)]).mapPartitions(sizes)
    assert_type(whole, RDD[int])
    assert_type(whole.reduce(lambda a, b: a + b), int)
    assert_type(whole.fold(0, lambda a, b: a + b), int)
    total: tuple[int, int] = whole.aggregate(
        (0, 0), lambda acc, n: (acc[0] + n, acc[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1])
    )

    names = sc.parallelize([(1, "ann"), (2, "bob")])
    ages = sc.parallelize([(1, 31.5)])
    assert_type(names.join(ages), RDD[tuple[int, tuple[str, float]]])
    assert_type(names.leftOuterJoin(ages), RDD[tuple[int, tuple[str, float | None]]])
    assert_type(names.lookup(1), list[str])
    assert_type(names.countByKey()[1], int)
    assert_type(names.cartesian(ages), RDD[tuple[tuple[int, str], tuple[int, float]]])
    assert_type(names.combineByKey(one, more, both), RDD[tuple[int, list[str]]])

    table = sc.broadcast({"a": 1})
    assert_type(table, Broadcast[dict[str, int]])
    assert_type(table.value["a"], int)
    seen = sc.accumulator(0)
    assert_type(seen, Accumulator[int])
    lines.foreach(lambda line: seen.add(1))
    assert_type(seen.value, int)
