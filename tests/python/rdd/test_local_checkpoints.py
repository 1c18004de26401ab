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


TEXT, NEW = (f"org.apache.hadoop.{room}.TextOutputFormat" for room in ("mapred", "mapreduce.lib.output"))


@pytest.mark.filterwarnings("ignore:Deprecated in 3.1")
@pytest.mark.parametrize(
    ("act", "made"),
    [
        (lambda r, to: r.collectAsMap(), True),
        (lambda r, to: r.collectWithJobGroup("group", "text"), True),
        (lambda r, to: r.saveAsSequenceFile(to), True),
        (lambda r, to: r.saveAsHadoopFile(to, TEXT), True),
        (lambda r, to: r.saveAsNewAPIHadoopFile(to, NEW), True),
        (lambda r, to: r.saveAsHadoopDataset({"mapreduce.output.fileoutputformat.outputdir": to}), True),
        (lambda r, to: r.saveAsPickleFile(to), False),
        (lambda r, to: r.saveAsTextFile(to), False),
        (lambda r, to: list(r.toLocalIterator()), False),
        (lambda r, to: r.ctx.union([r, r]).count(), True),
        (lambda r, to: r.zip(r).count(), False),
        (lambda r, to: r.partitionBy(2).count(), False),
        (lambda r, to: r.ctx.runJob(r, list), False),
        (lambda r, to: r.ctx.parallelize([1], 1).cartesian(r).count(), True),
    ],
)
def test_made_by_what_asks_for_pairs(sc, tmp_path, act, made):
    pairs = doubled(sc).map(lambda x: (x, x))
    pairs.localCheckpoint()
    act(pairs, str(tmp_path / "out"))
    assert pairs.isCheckpointed() is made


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
