"""When a local checkpoint counts as made: as PySpark 4.3 says, which joins Python's steps into one."""

import pytest


def doubled(sc):
    return sc.parallelize(range(4), 2).map(lambda x: x * 2)


@pytest.mark.parametrize(
    ("make", "act", "made"),
    [
        (doubled, lambda r: r.collect(), True),
        (doubled, lambda r: r.union(r).count(), True),
        (doubled, lambda r: r.coalesce(1).count(), True),
        (doubled, lambda r: r.count(), False),
        (doubled, lambda r: r.take(1), False),
        (doubled, lambda r: r.isEmpty(), False),
        (doubled, lambda r: r.foreach(lambda x: None), False),
        (doubled, lambda r: r.map(lambda x: x).collect(), False),
        (doubled, lambda r: r.sortBy(lambda x: x).collect(), False),
        (lambda sc: doubled(sc).cache(), lambda r: r.first(), True),
        (lambda sc: doubled(sc).map(lambda x: (x, 1)).reduceByKey(max), lambda r: r.collect(), True),
        (lambda sc: sc.parallelize(range(4), 2), lambda r: r.count(), False),
        (lambda sc: sc.parallelize(range(4), 2), lambda r: r.collect(), True),
        (lambda sc: sc.emptyRDD(), lambda r: r.count(), True),
        (doubled, lambda r: None, False),
    ],
)
def test_made_by_a_job_for_its_own_rows(sc, make, act, made):
    rdd = make(sc)
    rdd.localCheckpoint()
    assert (rdd.isCheckpointed(), rdd.isLocallyCheckpointed()) == (False, True)
    act(rdd)
    assert rdd.isCheckpointed() is made
    rdd.collect()
    assert (rdd.isCheckpointed(), rdd.isLocallyCheckpointed(), rdd.getCheckpointFile()) == (True, True, None)


def test_not_by_a_job_that_failed(sc):
    rdd = sc.parallelize(range(4), 2).map(lambda x: 1 // x)
    rdd.localCheckpoint()
    with pytest.raises(ZeroDivisionError):
        rdd.collect()
    assert not rdd.isCheckpointed()


def test_rows_from_before_do_not_count(sc):
    rdd = doubled(sc)
    rdd.collect()
    rdd.localCheckpoint()
    assert not rdd.isCheckpointed()
