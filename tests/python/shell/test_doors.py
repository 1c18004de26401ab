"""SQLContext, HiveContext and `spark.read.text`, as far as RDD programs come through them. Answers are PySpark 4.3's."""

import pickle

import pytest
from pyrite.context import SparkContext
from pyrite.errors import AnalysisException, Py4JError, PySparkRuntimeError
from pyrite.sql import DataFrame, HiveContext, Row, SparkSession, SQLContext

LINES = [Row(value="one two"), Row(value="three")]


@pytest.fixture
def spark():
    with SparkSession.builder.master("local[2]").appName("doors").getOrCreate() as session:
        yield session


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_text("one two\nthree\n")
    (tmp_path / "b.txt").write_bytes(b"four\r\nfive")
    (tmp_path / "_hidden.txt").write_text("hidden")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "c.txt").write_text("six\n")
    return tmp_path


def values(frame):
    return [[row.value for row in part] for part in frame.rdd.glom().collect()]


def test_rows_of_lines(spark, folder):
    lines = spark.read.text(f"{folder}/a.txt")
    assert isinstance(lines, DataFrame)
    assert (lines.collect(), lines.count(), lines.rdd.collect(), lines.rdd.getNumPartitions()) == (LINES, 2, LINES, 1)
    assert (lines.take(1), lines.first(), lines.head(), lines.head(2)) == (LINES[:1], LINES[0], LINES[0], LINES)
    assert lines.rdd is lines.rdd
    assert (lines.columns, str(lines), lines.isEmpty()) == (["value"], "DataFrame[value: string]", False)
    assert list(lines.toLocalIterator()) == LINES
    assert repr(lines.collect()) == "[Row(value='one two'), Row(value='three')]"
    assert pickle.loads(pickle.dumps(lines.first())) == LINES[0]


def test_paths(spark, folder):
    both = [["one two", "three"], ["four", "five"]]
    assert values(spark.read.text([f"{folder}/a.txt", f"{folder}/b.txt", f"{folder}/empty.txt"])) == both
    assert values(spark.read.text(f"{folder}/*.txt")) == both
    assert values(spark.read.text(str(folder))) == both
    assert spark.read.text(f"file://{folder}/a.txt").count() == 2
    assert spark.read.text(f"{folder}/_hidden.txt").collect() == []
    empty = spark.read.text(f"{folder}/empty.txt")
    assert (empty.rdd.getNumPartitions(), empty.count(), empty.collect(), empty.first()) == (0, 0, [], None)
    assert spark.read.format("text").load(f"{folder}/a.txt").collect() == LINES
    assert spark.read.load(f"{folder}/a.txt", format="text").collect() == LINES


def test_large_files_are_cut_and_small_ones_share(spark, folder):
    with open(folder / "big.log", "w") as file:
        file.writelines("%0100d\n" % n for n in range(150_000))
    big = spark.read.text(f"{folder}/big.log")
    assert big.rdd.map(len).glom().map(len).collect() == [95764, 54236]
    three = spark.read.text([f"{folder}/a.txt", f"{folder}/big.log", f"{folder}/b.txt"])
    assert [len(part) for part in values(three)] == [137292, 12712]
    assert values(three)[1][-4:] == ["one two", "three", "four", "five"]
    spark.conf.set("spark.sql.files.maxPartitionBytes", "5m")
    assert big.count() == spark.read.text(f"{folder}/big.log").count() == 150_000
    assert spark.read.text(f"{folder}/big.log").rdd.getNumPartitions() == 3


def test_bytes_that_are_no_text(spark, tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"a\xff\xfeb\n\xef\xbb\xbfx\n")
    assert spark.read.text(f"{tmp_path}/bad.txt").collect() == [Row(value="a\ufffd\ufffdb"), Row(value="\ufeffx")]


@pytest.mark.parametrize("name", ["nope.txt", "nope*.txt", "a.txt,b.txt"])
def test_a_path_that_is_not_there_is_known_at_once(spark, folder, name):
    with pytest.raises(AnalysisException) as caught:
        spark.read.text(f"{folder}/{name}")
    assert str(caught.value) == f"[PATH_NOT_FOUND] Path does not exist: file:{folder}/{name}. SQLSTATE: 42K03"
    assert caught.value.getCondition() == "PATH_NOT_FOUND"


STEPS = {
    "index": lambda rdd: rdd.map(lambda r: r[0]),
    "last": lambda rdd: rdd.map(lambda r: r[-1]),
    "attribute": lambda rdd: rdd.map(lambda r: r.value),
    "key": lambda rdd: rdd.map(lambda r: r["value"]),
    "words": lambda rdd: rdd.flatMap(lambda r: r.value.split()),
    "filter": lambda rdd: rdd.filter(lambda r: "t" in r[0] and r.value.startswith("o")).map(lambda r: r.value),
    "named": lambda rdd: rdd.filter(lambda r: "w" in r.value),
    "pair": lambda rdd: rdd.map(lambda row: (row.value, len(row[0]))),
}


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("index", ["one two", "three"]),
        ("last", ["one two", "three"]),
        ("attribute", ["one two", "three"]),
        ("key", ["one two", "three"]),
        ("words", ["one", "two", "three"]),
        ("filter", ["one two"]),
        ("named", [LINES[0]]),
        ("pair", [("one two", 7), ("three", 5)]),
    ],
)
def test_functions_of_the_value_are_compiled(spark, folder, capsys, step, answer):
    made = STEPS[step](spark.read.text(f"{folder}/a.txt").rdd)
    assert made.collect() == answer
    made.explain()
    shown = capsys.readouterr().out
    assert "native; rows: 2 native, 0 declined, 0 Python" in shown
    assert "test_doors.py" in shown


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        (lambda r: r, LINES),
        (list, [["one two"], ["three"]]),
        (len, [1, 1]),
        (str, ["Row(value='one two')", "Row(value='three')"]),
        (lambda r: r.asDict(), [{"value": "one two"}, {"value": "three"}]),
        (lambda r: (r, 1), [(LINES[0], 1), (LINES[1], 1)]),
        (lambda r: [x for x in r], [["one two"], ["three"]]),
        (lambda r: ("value" in r, "one two" in r), [(True, False), (True, False)]),
        (lambda r: r[0:1], [("one two",), ("three",)]),
        (lambda r: "%s!" % r, ["one two!", "three!"]),
        (lambda r: r[False], ["one two", "three"]),
        (lambda r, more=1: r[0] * more, ["one two", "three"]),
    ],
)
def test_all_others_see_rows(spark, folder, step, answer):
    assert spark.read.text(f"{folder}/a.txt").rdd.map(step).collect() == answer


def test_other_steps(spark, folder):
    rdd = spark.read.text(f"{folder}/a.txt").rdd
    assert rdd.filter(lambda r: "t" in r).collect() == []
    assert rdd.flatMap(lambda r: r).collect() == ["one two", "three"]
    assert rdd.mapPartitions(lambda rows: [[r.value for r in rows]]).collect() == [["one two", "three"]]
    assert rdd.keyBy(lambda r: r.value[0]).collect() == [("o", LINES[0]), ("t", LINES[1])]
    assert rdd.sortBy(lambda r: r.value, ascending=False).first() == LINES[1]
    assert rdd.zipWithIndex().collect() == [(LINES[0], 0), (LINES[1], 1)]
    assert rdd.cache().map(lambda r: r[0]).collect() == ["one two", "three"]
    assert rdd.count() == 2


@pytest.mark.parametrize("wrong", [lambda r: r[1], lambda r: r.other, lambda r: r["other"], lambda r: r[True]])
def test_a_field_that_is_not_there(spark, folder, wrong):
    rdd = spark.read.text(f"{folder}/a.txt").rdd
    with pytest.raises((IndexError, AttributeError, ValueError)):
        rdd.map(wrong).collect()


@pytest.mark.parametrize("native", ["auto", "off"])
@pytest.mark.parametrize("workers", ["0", "2"])
def test_word_count(folder, native, workers):
    options = {"pyrite.native": native, "pyrite.python.workers": workers}
    with SparkSession.builder.master("local[2]").config(map=options).getOrCreate() as spark:
        lines = spark.read.text([f"{folder}/a.txt", f"{folder}/b.txt"]).rdd.map(lambda r: r[0])
        counts = lines.flatMap(lambda x: x.split(" ")).map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b)
        assert sorted(counts.collect()) == [("five", 1), ("four", 1), ("one", 1), ("three", 1), ("two", 1)]


@pytest.mark.parametrize("door", [SQLContext, HiveContext])
def test_contexts_of_spark_1(spark, folder, door):
    sc = spark.sparkContext
    with pytest.warns(FutureWarning, match="SparkSession.builder"):
        old = door(sc)
    assert (old.sparkSession is spark, old._sc is sc) == (True, True)
    assert old.read.text(f"{folder}/a.txt").count() == 2
    old.setConf("spark.sql.shuffle.partitions", 5)
    assert (old.getConf("spark.sql.shuffle.partitions"), old.getConf("none", "d")) == ("5", "d")
    with pytest.warns(FutureWarning):
        assert SQLContext(sc).newSession().sparkSession is not spark
    with pytest.warns(FutureWarning):
        assert SQLContext.getOrCreate(sc)._sc is sc
    with pytest.raises(
        AttributeError, match=rf"^`{door.__name__}.sql` comes with DataFrames: install the extra `pyrite\[sql\]`.$"
    ):
        old.sql("select 1")


def test_a_new_session_has_settings_of_its_own(spark):
    new = spark.newSession()
    spark.conf.set("a", 1)
    new.conf.set("a", 2)
    assert (new.sparkContext is spark.sparkContext, new is spark) == (True, False)
    assert (spark.conf.get("a"), new.conf.get("a"), new.conf.get("spark.app.name")) == ("1", "2", "doors")
    assert SparkSession.getActiveSession() is spark


def test_what_comes_with_dataframes_says_so(spark, folder):
    lines = spark.read.text(f"{folder}/a.txt")
    for name, ask in {
        "DataFrame.show": lambda: lines.show(),
        "DataFrame.select": lambda: lines.select("value"),
        "DataFrameReader.csv": lambda: spark.read.csv("x"),
        "SparkSession.createDataFrame": lambda: spark.createDataFrame([(1,)]),
        "SparkSession.builder.remote": lambda: SparkSession.builder.remote("x"),
    }.items():
        with pytest.raises(AttributeError) as caught:
            ask()
        assert str(caught.value) == f"`{name}` comes with DataFrames: install the extra `pyrite[sql]`."
    for ask in (
        lambda: spark.read.text(f"{folder}/a.txt", wholetext=True),
        lambda: spark.read.option("lineSep", " ").text(f"{folder}/a.txt"),
        lambda: spark.read.load(f"{folder}/a.txt"),
        lambda: spark.sparkContext.parallelize([1]).toDF(),
    ):
        with pytest.raises(PySparkRuntimeError, match=r"comes with DataFrames: install the extra `pyrite\[sql\]`.$"):
            ask()
    with pytest.raises(Py4JError):
        spark.read.text(3)


def test_handles_to_a_jvm_are_one_sentence(spark):
    sc = spark.sparkContext
    owners = [
        (sc, "SparkContext", "_jsc _jvm _gateway"),
        (sc.emptyRDD(), "RDD", "_jrdd"),
        (spark, "SparkSession", "_jvm"),
    ]
    for owner, kind, names in owners:
        for name in names.split():
            with pytest.raises(AttributeError) as caught:
                getattr(owner, name)
            assert str(caught.value) == (
                f"`{kind}.{name}` is a handle to Spark's JVM, and Pyrite runs without one: use the methods of Python's API."
            )
            assert not hasattr(owner, name)


def test_the_context_may_be_replaced(spark):
    spark.stop()
    assert SparkContext._active_spark_context is None
    with SparkSession.builder.master("local[1]").getOrCreate() as again:
        assert again.sparkContext.parallelize([1]).collect() == [1]


def test_the_context_of_spark_1_ends_with_its_session(spark):
    with pytest.warns(FutureWarning):
        SQLContext(spark.sparkContext)
    spark.stop()
    assert SQLContext._instantiatedContext is None
