"""What transformations make, partition by partition."""

import operator

import pytest
from pyrite.errors import Py4JJavaError, PySparkRuntimeError
from pyrite.rdd import Partitioner, portable_hash
from pyrite.resultiterable import ResultIterable


def add(a, b):
    return a + b


def parts(rdd):
    return rdd.glom().collect()


def test_lists_and_ranges_are_cut_differently(sc):
    assert parts(sc.parallelize(list(range(10)), 4)) == [[0, 1], [2, 3], [4, 5], [6, 7, 8, 9]]
    assert parts(sc.parallelize(range(10), 4)) == [[0, 1], [2, 3, 4], [5, 6], [7, 8, 9]]


def test_parallelize_takes_anything_that_can_be_iterated(sc):
    assert parts(sc.parallelize("abc", 2)) == [["a"], ["b", "c"]]
    assert parts(sc.parallelize({"x": 1, "y": 2}, 2)) == [["x"], ["y"]]
    assert parts(sc.parallelize((n * n for n in range(3)), 2)) == [[0], [1, 4]]
    assert parts(sc.parallelize(iter([1]), 2)) == [[], [1]]
    assert sorted(sc.parallelize({3, 1}, 2).collect()) == [1, 3]
    assert sc.parallelize([], 3).getNumPartitions() == 3
    with pytest.raises(ZeroDivisionError):
        sc.parallelize([1], 0)
    with pytest.raises(TypeError):
        sc.parallelize(5)


def test_a_range_is_counted_by_the_tasks(sc):
    long = sc.range(10**15, numSlices=3)
    assert long.count() == 10**15  # no list of them is ever made
    assert long.map(lambda x: x + 1).take(2) == [1, 2]
    assert parts(sc.parallelize(range(10, 0, -1), 3)) == [[10, 9, 8], [7, 6, 5], [4, 3, 2, 1]]
    assert sc.range(2, 20, 3, 2).map(lambda x: x + 1).collect() == [3, 6, 9, 12, 15, 18]


def test_later_changes_of_the_list_are_not_seen(sc):
    rows = [[1], [2]]
    rdd = sc.parallelize(rows, 2)
    rows[0].append(9)
    rows.append([3])
    assert rdd.collect() == [[1], [2]]
    rdd.collect()[0].append(8)
    assert rdd.collect() == [[1], [2]]


def test_narrow_ones(sc):
    rdd = sc.parallelize([("a", [1, 2]), ("b", [])], 2)
    assert rdd.flatMapValues(lambda v: v).collect() == [("a", 1), ("a", 2)]
    assert rdd.mapValues(len).collect() == [("a", 2), ("b", 0)]
    assert rdd.keys().collect() == ["a", "b"]
    assert rdd.values().collect() == [[1, 2], []]
    assert parts(rdd.keyBy(lambda kv: kv[0] + "!")) == [[("a!", ("a", [1, 2]))], [("b!", ("b", []))]]
    assert rdd.mapPartitionsWithIndex(lambda i, rows: [(i, len(list(rows)))]).collect() == [(0, 1), (1, 1)]


def test_indices(sc):
    assert parts(sc.parallelize(list("abcde"), 2).zipWithIndex()) == [
        [("a", 0), ("b", 1)],
        [("c", 2), ("d", 3), ("e", 4)],
    ]
    assert parts(sc.parallelize(list("abcde"), 2).zipWithUniqueId()) == [
        [("a", 0), ("b", 2)],
        [("c", 1), ("d", 3), ("e", 5)],
    ]
    assert sc.emptyRDD().zipWithIndex().collect() == []


def test_union(sc):
    a, b = sc.parallelize([1, 2], 2), sc.parallelize([2], 1)
    assert parts(a.union(b)) == [[1], [2], [2]]
    assert parts(a + b) == parts(sc.union([a, b]))
    assert parts(a.union(sc.emptyRDD())) == [[1], [2]]
    with pytest.raises(TypeError) as failure:
        a + [1]
    assert str(failure.value) == ""
    with pytest.raises(AttributeError, match="needs an RDD"):
        a.union([1])
    with pytest.raises(IndexError):
        sc.union([])


def test_union_of_partitioned_ones_keeps_the_partitions(sc):
    a = sc.parallelize([(1, "a"), (2, "b")], 3).partitionBy(2)
    b = sc.parallelize([(1, "c"), (2, "d")], 1).partitionBy(2)
    both = a.union(b)
    assert parts(both) == [[(2, "b"), (2, "d")], [(1, "a"), (1, "c")]]
    assert both.partitioner == a.partitioner
    apart = a.union(b.partitionBy(2, lambda key: key))
    assert apart.getNumPartitions() == 4
    assert apart.partitioner is None


def test_coalesce_and_repartition(sc):
    assert parts(sc.parallelize(range(8), 5).coalesce(3)) == [[0], [1, 2, 3], [4, 5, 6, 7]]
    assert sc.parallelize([1], 2).coalesce(5).getNumPartitions() == 2
    assert parts(sc.parallelize(range(10), 2).repartition(4)) == [[], list(range(10)), [], []]
    sizes = [len(p) for p in parts(sc.parallelize(range(1000), 3).repartition(7))]
    assert sizes == [144, 133, 140, 150, 143, 140, 150]
    for call in (lambda r: r.coalesce(0), lambda r: r.repartition(-1)):
        with pytest.raises(ValueError, match=r"Number of partitions must be positive\."):
            call(sc.parallelize([1]))


def test_partition_by(sc):
    rdd = sc.parallelize([(k, None) for k in (-1, -2, 5)], 2)
    assert parts(rdd.partitionBy(3).keys()) == [[], [-1, -2], [5]]
    hashed = sc.parallelize([("a", 1), ("b", 2), ("c", 3)], 1).partitionBy(2)
    assert parts(hashed.keys()) == [["b", "c"], ["a"]]
    assert hashed.partitionBy(2) is hashed
    assert hashed.partitionBy(3) is not hashed
    assert parts(sc.parallelize([(1, 1), (2, 2)], 1).partitionBy(2, lambda k: k - 1)) == [[(1, 1)], [(2, 2)]]


def test_who_keeps_the_partitioner(sc):
    rdd = sc.parallelize([(1, 2), (3, 4)], 2).partitionBy(2)
    assert rdd.partitioner == Partitioner(2, portable_hash)
    keep = [
        rdd.mapValues(lambda v: v),
        rdd.flatMapValues(lambda v: [v]),
        rdd.filter(lambda kv: True),
        rdd.map(lambda kv: kv, preservesPartitioning=True),
        rdd.mapPartitions(lambda rows: rows, preservesPartitioning=True),
        rdd.reduceByKey(add),
        rdd.groupByKey(),
        rdd.join(rdd),
        rdd.union(rdd),
    ]
    lose = [
        rdd.map(lambda kv: kv),
        rdd.flatMap(lambda kv: [kv]),
        rdd.keyBy(lambda kv: 1),
        rdd.mapPartitions(lambda rows: rows),
        rdd.coalesce(1),
        rdd.repartition(2),
        rdd.union(sc.parallelize([(1, 2)], 1)),
        rdd.keys(),
        rdd.glom(),
    ]
    assert [r.partitioner == rdd.partitioner for r in keep] == [True] * len(keep)
    assert [r.partitioner for r in lose] == [None] * len(lose)


def test_default_partitions_of_a_shuffle(sc):
    two, three = sc.parallelize([(1, 2)], 2), sc.parallelize([(1, 3)], 3)
    assert two.reduceByKey(add).getNumPartitions() == 2
    assert two.join(three).getNumPartitions() == 5
    assert two.partitionBy(4).join(three.partitionBy(4)).getNumPartitions() == 4
    assert two.reduceByKey(add, 0).getNumPartitions() == 0
    assert two.groupByKey(0).collect() == []


def test_combining_is_a_left_fold_of_each_partition_then_of_the_partitions(sc):
    rdd = sc.parallelize([("k", c) for c in "abcdef"], 3)
    assert rdd.reduceByKey(lambda a, b: f"({a}{b})", 1).collect() == [("k", "(((ab)(cd))(ef))")]
    made = rdd.combineByKey(lambda v: f"<{v}", lambda c, v: f"{c}{v}", lambda a, b: f"{a}|{b}", 1)
    assert made.collect() == [("k", "<ab|<cd|<ef")]


def test_keys_in_order_of_first_appearance(sc):
    rdd = sc.parallelize([("b", 1), ("a", 2), ("b", 3), ("c", 4), ("a", 5)], 2)
    assert rdd.reduceByKey(add, 1).collect() == [("b", 4), ("a", 7), ("c", 4)]
    assert rdd.groupByKey(1).mapValues(list).collect() == [("b", [1, 3]), ("a", [2, 5]), ("c", [4])]
    assert rdd.keys().distinct(1).collect() == ["b", "a", "c"]


def test_group_by_key_gives_iterables(sc):
    ((key, values),) = sc.parallelize([("a", 1), ("a", 2)], 2).groupByKey(1).collect()
    assert type(values) is ResultIterable
    assert (key, len(values), list(values), list(values)) == ("a", 2, [1, 2], [1, 2])
    assert sc.parallelize([1, 2, 3], 1).groupBy(lambda x: x % 2).mapValues(list).collect() == [(1, [1, 3]), (0, [2])]


def test_start_values_by_key_are_copied(sc):
    rdd = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 1)
    gathered = rdd.aggregateByKey([], lambda rows, v: rows.append(v) or rows, add).collect()
    assert gathered == [("a", [1, 3]), ("b", [2])]
    assert rdd.foldByKey(10, add).collect() == [("a", 14), ("b", 12)]


def test_the_first_of_equal_keys_stands_for_them(sc):
    assert sc.parallelize([(1, "a"), (1.0, "b"), (True, "c")], 1).reduceByKey(add).collect() == [(1, "abc")]
    assert type(sc.parallelize([(1.0, 1), (1, 1)], 1).reduceByKey(add).keys().first()) is float
    assert sc.parallelize([3, 1, 2, 3, 1], 2).distinct().glom().collect() == [[2], [3, 1]]


def test_joins(sc):
    left = sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 1)
    right = sc.parallelize([("a", "x"), ("c", "y"), ("a", "z")], 1)
    assert left.join(right, 1).collect() == [("a", (1, "x")), ("a", (1, "z")), ("a", (3, "x")), ("a", (3, "z"))]
    assert left.leftOuterJoin(right, 1).collect() == [*left.join(right, 1).collect(), ("b", (2, None))]
    assert left.rightOuterJoin(right, 1).collect() == [*left.join(right, 1).collect(), ("c", (None, "y"))]
    assert left.fullOuterJoin(right, 1).collect() == [
        *left.join(right, 1).collect(),
        ("b", (2, None)),
        ("c", (None, "y")),
    ]
    with pytest.raises(AttributeError):
        left.join(5)


def test_cogroup(sc):
    left = sc.parallelize([("a", 1), ("b", 2)], 1)
    right = sc.parallelize([("a", "x"), ("c", "y")], 1)
    shown = left.cogroup(right, 1).mapValues(lambda sides: tuple(list(side) for side in sides)).collect()
    assert shown == [("a", ([1], ["x"])), ("b", ([2], [])), ("c", ([], ["y"]))]
    three = left.groupWith(right, left).mapValues(lambda sides: [list(side) for side in sides])
    assert three.getNumPartitions() == 3
    assert dict(three.collect()) == {"a": [[1], ["x"], [1]], "b": [[2], [], [2]], "c": [[], ["y"], []]}


def test_set_like_ones(sc):
    a, b = sc.parallelize([1, 0, 0, 2], 1), sc.parallelize([0, 3, 1], 1)
    assert sorted(a.intersection(b).collect()) == [0, 1]
    assert a.subtract(b, 1).collect() == [2]
    assert sc.parallelize([1, 1, 2], 1).subtract(sc.parallelize([2], 1), 1).collect() == [1, 1]
    pairs = sc.parallelize([("a", 0), ("b", None), ("a", 1)], 1)
    assert pairs.subtractByKey(sc.parallelize([("a", None)], 1), 1).collect() == [("b", None)]


def test_sorting(sc):
    rdd = sc.parallelize([("a", 2), ("b", 1), ("c", 2), ("d", 1)], 2)
    assert rdd.sortBy(lambda kv: kv[1], numPartitions=1).keys().collect() == ["b", "d", "a", "c"]
    assert rdd.sortBy(lambda kv: kv[1], False, 1).keys().collect() == ["a", "c", "b", "d"]
    assert rdd.sortBy(lambda kv: kv[1]).keys().collect() == ["b", "d", "a", "c"]
    assert rdd.sortByKey(False).keys().collect() == ["d", "c", "b", "a"]
    assert sc.parallelize([("B", 1), ("a", 2)]).sortByKey(keyfunc=str.lower).keys().collect() == ["a", "B"]
    assert sc.parallelize([("k", 1)] * 10, 4).sortByKey().glom().map(len).collect() == [10, 0, 0, 0]
    assert rdd.sortByKey(numPartitions=3).getNumPartitions() == 3
    assert sc.emptyRDD().sortBy(lambda x: x).collect() == []
    # PySpark compares a single key too: with the bounds of the ranges.
    assert sc.parallelize([(None, 1)], 1).sortByKey(numPartitions=1).collect() == [(None, 1)]
    with pytest.raises(TypeError, match="'<' not supported"):
        sc.parallelize([(None, 1)], 1).sortByKey(numPartitions=2).collect()
    with pytest.raises(TypeError, match="'<' not supported"):
        sc.parallelize([(1, None)], 1).sortBy(lambda kv: kv[1], numPartitions=2).collect()
    assert sc.parallelize([((None,), 1)], 1).sortByKey(numPartitions=2).collect() == [((None,), 1)]
    assert rdd.sortByKey().partitioner is None or rdd.sortByKey().partitioner != rdd.partitionBy(2).partitioner


def test_built_ins_are_functions_too(sc):
    assert sc.parallelize(["b", "A"]).map(str.upper).map(operator.itemgetter(0)).map(ord).map(chr).collect() == [
        "B",
        "A",
    ]
    assert sc.parallelize([-1, 2], 1).map(abs).filter(bool).map(float).collect() == [1.0, 2.0]


def test_names(sc):
    rdd = sc.parallelize([1], 1).map(lambda x: x)
    assert rdd.name() is None
    assert rdd.setName("mine") is rdd
    assert rdd.name() == "mine"
    assert repr(rdd).startswith(f"mine PythonRDD[{rdd.id()}] at map at test_transformations.py:")
    assert rdd.context is rdd.ctx is sc
    text = rdd.reduceByKey(add).toDebugString()
    assert isinstance(text, bytes)
    assert b"reduceByKey at test_transformations.py:" in text


def test_the_rest_is_said_to_be_missing(sc):
    rdd = sc.parallelize([1])
    with pytest.raises(
        PySparkRuntimeError, match=r"RDD\.toDF. comes with DataFrames: install the extra `pyrite\[sql\]`"
    ):
        rdd.toDF()
    with pytest.raises(Py4JJavaError, match="leave withResources out"):
        rdd.withResources(None)
    assert rdd.getResourceProfile() is None
    with pytest.raises(AttributeError, match="'RDD' object has no attribute 'colect'"):
        rdd.colect()


@pytest.mark.parametrize("ascending", [True, False])
def test_a_single_none_key_is_compared_with_the_bounds(sc, ascending):
    assert sc.parallelize([(None, 1)], 1).sortByKey(ascending, 1).collect() == [(None, 1)]
    with pytest.raises(TypeError, match="'<' not supported between instances of 'NoneType' and 'NoneType'"):
        sc.parallelize([(None, 1)], 1).sortByKey(ascending, 2).collect()


def test_sort_by_key_makes_pairs_of_what_moves(sc):
    # PySpark takes pairs apart where it moves them, and looks at the first item alone where it doesn't.
    assert sc.parallelize([[2, 2], [1, 3]], 2).sortByKey(True, 2).collect() == [(1, 3), (2, 2)]
    assert sc.parallelize([[2, 2], [1, 3]], 2).sortByKey(True, 1).collect() == [[1, 3], [2, 2]]
    assert sc.parallelize([(2, 2, 2), (1, 3, 3)], 2).sortByKey(True, 1).collect() == [(1, 3, 3), (2, 2, 2)]
    assert sc.parallelize([(2,), (1,)], 2).sortByKey(True, 1).collect() == [(1,), (2,)]
    with pytest.raises(ValueError, match="too many values to unpack"):
        sc.parallelize([(2, 2, 2), (1, 3, 3)], 2).sortByKey(True, 2).collect()


def test_what_a_sort_key_does_to_its_row_stays(sc):
    def key(row):
        row.append(1)
        return row[0]

    for n in (1, 2):
        assert sc.parallelize([[2, 2], [1, 3]], 2).sortBy(key, True, n).collect() == [[1, 3, 1], [2, 2, 1]]
