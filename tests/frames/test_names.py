"""Columns, fields and texts of any characters: names are quoted, marks of the planner's can't be forged."""

import pytest

NAMES = [
    "a b", "a.b", '"', "'", "`", "", "select", "ünï", "日本", "\n", "\x02", "\x03", "\x04", "\x05", "\x06row", "\x07", "\x070\x07", "c1", "c2", "n_", "m_",
    "t", "l_", "r_", "v0", "one", "$x", "%s", "a\\b", "1", "*", "NULL", "x;y", "--c", "/*", "{0}", "e_", "range", "n_row_", ', "\x06row"',
]  # fmt: skip


def _quoted(name):
    return "`" + name.replace("`", "``") + "`"


def _rows(frame):
    return sorted((tuple(row) for row in frame.collect()), key=str)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_column_of_any_name(spark, name):
    from pyspark.sql import Window
    from pyspark.sql import functions as F
    from pyspark.sql.types import IntegerType, StringType, StructField, StructType

    schema = StructType([StructField(name, IntegerType()), StructField("k", StringType())])
    frame = spark.createDataFrame([(1, "x"), (2, "y"), (None, "x")], schema)
    column = F.col(_quoted(name))
    assert frame.columns == [name, "k"]
    assert _rows(frame.select(column, (column + 1).alias(name))) == [(1, 2), (2, 3), (None, None)]
    assert frame.select(column + 1).columns == [f"({name} + 1)"]
    assert _rows(frame.filter(column > 1)) == [(2, "y")]
    summed = frame.groupBy("k").agg(F.sum(_quoted(name)).alias(name))
    assert summed.columns == ["k", name]
    assert _rows(summed) == [("x", 1), ("y", 2)]
    assert _rows(frame.groupBy(column).count()) == [(1, 1), (2, 1), (None, 1)]
    assert _rows(frame.join(frame.select(_quoted(name)), [name])) == [(1, "x"), (2, "y")]
    assert [row[0] for row in frame.orderBy(column.desc()).collect()] == [2, 1, None]
    over = frame.select("k", F.sum(column).over(Window.partitionBy("k")))
    assert _rows(over) == [("x", 1), ("x", 1), ("y", 2)]
    packed = frame.select(F.struct(column, "k").alias("s"))
    assert packed.schema[0].dataType.names == [name, "k"]
    assert _rows(packed.select(F.col("s").getField(name), "s.*")) == [(1, 1, "x"), (2, 2, "y"), (None, None, "x")]
    assert frame.select(F.lit(name), F.concat(F.lit(name), F.lit("!"))).first() == (name, name + "!")
    frame.createOrReplaceTempView("odd")
    text = f"SELECT {_quoted(name)}, count(*) OVER (PARTITION BY {_quoted(name)}) AS {_quoted(name)} FROM odd"
    if "\\" not in name:
        assert _rows(spark.sql(text)) == [(1, 1), (2, 1), (None, 1)]
    assert frame.withColumn("k", F.lit(name)).groupBy().pivot("k").count().columns == [name]
    assert _rows(frame.select(F.udf(lambda v: (v or 0) + 1, "int")(column))) == [(1,), (2,), (3,)]
    assert len(frame.dropDuplicates([name]).collect()) == 3
    assert _rows(frame.withColumn(name, F.lit(5))) == [(5, "x"), (5, "x"), (5, "y")]


def test_values_over_groups_keep_their_texts(spark):
    """What is put together for a window over groups is not sought in texts."""
    frame = spark.createDataFrame([("a", 1), ("b", 2)], "k string, v int")
    frame.createOrReplaceTempView("texts")
    found = spark.sql(
        "SELECT k || ', n_row_' AS t, rank() OVER (ORDER BY max(v)) AS r, concat(max(k), ', \"\x06row\"') AS u FROM texts GROUP BY k"
    )
    assert _rows(found) == [("a, n_row_", 1, 'a, "\x06row"'), ("b, n_row_", 2, 'b, "\x06row"')]


@pytest.mark.parametrize("names", [("a", "A"), ("x y", "x.y"), ("\x02", "\x03"), ("", "b")], ids=ascii)
def test_a_struct_whose_fields_the_executor_could_mix_up(spark, names):
    from pyspark.sql import functions as F
    from pyspark.sql.types import IntegerType, StructField, StructType

    inner = StructType([StructField(name, IntegerType()) for name in names])
    frame = spark.createDataFrame([((1, 2),), (None,)], StructType([StructField("s", inner)]))
    assert [row[0] and tuple(row[0]) for row in frame.collect()] == [(1, 2), None]
    assert _rows(frame.select("s.*")) == [(1, 2), (None, None)]
    assert frame.select("s.*").columns == list(names)
    assert [tuple(row[0][0]) for row in frame.limit(1).select(F.array("s")).collect()] == [(1, 2)]
    assert _rows(frame.select(F.col("s").cast("string"))) == [("{1, 2}",), (None,)]
