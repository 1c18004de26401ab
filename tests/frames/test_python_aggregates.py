"""Aggregate functions of pandas and Arrow: of groups, of all rows, over windows, in SQL. The answers are real PySpark's."""

import datetime

import pytest

# How the client finds out what a function takes: by its parameters' types.
pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore:WARN WindowExpression:UserWarning"),
]


@pytest.fixture
def rows(spark):
    data = [(1, "a", 1.0), (2, "b", 2.0), (3, "a", 4.0), (4, None, 8.0), (5, "c", None), (6, "b", 16.0)]
    return spark.createDataFrame(data, "id int, k string, v double")


@pytest.fixture
def total():
    from pyspark.sql.functions import pandas_udf

    @pandas_udf("double")
    def total(v: pd.Series) -> float:
        return v.sum()

    return total


@pytest.fixture
def count():
    from pyspark.sql.functions import pandas_udf

    @pandas_udf("int")
    def count(v: pd.Series) -> int:
        return len(v)

    return count


def _tuples(frame):
    return sorted((tuple(row) for row in frame.collect()), key=str)


def _mapped(frame):
    return {row[0]: row[1] for row in frame.collect()}


def test_groups(rows, total, count):
    from pyspark.sql import functions as F

    assert _mapped(rows.groupBy("k").agg(total("v"))) == {None: 8.0, "a": 5.0, "b": 18.0, "c": 0.0}
    both = rows.groupBy("k").agg(total("v"), count("id").alias("n"))
    assert both.columns == ["k", "total(v)", "n"]
    assert _tuples(both) == [("a", 5.0, 2), ("b", 18.0, 2), ("c", 0.0, 1), (None, 8.0, 1)]
    assert _mapped(rows.groupBy("k").agg(total("v") + count("id")))["b"] == 20.0
    keys = rows.groupBy(F.upper("k"), (F.col("id") % 2).alias("m")).agg(total("v"))
    assert _tuples(keys) == [("A", 1, 5.0), ("B", 0, 18.0), ("C", 1, 0.0), (None, 0, 8.0)]


def test_all_rows(rows, total, count):
    assert _tuples(rows.agg(total("v"))) == [(31.0,)]
    assert _tuples(rows.select(total("v"), count("id"))) == [(31.0, 6)]
    # Of no rows Spark makes no group, here.
    assert rows.filter("id > 100").agg(total("v")).collect() == []
    assert rows.filter("id > 100").groupBy("k").agg(total("v")).collect() == []


def test_functions_of_parts_and_of_arrow(rows):
    from collections.abc import Iterator

    import pyarrow.compute as pc
    from pyspark.sql.functions import arrow_udf, pandas_udf

    @pandas_udf("double")
    def parts(v: Iterator[pd.Series]) -> float:
        return sum(float(each.sum()) for each in v)

    @pandas_udf("double")
    def products(v: Iterator[tuple[pd.Series, pd.Series]]) -> float:
        return sum(float((a * b).sum()) for a, b in v)

    @arrow_udf("double")
    def total(v: pa.Array) -> pa.Scalar:
        return pc.sum(v)

    assert _mapped(rows.groupBy("k").agg(parts("v"))) == {None: 8.0, "a": 5.0, "b": 18.0, "c": 0.0}
    assert _mapped(rows.groupBy("k").agg(products("v", "id"))) == {None: 32.0, "a": 13.0, "b": 100.0, "c": 0.0}
    assert _mapped(rows.groupBy("k").agg(total("v"))) == {None: 8.0, "a": 5.0, "b": 18.0, "c": None}


def test_windows(rows, total, count):
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    keyed = Window.partitionBy("k")
    assert _mapped(rows.select("id", total("v").over(keyed))) == {1: 5.0, 2: 18.0, 3: 5.0, 4: 8.0, 5: 0.0, 6: 18.0}
    running = rows.select("id", total("v").over(keyed.orderBy("id")))
    assert running.columns[1] == (
        "total(v) OVER (PARTITION BY k ORDER BY id ASC NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )
    assert [tuple(row) for row in running.collect()] == [(4, 8.0), (1, 1.0), (3, 5.0), (2, 2.0), (6, 18.0), (5, 0.0)]
    three = Window.orderBy("id").rowsBetween(-1, 1)
    assert _mapped(rows.select("id", total("v").over(three))) == {1: 3.0, 2: 7.0, 3: 14.0, 4: 12.0, 5: 24.0, 6: 16.0}
    before = Window.orderBy("id").rowsBetween(-3, -2)
    assert _mapped(rows.select("id", count("v").over(before))) == {1: 0, 2: 0, 3: 1, 4: 2, 5: 2, 6: 2}
    tied = rows.withColumn("g", F.col("id") % 2).select("id", total("v").over(Window.orderBy("g")))
    assert _mapped(tied) == {2: 26.0, 4: 26.0, 6: 26.0, 1: 31.0, 3: 31.0, 5: 31.0}


def test_sql(spark, rows, total):
    spark.udf.register("total", total)
    rows.createOrReplaceTempView("t")
    assert _mapped(spark.sql("SELECT k, total(v) AS s FROM t GROUP BY k HAVING total(v) > 1")) == {
        None: 8.0, "a": 5.0, "b": 18.0,
    }  # fmt: skip
    over = spark.sql("SELECT id, total(v) OVER (PARTITION BY k ORDER BY id) AS s FROM t")
    assert _mapped(over) == {4: 8.0, 1: 1.0, 3: 5.0, 2: 2.0, 6: 18.0, 5: 0.0}


def test_what_spark_refuses_and_what_is_declined(rows, total):
    from pyspark.errors import AnalysisException, UnsupportedOperationException
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    with pytest.raises(AnalysisException, match="`total` cannot be invoked together") as raised:
        rows.groupBy("k").agg(total("v"), F.sum("v")).collect()
    assert raised.value.getCondition() == "INVALID_PANDAS_UDF_PLACEMENT"
    with pytest.raises(AnalysisException, match="PANDAS_UDAF_IN_PIVOT"):
        rows.groupBy("k").pivot("id").agg(total("v")).collect()
    with pytest.raises(AnalysisException, match="INVALID_WHERE_CONDITION"):
        rows.filter(total("v") > 1).collect()
    with pytest.raises(UnsupportedOperationException, match="under rollup, cube or grouping sets is not in"):
        rows.rollup("k").agg(total("v")).collect()
    with pytest.raises(UnsupportedOperationException, match="RANGE frame with an offset is not in"):
        rows.select(total("v").over(Window.orderBy("id").rangeBetween(-1, 1))).collect()


def test_moments_are_the_sessions_own_and_have_no_zone(spark):
    from pyspark.sql import functions as F
    from pyspark.sql.functions import pandas_udf

    @pandas_udf("string")
    def shown(t: pd.Series) -> pd.Series:
        return t.map(str)

    @pandas_udf("timestamp")
    def later(t: pd.Series) -> pd.Series:
        return t + pd.Timedelta(hours=1)

    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    try:
        frame = spark.createDataFrame([(1,), (2,)], "id int").select(
            "id", F.when(F.col("id") == 1, F.timestamp_seconds(F.lit(1704078245))).alias("t")
        )
        assert [row[0] for row in frame.select(shown("t")).collect()] == ["2024-01-01 12:04:05", "NaT"]
        assert frame.select(later("t").cast("string")).first()[0] == "2024-01-01 13:04:05"
        moved = frame.groupBy("id").applyInPandas(
            lambda group: group.assign(t=group.t + pd.Timedelta(days=1)), "id int, t timestamp"
        )
        assert _mapped(moved.selectExpr("id", "cast(t as string)")) == {1: "2024-01-02 12:04:05", 2: None}
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)


def test_functions_of_columns_take_batches_and_give_as_many_rows(spark, rows):
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql.functions import pandas_udf, struct

    @pandas_udf("int")
    def size(v: pd.Series) -> pd.Series:
        return pd.Series([len(v)] * len(v))

    @pandas_udf("int")
    def short(v: pd.Series) -> pd.Series:
        return v[:1]

    @pandas_udf("long")
    def twice(s: pd.DataFrame) -> pd.Series:
        return s.id * 2

    sizes = {row[0] for row in spark.range(25_000).select(size("id")).collect()}
    assert sizes == {10_000, 5_000}
    with pytest.raises(PySparkRuntimeError, match="must match the number of input rows"):
        rows.select(short("id")).collect()
    assert [row[0] for row in rows.select(twice(struct("id", "k"))).collect()] == [2, 4, 6, 8, 10, 12]


def test_groups_come_in_the_order_of_their_keys(spark):
    """Spark's partitions of few rows become one, which is sorted."""
    for kind, keys in {
        "string": ["x", "y", "z", "a", None, "Ü"],
        "date": [datetime.date(2024, 1, day) for day in (3, 1, 2)],
        "double": [1.5, -4.5, 0.0],
    }.items():
        frame = spark.createDataFrame([(key,) for key in keys], f"k {kind}").groupBy("k")
        found = [row.k for row in frame.applyInPandas(lambda group: group, f"k {kind}").collect()]
        assert found == sorted(keys, key=lambda key: (key is not None, key))
