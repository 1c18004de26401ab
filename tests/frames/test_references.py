"""What the name of a column means, and which have none: as real PySpark resolved some six hundred programs."""

import json
import pathlib
import sys

from pyspark.sql import functions as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "recorded" / "frames" / "names"))

import named as recorded

ANSWERS = json.loads((recorded.HERE / "answers.json").read_text())

# Both refuse these, and say it otherwise: two names are wrong, or Spark has an error of its own for what is refused here anyway.
SAID_OTHERWISE = 30
# Spark refuses these: what stands above several meanings of one DataFrame's column has one here.
RUNS_HERE = {
    'g.groupBy("k").agg(S("x").alias("x")).where("sum(x) > 20")',
    'g.groupBy("k").count().orderBy(f.count("*"), "k")',
    'g.rollup("k").count().where(g.k > 1)',
    '(lambda d: l.join(d, l.i==d.i).select(l.x, d.z))(l.withColumn("z", l.x+1))',
    '(lambda d: l.join(d, "i").select(l.x, d.x))(l.where("x > 1"))',
    '(lambda m: g.join(m, (g.k==m.k)&(g.x==m.x)).select(m.k, "y"))(g.groupBy("k").agg(f.max("x").alias("x")))',
    'g.select("k",(g.x+1).alias("z"), f.row_number().over(Window.partitionBy("k").orderBy("z")).alias("n"))',
}
# A column of a DataFrame that isn't part of the plan goes by its name; Spark refuses it, or drops nothing.
BY_NAME = {
    "l.select(g.x)",
    "l.where(g.x > 1)",
    "l.groupBy(g.x).count()",
    "l.drop(g.x)",
    "l2.where((col('x') == l.x)).alias('b').join(r.alias('b'), col('i') == col('b.j'), 'inner').withColumn('s', col('x') + 1)",
    "g.select(col('k'), col('k')).where((l2.x >= 1)).withColumn('k', col('k') + 1)",
}
# And these it runs.
REFUSED_HERE = {
    's.sql("select k, count(*) n from g group by k").where("sum(x) > 20")',
    'g.select(S("x").alias("n")).where("sum(y) > 5")',
    'l.select(f.explode(f.array("x")).alias("e"), (col("e")+1).alias("w"))',
    'g.select("k").cache().where("x > 5")',
}


def test_names_mean_what_they_mean_in_spark(spark):
    names = recorded.scope(spark)
    found = {program: json.loads(json.dumps(recorded.answer(program, names))) for program in ANSWERS}
    differs = {program for program in ANSWERS if found[program] != ANSWERS[program]}
    otherwise = {each for each in differs if found[each][0] == ANSWERS[each][0] == "error"}
    assert {each: found[each] for each in differs - otherwise} == {
        each: found[each] for each in RUNS_HERE | BY_NAME | REFUSED_HERE
    }
    assert all(found[each][0] == "error" and ANSWERS[each][0] != "error" for each in REFUSED_HERE)
    assert len(otherwise) <= SAID_OTHERWISE, otherwise
    assert len(ANSWERS) >= 590
    assert sum(answer[0] != "error" for answer in ANSWERS.values()) >= 400


def test_a_column_that_is_not_there_any_more_says_so(spark):
    left = spark.createDataFrame([(1, 2)], "a INT, b INT")
    for wrong in (left.withColumn("a", left.b).select(left.a), left.na.fill(0).groupBy(left.a).count()):
        error = failure(wrong)
        assert error.getCondition() == "MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_APPEAR_IN_OPERATION"
        assert 'Resolved attribute(s) "a" missing from "a", "b": that DataFrame' in str(error)
        assert '`col("a")` is the one that appears' in str(error)
    error = failure(left.withColumnRenamed("a", "c").select(left.a))
    assert error.getCondition() == "MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_MISSING_FROM_INPUT"


def failure(frame):
    try:
        frame.collect()
    except Exception as error:  # noqa: BLE001 - it is looked at
        return error
    raise AssertionError("it was taken")


def test_kept_rows_go_by_names(spark):
    """What a cached or checkpointed frame came through before isn't known, and a column of that may still be meant."""
    left = spark.createDataFrame([(1, 2), (3, 4)], "a INT, b INT")
    for kept in (left.where("a > 0").cache(), left.localCheckpoint(), left.select("a", "b").persist()):
        assert kept.where(left.a > 1).select(left.b, kept.a).collect() == [(4, 3)]
        assert kept.groupBy(left.a).agg(F.sum(left.b).alias("s")).orderBy(left.a).select(left.a).count() == 2
    named = left.alias("t").cache()
    assert named.count() == 2
    assert named.join(left.alias("u"), [named.a == left.a]).count() == 2
    assert [row.b for row in named.orderBy("t.a").select("t.b").collect()] == [2, 4]


def test_a_column_is_the_same_by_way_of_another_frame(spark):
    left = spark.createDataFrame([(1, 2), (3, 4)], "a INT, b INT")
    some, other = left.where(left.a > 1), left.where("a > 0")
    assert left.where(some.a > 1).select(some.b).collect() == [(4,)]
    assert left.select("a").where(some.b > 2).collect() == [(3,)]
    assert some.union(other).select(other.a).collect() == [(3,), (1,), (3,)]
    assert left.drop(some.a).columns == ["b"]
    joined = left.join(some.withColumn("c", F.lit(1)), left.a == some.a)
    assert joined.select(left["*"], "c").columns == ["a", "b", "c"]


def test_what_is_kept_is_not_made_again_for_a_filter(spark):
    """A filter that reads what is under it takes it from the rows that were kept, and in an inner query before the outer one."""
    kept = spark.range(3).withColumn("u", F.rand()).withColumn("x", F.col("id")).cache()
    rows = kept.select("id", "u").collect()
    assert kept.select("id", "u").where("x >= 0").collect() == rows
    assert kept.drop("x").orderBy("x").collect() == rows
    outer = spark.createDataFrame([(1, 10), (2, 20)], "i INT, x INT")
    inner = spark.createDataFrame([(1, 10), (3, 7)], "i INT, x INT")
    assert outer.where(inner.select("i").where("x > 10").exists()).count() == 0
    assert outer.where(inner.select("i").where("x > 8").exists()).count() == 2


def test_functions_and_what_is_under_them(spark, tmp_path):
    """A function is called before the filter that reads it: what the filter reads beside it goes along."""
    rows = spark.createDataFrame([(1, 10, 100), (2, 20, 200), (2, 5, 1)], "i INT, x INT, p INT")
    up = F.udf(lambda value: value + 1, "int")
    xs = rows.select("x")
    for frame, expected in (
        (xs.orderBy(up(rows.p), "i"), [5, 10, 20]),
        (xs.orderBy(up("p"), up("i")), [5, 10, 20]),
        (xs.where((up("p") > 1) & (F.col("i") > 1)), [20, 5]),
        (xs.where((F.col("i") > 1) & (up("p") > 1)), [20, 5]),
        (xs.where(up(up("p")) > up("i")), [10, 20]),
        (xs.orderBy("i", up("x")), [10, 5, 20]),
        (xs.where((up("p") > 1) & (F.col("i") > 1)).where("p > 1").orderBy(up("i"), "p"), [20]),
    ):
        assert [row.x for row in frame.collect()] == expected
    assert [tuple(row) for row in rows.drop("p").where(up("x") > F.col("p")).collect()] == [(2, 5)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "0.json").write_text('{"i": 1, "x": 10, "p": 100}\n{"i": 0, "x": 20, "p": 200}\n')
    stream = spark.readStream.schema("i INT, x INT, p INT").json(str(tmp_path / "in"))
    found = []
    query = stream.select("x").where((up("p") > 1) & (F.col("i") > 0)).writeStream
    query = query.foreachBatch(lambda batch, _: found.extend(row.x for row in batch.collect()))
    query.trigger(availableNow=True).start().awaitTermination()
    assert found == [10]


def test_long_chains(spark):
    """Each operation stands on the one before: some hundred are no rarity in a loop over columns."""
    rows = spark.range(3)
    for number in range(150):
        rows = rows.withColumn(f"c{number % 5}", F.col("id") + number).where("id >= 0")
    assert rows.orderBy("id").first() == (0, 145, 146, 147, 148, 149)
    for _ in range(40):
        rows = (
            rows.select("id", "c1")
            .where("id >= 0")
            .join(spark.range(3).select(F.col("id").alias("k")), F.col("id") == F.col("k"))
        )
        rows = rows.select("id", "c1").where("k >= 0")
    assert rows.count() == 3


def test_a_filter_may_read_what_a_stream_left_out(spark, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "0.json").write_text('{"a": 1, "b": 10}\n{"a": 2, "b": 20}\n')
    rows = spark.readStream.schema("a INT, b INT").json(str(tmp_path / "in"))
    found = []
    for frame in (
        rows.select("a").where("b > 10"),
        rows.select("a").where(rows.b > 10),
        rows.select((rows.a * 2).alias("z")).select("z").where("b > 10 and a > 0"),
        rows.dropDuplicates(["a"]).select("a").where("b > 10"),
    ):
        query = frame.writeStream.foreachBatch(lambda batch, _: found.extend(batch.collect()))
        query.trigger(availableNow=True).start().awaitTermination()
    assert [tuple(row) for row in found] == [(2,), (2,), (4,), (2,)]
    sums = rows.groupBy("a").sum("b").where("max(b) > 10")
    query = (
        sums.writeStream.outputMode("complete").format("memory").queryName("sums").trigger(availableNow=True).start()
    )
    query.awaitTermination()
    assert [tuple(row) for row in spark.table("sums").collect()] == [(2, 20)]
