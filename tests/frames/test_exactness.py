"""Where an answer could silently be another one: values of chance, computed constants, letters, names told apart by case."""

import pytest


def test_a_value_of_chance_is_one_value_a_row(spark):
    from pyspark.sql import functions as F

    frame = spark.range(2_000)
    drawn = frame.select(F.rand().alias("r")).select("r", (F.col("r") * 2).alias("twice"), F.round("r", 3).alias("cut"))
    assert all(row.twice == 2 * row.r and abs(row.cut - row.r) <= 0.0005001 for row in drawn.collect())
    # What a formula reads several times is drawn once.
    for value in (
        F.round(F.rand() * 100, 2),
        F.rand().cast("string").cast("double") * 100,
        F.pmod(F.rand() * 100, F.lit(7.0)),
    ):
        assert all(0 <= row[0] <= 100 for row in frame.select(value).collect())
    assert frame.filter(F.rand() < 0.5).count() not in (0, 2_000)
    assert sorted(row.id for row in frame.orderBy(F.rand()).collect()) == list(range(2_000))
    assert len({row[0] for row in frame.select(F.uuid()).collect()}) == 2_000
    assert frame.filter(F.monotonically_increasing_id() >= 1_990).count() == 10
    assert frame.groupBy().agg((F.count("*") * F.floor(F.rand() + 1)).alias("n")).first().n == 2_000


def test_a_seed_of_the_users_is_declined(spark):
    from pyspark.errors import UnsupportedOperationException
    from pyspark.sql import functions as F

    for made in (F.rand(7), F.randn(0)):
        with pytest.raises(UnsupportedOperationException, match="with a seed is not in Pyrite"):
            spark.range(3).select(made).collect()


def test_what_is_computed_is_no_constant(spark):
    """A column or an expression isn't taken for the literal that its name looks like."""
    from pyspark.errors import UnsupportedOperationException
    from pyspark.sql import functions as F

    frame = spark.createDataFrame([("abc", 2.345, 1)], "`month` string, x double, `2` int")
    for made in (
        F.regexp_replace("month", F.concat(F.lit("a"), F.lit("b")), F.lit("z")),
        F.date_trunc("month", F.current_timestamp()).cast("string").substr(9, 2).isNull()
        & F.expr("date_part(month, now()) > 0"),
        F.expr("trunc(current_date(), month) IS NULL"),
        F.round("x", F.col("2")),
        F.expr("split(month, lower('B'))"),
    ):
        with pytest.raises(UnsupportedOperationException, match="isn't a constant is not in Pyrite"):
            frame.select(made).collect()
    assert frame.select(F.round("x", F.lit(1)), F.regexp_replace("month", "b", "z")).first() == (2.3, "azc")


def test_names_are_told_apart_by_case_where_the_session_says_so(spark):
    spark.conf.set("spark.sql.caseSensitive", "true")
    try:
        assert spark.sql("SELECT a, A FROM (SELECT 1 AS a, 2 AS A)").first() == (1, 2)
        assert spark.sql("SELECT t.A FROM (SELECT 1 AS a, 2 AS A) t").first() == (2,)
    finally:
        spark.conf.set("spark.sql.caseSensitive", "false")
    assert spark.sql("SELECT A FROM (SELECT 1 AS a)").first() == (1,)


def test_letters_become_several_and_marks_stay_in_their_places(spark):
    frame = spark.createDataFrame([("Straße ﬁn",), ("ΟΔΟΣ ΣΟΦΟΣ",), ("İz",), ("e\u0301x",)], "s string")
    found = [tuple(row) for row in frame.selectExpr("upper(s)", "lower(s)", "reverse(s)").collect()]
    assert found == [
        ("STRASSE FIN", "straße ﬁn", "nﬁ eßartS"),
        ("ΟΔΟΣ ΣΟΦΟΣ", "οδος σοφος", "ΣΟΦΟΣ ΣΟΔΟ"),
        ("İZ", "i\u0307z", "zİ"),
        ("E\u0301X", "e\u0301x", "x\u0301e"),
    ]


def test_a_column_that_is_selected_twice_isnt_ambiguous(spark):
    frame = spark.createDataFrame([(2,), (1,)], "id int")
    assert [tuple(row) for row in frame.select("id", "id").orderBy("id").collect()] == [(1, 1), (2, 2)]
    spark.range(2).createOrReplaceTempView("numbers")
    text = "SELECT a.id, b.id, e FROM numbers a RIGHT JOIN numbers b USING (id) LATERAL VIEW explode(array(7)) v AS e"
    assert sorted(tuple(row) for row in spark.sql(text).collect()) == [(0, 0, 7), (1, 1, 7)]


def test_widths_and_json_are_javas(spark, capsys):
    texts = ["✅ ok", "日本語", "⭐", "𝒳y", "👍🏽", "👍" * 12]
    spark.createDataFrame([(text,) for text in texts], "s string").show()
    assert capsys.readouterr().out.splitlines()[3:9] == [
        "|                ✅ ok|",
        "|              日本語|",
        "|                   ⭐|",
        "|                 𝒳y|",
        "|                👍🏽|",
        "|👍👍👍👍👍👍👍👍?...|",
    ]
    row = (1e10, 1.5, float("nan"), 'a\u001f\n"\\é/', [1.0, None], (1e-5, None))
    made = spark.createDataFrame(
        [row], "a double, b float, c double, d string, e array<double>, f struct<x:double,y:int>"
    )
    assert made.toJSON().collect() == [
        '{"a":1.0E10,"b":1.5,"c":"NaN","d":"a\\u001F\\n\\"\\\\é/","e":[1.0,null],"f":{"x":1.0E-5}}'
    ]


def test_an_idle_thread_gathers_no_names_of_tables(spark):
    """What other threads have forgotten is told only to those that had it."""
    import threading

    from pyrite._frames.sessions import client_session, service_of

    executor = service_of(client_session(spark)).catalog.executor
    began, ends = threading.Event(), threading.Event()

    def idle():
        spark.range(1).collect()
        began.set()
        ends.wait(30)

    thread = threading.Thread(target=idle)
    thread.start()
    try:
        assert began.wait(30)
        for number in range(200):
            spark.createDataFrame([(number,)], "n int").collect()
        assert sum(len(each.forgotten) for each in list(executor._connections)) <= 2
    finally:
        ends.set()
        thread.join()


def test_a_function_that_fails_leaves_no_table(spark):
    from pyrite._frames.sessions import client_session, service_of
    from pyspark.sql import functions as F

    frame = spark.range(3).select(F.udf(lambda v: v + 1, "long")("id").alias("a"))
    broken = frame.select(F.udf(lambda v: v // 0, "long")("a"))
    with pytest.raises(ZeroDivisionError):
        broken.collect()
    executor = service_of(client_session(spark)).catalog.executor
    found = executor.run("SELECT view_name FROM duckdb_views() WHERE view_name LIKE 'u%' AND NOT internal")
    assert found.num_rows == 0
