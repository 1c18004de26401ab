"""zip, cartesian and repartitionAndSortWithinPartitions, on every way of running functions."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pyrite.context import SparkContext


class TestZip:
    def test_rows_that_stand_side_by_side(self, sc: SparkContext) -> None:
        rows = sc.parallelize(range(50_000), 3)
        pairs = rows.zip(rows.map(lambda x: x * 2))
        assert pairs.getNumPartitions() == 3
        assert pairs.collect() == [(x, 2 * x) for x in range(50_000)]
        assert pairs.count() == 50_000
        assert pairs.glom().map(len).collect() == rows.glom().map(len).collect()

    def test_chunks_of_different_lengths(self, sc: SparkContext) -> None:
        # What a flatMap makes of a chunk is longer than the chunk.
        left = sc.parallelize(range(20_000), 1).flatMap(lambda x: [x, -x])
        right = sc.parallelize([str(x) for x in range(40_000)], 1)
        assert left.zip(right).collect() == [
            (x, str(i)) for i, x in enumerate(y for x in range(20_000) for y in (x, -x))
        ]

    def test_objects_and_columns(self, sc: SparkContext) -> None:
        objects = sc.parallelize([{"n": i} for i in range(9_000)], 1)
        pairs = objects.zip(sc.parallelize(range(9_000), 1)).collect()
        assert pairs == [({"n": i}, i) for i in range(9_000)]
        assert objects.zip(objects).map(lambda t: t[0] == t[1]).filter(lambda same: not same).count() == 0

    def test_it_goes_on(self, sc: SparkContext) -> None:
        rows = sc.parallelize(range(100), 4)
        pairs = rows.zip(rows.map(lambda x: x % 3)).map(lambda t: (t[1], t[0])).reduceByKey(lambda a, b: a + b)
        assert sorted(pairs.collect()) == [(k, sum(range(k, 100, 3))) for k in range(3)]
        assert rows.zip(rows).zip(rows).first() == ((0, 0), 0)

    def test_take_computes_few_rows(self, sc: SparkContext) -> None:
        rows = sc.parallelize(range(1_000_000), 2)
        failing = rows.map(lambda x: 1 // (x - 100))
        assert rows.zip(failing).take(3) == [(0, -1), (1, -1), (2, -1)]

    def test_partitions_must_agree(self, sc: SparkContext) -> None:
        with pytest.raises(ValueError, match="^Can only zip with RDD which has the same number of partitions$"):
            sc.parallelize(range(4), 2).zip(sc.parallelize(range(4), 3))

    @pytest.mark.parametrize("n", [6, 60_000])
    def test_rows_of_a_partition_must_agree(self, sc: SparkContext, n: int) -> None:
        longer, shorter = sc.parallelize(range(n), 2), sc.parallelize(range(n - 1), 2)
        text = r"Can not deserialize PairRDD with different number of items in batches: \({}, {}\)"
        with pytest.raises(ValueError, match=text.format(n // 2, n // 2 - 1)):
            longer.zip(shorter).collect()
        with pytest.raises(ValueError, match=text.format(n // 2 - 1, n // 2)):
            shorter.zip(longer).count()

    def test_only_rdds(self, sc: SparkContext) -> None:
        with pytest.raises(AttributeError, match="needs an RDD"):
            sc.parallelize([1]).zip([1])  # type: ignore[arg-type]

    def test_errors_are_the_users(self, sc: SparkContext) -> None:
        rows = sc.parallelize(range(4), 2)
        with pytest.raises(ZeroDivisionError):
            rows.zip(rows.map(lambda x: 1 // (x - 3))).collect()


class TestCartesian:
    def test_partitions_and_order(self, sc: SparkContext) -> None:
        left, right = sc.parallelize([1, 2, 3], 2), sc.parallelize(["a", "b", "c"], 2)
        pairs = left.cartesian(right)
        assert pairs.getNumPartitions() == 4
        assert pairs.glom().collect() == [
            [(1, "a")],
            [(1, "b"), (1, "c")],
            [(2, "a"), (3, "a")],
            [(2, "b"), (2, "c"), (3, "b"), (3, "c")],
        ]

    @pytest.mark.parametrize(("n", "m"), [(300, 70), (3, 20_000), (20_000, 3), (1, 9_000), (90, 91)])
    def test_many_rows(self, sc: SparkContext, n: int, m: int) -> None:
        pairs = sc.parallelize(range(n), 1).cartesian(sc.parallelize([str(i) for i in range(m)], 1))
        assert pairs.collect() == [(i, str(j)) for i in range(n) for j in range(m)]
        assert pairs.count() == n * m
        assert pairs.take(m + 2)[m - 1 :] == [(i, str(j)) for i in range(n) for j in range(m)][m - 1 : m + 2]

    def test_objects(self, sc: SparkContext) -> None:
        left, right = sc.parallelize([{"n": i} for i in range(5)], 2), sc.parallelize([[j] for j in range(3)], 1)
        mixed = sc.parallelize([1, "x", None, {"a": 1}], 1)
        assert left.cartesian(right).collect() == [({"n": i}, [j]) for i in range(5) for j in range(3)]
        assert mixed.cartesian(mixed).count() == 16
        assert mixed.cartesian(left).collect() == [
            (x, {"n": i}) for part in ((0, 1), (2, 3, 4)) for x in mixed.collect() for i in part
        ]

    def test_the_right_side_is_computed_once_a_partition(self, make_sc: Callable[..., SparkContext]) -> None:
        sc = make_sc("local[1]", **{"pyrite.python.workers": 0})
        with tempfile.NamedTemporaryFile() as file:
            name = file.name

            def note(row: int) -> int:
                with Path(name).open("a") as out:
                    out.write("x")
                return row

            pairs = sc.parallelize(range(50), 2).cartesian(sc.parallelize(range(40), 1).map(note))
            assert len(pairs.collect()) == 2_000
            assert len(Path(name).read_text()) == 80
            Path(name).write_text("")
            assert pairs.take(3) == [(0, 0), (0, 1), (0, 2)]
            assert len(Path(name).read_text()) == 3

    def test_nothing(self, sc: SparkContext) -> None:
        some, none = sc.parallelize([1], 2), sc.parallelize([], 2)
        assert some.cartesian(none).glom().collect() == [[], [], [], []]
        assert none.cartesian(some).count() == 0
        with pytest.raises(ZeroDivisionError):
            some.map(lambda x: x // 0).cartesian(none).collect()

    def test_long_lists(self, sc: SparkContext) -> None:
        lists = sc.parallelize([list(range(30_000))], 1)
        assert lists.cartesian(sc.parallelize(range(100), 1)).map(lambda t: len(t[0])).distinct().collect() == [30_000]

    def test_errors_are_the_users(self, sc: SparkContext) -> None:
        rows = sc.parallelize(range(3), 2)
        with pytest.raises(ZeroDivisionError):
            rows.cartesian(rows.map(lambda x: 1 // (x - 2))).collect()
        with pytest.raises(AttributeError, match="needs an RDD"):
            rows.cartesian([1])  # type: ignore[arg-type]


class TestSortWithin:
    def test_partitions_in_order(self, sc: SparkContext) -> None:
        pairs = [(i * 7919 % 1_000, i) for i in range(30_000)]
        rdd = sc.parallelize(pairs, 3)
        for ascending in (True, False):
            parts = rdd.repartitionAndSortWithinPartitions(4, lambda k: k, ascending).glom().collect()
            for p, part in enumerate(parts):
                wanted = [pair for pair in pairs if pair[0] % 4 == p]
                assert part == sorted(wanted, key=lambda kv: kv[0], reverse=not ascending)

    def test_keys_of_a_function(self, sc: SparkContext) -> None:
        pairs = [(f"{i * 7919 % 100:x}", {"n": i}) for i in range(500)]
        rdd = sc.parallelize(pairs, 3).repartitionAndSortWithinPartitions(1, keyfunc=lambda k: int(k, 16) % 10)
        assert rdd.collect() == sorted(pairs, key=lambda kv: int(kv[0], 16) % 10)

    def test_keys_of_many_types(self, sc: SparkContext) -> None:
        pairs = [((i % 3, str(i % 2)), i) for i in range(10)] + [((0, "0", None), 11)]
        rdd = sc.parallelize(pairs, 4).repartitionAndSortWithinPartitions(1)
        assert rdd.collect() == sorted(pairs, key=lambda kv: kv[0])
        with pytest.raises(TypeError, match="not supported between instances"):
            sc.parallelize([(1, 2), ("a", 3)], 2).repartitionAndSortWithinPartitions(1).collect()

    def test_the_partitioner_is_known(self, sc: SparkContext) -> None:
        rdd = sc.parallelize([(i % 4, i) for i in range(10)], 4).partitionBy(2)
        within = rdd.repartitionAndSortWithinPartitions(2, ascending=False)
        assert within.partitioner == rdd.partitioner
        assert within.glom().collect()[0] == [(2, 2), (2, 6), (0, 0), (0, 4), (0, 8)]
        assert within.partitionBy(2) is within
        assert "partitionBy" in within.toDebugString().decode()
