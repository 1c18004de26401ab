"""Rows that tie in an order stay in the order of the input, as Spark's stable sort leaves them."""

import pytest

# Enough rows that several of the executor's threads take part.
COUNT = 300_000


@pytest.fixture(scope="module")
def ties(spark):
    """Numbered rows of two keys with very few values."""
    return spark.range(COUNT).selectExpr("id", "id % 3 AS k", "id % 2 AS v").cache()


def _numbers(frame, *names):
    table = frame.toArrow()
    return [table.column(name).to_pylist() for name in names]


def test_a_sort_keeps_ties(spark, ties):
    ties.createOrReplaceTempView("ties")
    for frame in (ties.orderBy("v"), spark.sql("SELECT * FROM ties ORDER BY v")):
        ids, values = _numbers(frame, "id", "v")
        assert values == [0] * (COUNT // 2) + [1] * (COUNT // 2)
        assert ids == list(range(0, COUNT, 2)) + list(range(1, COUNT, 2))
    assert [row.id for row in ties.orderBy("v", ascending=False).limit(4).collect()] == [1, 3, 5, 7]


def test_functions_of_places_count_ties_as_they_came(ties):
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    window = Window.partitionBy("k").orderBy("v")
    made = ties.select(
        "*",
        F.row_number().over(window).alias("n"),
        F.lag("id").over(window).alias("before"),
        F.sum("id").over(window.rowsBetween(-1, 0)).alias("two"),
        F.first("id").over(window).alias("first"),
        F.last("id").over(window).alias("last"),
        F.rank().over(window).alias("rank"),
        F.count("*").over(window).alias("count"),
    )
    ids, ks, vs, places, before, two, first, last, ranks, counts = _numbers(made, *made.columns)
    want = sorted(range(COUNT), key=lambda i: (i % 3, i % 2))
    assert ids == want
    half = COUNT // 6
    for at in range(COUNT):
        in_key = at % (COUNT // 3)
        assert places[at] == in_key + 1
        assert before[at] == (want[at - 1] if in_key else None)
        assert two[at] == want[at] + (want[at - 1] if in_key else 0)
        assert first[at] == want[at - in_key]
        # Rows that tie are peers here: the frame ends with the last of them.
        assert last[at] == want[at - in_key + (half if in_key < half else 2 * half) - 1]
        assert ranks[at] == (1 if in_key < half else half + 1)
        assert counts[at] == (half if in_key < half else 2 * half)


def test_groups_and_duplicates_take_the_first(ties):
    from pyspark.sql import functions as F

    made = ties.groupBy("k").agg(F.first("id").alias("first"), F.last("id").alias("last")).orderBy("k")
    assert [tuple(row) for row in made.collect()] == [(0, 0, COUNT - 3), (1, 1, COUNT - 2), (2, 2, COUNT - 1)]
    assert sorted(row.id for row in ties.dropDuplicates(["k", "v"]).collect()) == [0, 1, 2, 3, 4, 5]
