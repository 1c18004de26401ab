"""Nothing is computed that nobody asked for, and every reader has rows of its own."""

import pytest


def test_transformations_compute_nothing(sc, calls):
    rdd = sc.parallelize(range(4), 2).map(calls.mark)
    rdd.filter(lambda x: 1 // 0).sortBy(lambda x: 1 // 0).groupBy(lambda x: x).join(rdd.keyBy(calls.mark)).distinct()
    sc.textFile("/nowhere/at/all").map(calls.mark)
    assert calls.count == 0


def test_take_calls_as_often_as_it_needs_rows(sc, calls):
    assert sc.parallelize(range(100), 1).map(calls.mark).take(3) == [0, 1, 2]
    assert calls.count == 3


JOINTS = {
    "union": lambda sc, rdd: rdd.union(sc.parallelize([7], 1)),
    "two unions": lambda sc, rdd: sc.union([sc.union([rdd, rdd]), rdd]),
    "coalesce": lambda sc, rdd: rdd.coalesce(1),
    "one partitioner": lambda sc, rdd: rdd.union(rdd),
}


@pytest.mark.parametrize("joint", JOINTS)
def test_take_asks_no_more_of_what_is_below_a_joint(sc, calls, joint):
    def joined(rdd):
        return JOINTS[joint](sc, rdd)

    rdd = sc.parallelize(range(10_000), 2).map(calls.mark)
    if joint == "one partitioner":
        rdd = sc.parallelize([(i, i) for i in range(10_000)], 2).partitionBy(1).mapValues(calls.mark)
        rdd = joined(rdd).values()
    else:
        rdd = joined(rdd)
    first = rdd.take(1)[0]
    assert calls.count == 1
    assert rdd.map(lambda x: x + 1).take(3) == [first + 1, first + 2, first + 3]
    assert calls.count == 1 + 3
    assert rdd.map(lambda x: [x][0]).map(lambda x: x + 1).take(3) == [first + 1, first + 2, first + 3]
    assert calls.count == 1 + 3 + 3
    assert joined(rdd.map(lambda x: x + 1)).map(lambda x: x + 1).take(2) == [first + 2, first + 3]
    assert calls.count == 1 + 3 + 3 + 2
    # A list of a row's is enough: at most as many rows again are made in vain.
    assert rdd.flatMap(lambda x: [x] * 100).take(150) == [first] * 100 + [first + 1] * 50
    assert calls.count <= 9 + 3
    before = calls.count
    assert rdd.filter(lambda x: x == 500).first() == 500
    assert calls.count - before <= 2 * 501


def test_an_error_behind_the_rows_taken_is_not_raised(sc):
    assert sc.parallelize([1, 0, 2], 1).map(lambda x: 1 // x).take(1) == [1]
    assert sc.parallelize([1, 0, 2], 1).map(lambda x: 1 // x).first() == 1
    assert not sc.parallelize([1, 0, 2], 3).map(lambda x: 1 // x).isEmpty()


def test_rows_go_through_the_whole_chain_one_by_one(sc):
    rdd = sc.parallelize([1, 2, 3, 4], 1).map(lambda x: x if x != 3 else {}["third"]).map(lambda x: 1 // (x - 2))
    with pytest.raises(ZeroDivisionError):
        rdd.collect()


def test_the_first_failing_partition_is_raised(sc):
    rdd = sc.parallelize([2, 1, 0], 3).map(lambda x: {}["k"] if x == 1 else 1 // x)
    with pytest.raises(KeyError):
        rdd.collect()


def test_take_scans_partitions_in_growing_rounds(sc, calls):
    rdd = sc.parallelize(range(40), 20).map(calls.mark)
    assert rdd.take(2) == [0, 1]
    assert calls.count == 2
    assert rdd.filter(lambda x: x >= 2).first() == 2  # partition 0, then partitions 1 to 4
    assert calls.count == 2 + 2 + 4


def test_actions_do_not_see_each_others_changes(sc):
    gathered = []
    sc.parallelize([1, 2]).foreach(lambda x: gathered.append(x))
    assert gathered == []
    rows = sc.parallelize([[1], [2]], 1).cache()
    assert rows.map(lambda r: r.append(9) or r).collect() == [[1, 9], [2, 9]]
    assert rows.map(lambda r: r.append(8) or r).collect() == [[1, 8], [2, 8]]
    assert rows.collect() == [[1], [2]]


def test_captures_are_read_at_every_job(sc):
    step = 1
    rdd = sc.parallelize([1, 2], 1).map(lambda x: x + step)
    assert rdd.collect() == [2, 3]
    step = 100
    assert rdd.map(lambda x: x).collect() == [101, 102]
