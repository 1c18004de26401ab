"""What programs do with DataFrames beside RDDs and streams."""

import datetime as dt
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest


def test_rows_come_back(spark, people):
    from pyspark.sql import Row
    from pyspark.sql import functions as F

    assert people.filter(people.id > 1).select("k", (people.v * 2).alias("w")).collect() == [
        Row(k="b", w=None),
        Row(k="a", w=5.0),
    ]
    grouped = people.groupBy("k").agg(F.sum("v").alias("s"), F.count("*").alias("n")).orderBy("k")
    assert grouped.collect() == [Row(k="a", s=4.0, n=2), Row(k="b", s=None, n=1)]
    assert grouped.schema.simpleString() == "struct<k:string,s:double,n:bigint>"


def test_show_prints_as_sparks(people, capsys):
    people.show()
    assert capsys.readouterr().out == (
        "+---+---+----+\n| id|  k|   v|\n+---+---+----+\n|  1|  a| 1.5|\n|  2|  b|NULL|\n|  3|  a| 2.5|\n+---+---+----+\n\n"
    )
    people.printSchema()
    assert capsys.readouterr().out == (
        "root\n |-- id: long (nullable = true)\n |-- k: string (nullable = true)\n |-- v: double (nullable = true)\n\n"
    )


def test_rdds_and_frames_become_each_other(spark):
    rdd = spark.sparkContext.parallelize([("a", 1), ("b", 2)], 2)
    frame = rdd.toDF(["k", "n"])
    assert frame.rdd.map(lambda row: row.n * 2).collect() == [2, 4]
    assert spark.createDataFrame(rdd, "k string, n int").dtypes == [("k", "string"), ("n", "int")]


def test_sql_reads_views(spark, people):
    people.createOrReplaceTempView("people")
    rows = spark.sql(
        "WITH big AS (SELECT * FROM people WHERE id > 1) SELECT k, count(*) AS n, max(v) OVER_MAX FROM big GROUP BY k "
        "HAVING count(*) > 0 ORDER BY n DESC, k LIMIT 5"
    ).collect()
    assert [tuple(row) for row in rows] == [("a", 1, 2.5), ("b", 1, None)]
    assert spark.sql(
        "SELECT id FROM people p WHERE EXISTS (SELECT 1 FROM people q WHERE q.id = p.id + 1) ORDER BY id"
    ).collect() == [(1,), (2,)]
    assert spark.sql("SELECT :a + 1 AS x", args={"a": 2}).collect() == [(3,)]


def test_joins_keep_sparks_columns(spark):
    left = spark.createDataFrame([(1, "x"), (2, "y")], ["id", "l"])
    right = spark.createDataFrame([(2, "p"), (3, "q")], ["id", "r"])
    assert left.join(right, "id", "outer").orderBy("id").collect() == [(1, "x", None), (2, "y", "p"), (3, None, "q")]
    assert left.join(right, left.id == right.id).columns == ["id", "l", "id", "r"]
    assert left.join(right, "id", "left_anti").collect() == [(1, "x")]


def test_a_streams_batch_goes_through_sql(spark):
    """Spark's sql_network_wordcount: a function of a batch makes a DataFrame, a view and a query of it."""
    from pyrite.testing import run_batches
    from pyspark.sql import Row
    from pyspark.streaming import StreamingContext

    seen = []
    context = StreamingContext(spark.sparkContext, 1)

    def process(time, rdd):
        if rdd.isEmpty():
            return
        words = spark.createDataFrame(rdd.map(lambda w: Row(word=w)))
        words.createOrReplaceTempView("words")
        counts = spark.sql("select word, count(*) as total from words group by word order by word")
        seen.append([tuple(row) for row in counts.collect()])

    def build(words):
        words.foreachRDD(process)
        return words

    run_batches(context, [["a", "b", "a"]], build)
    context.stop(stopSparkContext=False)
    assert seen == [[("a", 2), ("b", 1)]]


def test_files_are_written_and_read(spark, people, tmp_path):
    from pyspark.errors import AnalysisException

    for form in ("parquet", "json"):
        people.write.format(form).save(str(tmp_path / form))
        assert sorted(spark.read.format(form).load(str(tmp_path / form)).select("id", "k", "v").collect()) == sorted(
            people.collect()
        )
    people.write.csv(str(tmp_path / "csv"), header=True)
    read = spark.read.csv(str(tmp_path / "csv"), header=True, inferSchema=True)
    assert read.dtypes == [("id", "int"), ("k", "string"), ("v", "double")]
    people.write.partitionBy("k").parquet(str(tmp_path / "parts"))
    assert sorted(row.id for row in spark.read.parquet(str(tmp_path / "parts")).filter("k = 'a'").collect()) == [1, 3]
    with pytest.raises(AnalysisException, match="PATH_ALREADY_EXISTS"):
        people.write.parquet(str(tmp_path / "parts"))
    with pytest.raises(AnalysisException, match="PATH_NOT_FOUND"):
        spark.read.parquet(str(tmp_path / "none")).collect()


def test_attributes_are_columns_or_errors(people):
    """Without a server far away it is known at once; what looks for attributes, as notebooks do, finds no columns."""
    assert people.id is not None
    assert not hasattr(people, "idd")
    assert not hasattr(people, "_ipython_canary_method_should_not_exist_")


def test_errors_have_conditions(spark, people):
    from pyspark.errors import AnalysisException, ArithmeticException, UnsupportedOperationException

    with pytest.raises(AnalysisException) as caught:
        people.select("idd").collect()
    assert caught.value.getCondition() == "UNRESOLVED_COLUMN.WITH_SUGGESTION"
    assert "`id`" in str(caught.value)
    with pytest.raises(ArithmeticException) as caught:
        spark.sql("select 1 / 0").collect()
    assert caught.value.getCondition() == "DIVIDE_BY_ZERO"
    with pytest.raises(AnalysisException, match="must be executed with writeStream.start"):
        spark.readStream.format("rate").load().collect()
    with pytest.raises(UnsupportedOperationException, match="The function xxhash64 is not in Pyrite's DataFrames yet"):
        people.selectExpr("xxhash64(id)").collect()


def test_python_functions_raise_as_they_are(spark, people):
    from pyspark.sql import functions as F

    double = F.udf(lambda x: x * 2, "bigint")
    assert people.select(double("id")).collect() == [(2,), (4,), (6,)]
    with pytest.raises(KeyError, match="nothing"):
        people.select(F.udf(lambda x: {}["nothing"], "int")("id")).collect()
    spark.udf.register("plus", lambda x, y: x + y, "bigint")
    assert spark.sql("SELECT plus(1, 2)").collect() == [(3,)]
    frames = people.groupBy("k").applyInPandas(
        lambda frame: frame.assign(v=frame.v.sum()), "id long, k string, v double"
    )
    assert sorted(row.v for row in frames.filter("k = 'a'").collect()) == [4.0, 4.0]


@pytest.mark.parametrize("count", [100, 20_000])
def test_functions_of_few_and_of_many_rows_are_the_same(spark, count):
    """Many rows go through a job as those of RDDs do; values, nulls, values of another type and errors are the same."""
    from pyspark.sql import functions as F

    frame = spark.range(count).selectExpr("id", "IF(id % 3 = 0, NULL, CAST(id AS STRING)) AS t", "id / 2 AS h")
    functions = {
        "double": (F.udf(lambda n: n * 2, "bigint"), ["id"], lambda n, t, h: n * 2),
        "joined": (F.udf(lambda n, t: f"{n}-{t}", "string"), ["id", "t"], lambda n, t, h: f"{n}-{t}"),
        "three": (
            F.udf(lambda n, t, h: h if t else None, "double"),
            ["id", "t", "h"],
            lambda n, t, h: h if t else None,
        ),
        "other": (F.udf(lambda n: n if n % 2 else "x", "int"), ["id"], lambda n, t, h: n if n % 2 else None),
        "list": (F.udf(lambda n: [n, None], "array<bigint>"), ["id"], lambda n, t, h: [n, None]),
    }
    made = frame.select("id", "t", "h", *(f(*names).alias(name) for name, (f, names, _) in functions.items())).collect()
    for row in made:
        assert list(row[3:]) == [want(*row[:3]) for _, _, want in functions.values()]
    with pytest.raises(ZeroDivisionError):
        frame.select(F.udf(lambda n: 1 // (n - 50), "bigint")("id")).collect()


@pytest.mark.filterwarnings("ignore:The copy keyword")  # the client's own call, with pandas 3
def test_frames_go_to_other_libraries(people):
    assert people.toPandas()["v"].sum() == 4.0
    assert people.toArrow().num_rows == 3
    assert people.select("id", "k").toJSON().collect() == ['{"id":1,"k":"a"}', '{"id":2,"k":"b"}', '{"id":3,"k":"a"}']


@pytest.mark.filterwarnings("ignore:The copy keyword")
def test_tables_of_many_batches_go_there_too(spark):
    frame = spark.range(300_000).selectExpr("id", "id % 7 AS m")
    assert frame.toPandas()["id"].tolist() == list(range(300_000))
    assert frame.toArrow().num_rows == 300_000
    assert frame.filter("id < 0").toPandas().shape == (0, 2)
    assert sum(row.id for row in frame.toLocalIterator()) == sum(range(300_000))


def test_caches_are_read_once(spark):
    calls = []

    from pyspark.sql import functions as F

    def noted(x):
        calls.append(x)
        return x

    frame = spark.range(3).select(F.udf(noted, "bigint")("id").alias("x")).cache()
    assert frame.count() == 3
    assert frame.count() == 3
    assert frame.is_cached


def test_threads_share_a_sessions_views_and_tables(spark, people):
    """A batch's thread makes a view that the program reads, and the other way round; many queries at once are right."""
    people.createOrReplaceTempView("shared")
    kept = people.filter("id > 1").localCheckpoint()

    def ask(number):
        from pyspark.sql import functions as F

        here = spark.createDataFrame([(number, "a"), (number, "b")], "n long, k string")
        here.createOrReplaceTempView(f"made_{number}")
        joined = here.join(spark.table("shared"), "k").groupBy("k").agg(F.sum("n").alias("n"), F.count("*").alias("c"))
        plus = F.udf(lambda x: x + number, "bigint")
        return [
            sorted(map(tuple, joined.collect())),
            sorted(row.x for row in kept.select(plus("id").alias("x")).collect()),
        ]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(100)))  # more than stay open: what one thread lets go, others still ask
    assert answers == [[[("a", number * 2, 2), ("b", number, 1)], [2 + number, 3 + number]] for number in range(100)]
    assert spark.sql("SELECT sum(n) AS s FROM made_7 UNION ALL SELECT sum(n) FROM made_99 ORDER BY s").collect() == [
        (14,),
        (198,),
    ]
    for number in range(100):
        spark.catalog.dropTempView(f"made_{number}")


def test_the_end_of_a_session_ends_its_views():
    program = (
        "import pyrite, gc, weakref; pyrite.init()\n"
        "from pyspark.sql import SparkSession\n"
        "from pyrite._frames import sessions\n"
        "spark = SparkSession.builder.master('local[1]').getOrCreate()\n"
        "frame = spark.range(3).localCheckpoint()\n"
        "frame.createOrReplaceTempView('v')\n"
        "spark.stop()\n"
        "try: frame.collect()\n"
        "except Exception as error: assert 'a session that has ended' in str(error).lower(), error\n"
        "else: raise AssertionError('it ran')\n"
        "spark = SparkSession.builder.master('local[1]').getOrCreate()\n"
        "assert not spark.catalog.tableExists('v') and spark.range(2).count() == 2\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_what_is_loaded_is_loaded_once_it_is_needed():
    """pandas alone takes half a second; whoever uses it, before or after, has the real one."""
    program = (
        "import pyrite, sys; pyrite.init()\n"
        "from pyspark.sql import SparkSession, functions as F\n"
        "spark = SparkSession.builder.master('local[1]').getOrCreate()\n"
        "rows = spark.createDataFrame([(1, 'a'), (2, 'b')], ['n', 'k']).groupBy('k').agg(F.sum('n')).orderBy('k').collect()\n"
        "assert rows == [('a', 1), ('b', 2)] and not {'pandas', 'IPython'} & {*sys.modules}\n"
        "import pandas as pd\n"
        "frame = spark.createDataFrame(pd.DataFrame({'n': [1], 't': [pd.Timestamp('2026-01-02')]}))\n"
        "assert frame.dtypes == [('n', 'bigint'), ('t', 'timestamp')] and type(frame.toPandas()) is pd.DataFrame\n"
        "from pyspark.util import is_remote_only\n"
        "assert not is_remote_only()\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    ("rows", "schema"),
    [
        ([(1, "a", 1.5, True), (None, None, None, None)], None),
        ([[1, 2], [3, 4]], ["x", "y"]),
        ([{"b": 1, "a": "x"}, {"b": 2, "a": None}], None),
        ([{"b": 1, "a": "x"}, {"a": None}], None),
        ([(1, 2), (3,)], None),
        ([(1, "a"), ("b", 2)], None),
        ([(1, 1.5), (1.5, 1)], None),
        ([(True, 1), (None, 2)], ["x", "x"]),
        ([(1, "a")], ["x"]),
        ([(1, "a")], ["x", "y", "z"]),
        ([(None, 1)], None),
        ([(2**63, 1)], None),
        ([(1, "\ud800")], None),
        ([(2**31, 1)], "a int, b long"),
        ([(1, 1.5), (2, 1)], "a long, b double"),
        ([(1, None)], "a long, b string NOT NULL"),
        ([(1, 2)], "a long, b string"),
        ([(True, 2)], "a long, b long"),
        ([(1, 2, 3)], "a long, b long"),
        ([(1, float("nan"), b"x")], None),
        ([1, 2], "int"),
        ([(dt.date(2026, 1, 2), dt.datetime(2026, 1, 2)), (None, None)], ["d", "t"]),
        ([(dt.date(2026, 1, 2),), (dt.datetime(2026, 1, 2),)], None),
        ([()], None),
        ([], "a int"),
        ([None, (1,)], "a int"),
    ],
    ids=repr,
)
def test_rows_have_the_clients_types_and_errors(spark, rows, schema):
    """Rows of plain values don't go through the client's inference; what comes out is as if they did."""
    from pyspark.sql.connect.session import SparkSession

    asked = spark.range(0).sparkSession
    client = SparkSession.createDataFrame.__wrapped__

    def outcome(create):
        try:
            frame = create(list(rows), list(schema) if isinstance(schema, list) else schema)
            return frame.schema, list(map(repr, frame.collect()))
        except Exception as error:
            return type(error).__name__, str(error)

    assert outcome(spark.createDataFrame) == outcome(lambda *given: client(asked, *given))


def test_rows_of_rows_have_their_names(spark):
    from pyspark.sql import Row

    rows = [Row(name="a", n=1), Row(name="b", n=None)]
    assert spark.createDataFrame(rows).collect() == rows
    assert spark.createDataFrame(rows, ["x", "y"]).columns == ["x", "y"]
    assert spark.createDataFrame([Row(1, 2)]).columns == ["_1", "_2"]
    assert spark.createDataFrame(rows, "x string, y int").dtypes == [("x", "string"), ("y", "int")]


def test_programs_of_rdds_load_nothing_of_it():
    program = (
        "import pyrite, sys; pyrite.init()\n"
        "from pyspark.sql import SparkSession, Row\n"
        "spark = SparkSession.builder.master('local[1]').getOrCreate()\n"
        "assert spark.sparkContext.parallelize([1, 2]).map(lambda x: x + 1).collect() == [2, 3]\n"
        "loaded = [m for m in ('duckdb', 'pandas', 'grpc', 'pyarrow', 'pyspark.sql.connect') if m in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.timeout(240)
def test_small_queries_keep_memory_flat(spark):
    import psutil

    def some(count):
        for number in range(count):
            frame = spark.createDataFrame([(number, "a"), (number + 1, "b")], "n int, k string")
            frame.groupBy("k").count().collect()

    process = psutil.Process()
    some(300)
    before = process.memory_info().rss
    some(700)
    assert process.memory_info().rss - before < 20 << 20


def test_a_function_is_decorated_before_the_first_dataframe(tmp_path):
    """Its type is text, which a session reads; what it raises is told with the program's file and line."""
    program = tmp_path / "early.py"
    program.write_text(
        "import traceback; import pyrite; pyrite.init()\n"
        "from pyspark.sql import SparkSession, functions as F\n"
        "spark = SparkSession.builder.master('local[1]').getOrCreate()\n"
        "@F.udf('int')\n"
        "def halves(x):\n"
        "    return 4 // (x - 2)\n"
        "print(spark.range(2).select(halves('id').alias('h')).collect())\n"
        "try:\n"
        "    spark.range(3).select(halves('id')).collect()\n"
        "except ZeroDivisionError:\n"
        "    print(traceback.format_exc())\n"
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("[Row(h=-2), Row(h=-4)]\n"), done.stderr
    assert f'File "{program}", line 6, in halves' in done.stdout
