"""SparkSession: the way to a SparkContext, and one sentence for everything else."""

import pytest
from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.errors import SparkNoSuchElementException
from pyrite.sql import SparkSession


def test_builder_makes_a_context_with_its_options():
    spark = SparkSession.builder.appName("words").master("local[2]").config("spark.x", 1).getOrCreate()
    assert spark.sparkContext.appName == "words"
    assert spark.sparkContext.master == "local[2]"
    assert spark.version == "4.3.0"
    assert spark.conf.get("spark.x") == "1"
    assert spark.sparkContext.parallelize(["a"]).collect() == ["a"]


def test_get_or_create_gives_the_running_one_with_the_new_options():
    spark = SparkSession.builder.master("local[1]").getOrCreate()
    again = SparkSession.builder.config(conf=SparkConf().set("a", 1)).config(map={"b": True}).getOrCreate()
    assert again is spark
    assert (spark.conf.get("a"), spark.conf.get("b")) == ("1", "true")
    assert SparkSession.getActiveSession() is spark


def test_a_running_context_is_used():
    sc = SparkContext("local[1]", "mine")
    assert SparkSession.builder.getOrCreate().sparkContext is sc
    assert SparkSession(sc).sparkContext is sc


def test_stop_stops_the_context():
    with SparkSession.builder.master("local[1]").getOrCreate():
        pass
    assert SparkContext._active_spark_context is None
    assert SparkSession.getActiveSession() is None
    fresh = SparkSession.builder.master("local[1]").getOrCreate()
    assert fresh.sparkContext.parallelize([1]).collect() == [1]


def test_settings():
    conf = SparkSession.builder.master("local[1]").getOrCreate().conf
    conf.set("flag", False)
    assert conf.get("flag") == "false"
    assert conf.get("none", None) is None
    assert conf.get("none", "d") == "d"
    conf.unset("flag")
    with pytest.raises(SparkNoSuchElementException, match='The SQL config "flag" cannot be found'):
        conf.get("flag")
    assert conf.getAll["spark.master"] == "local[1]"


@pytest.mark.parametrize("name", ["catalog", "createDataFrame", "sql", "table"])
def test_anything_else_is_one_clear_sentence(name):
    spark = SparkSession.builder.master("local[1]").getOrCreate()
    with pytest.raises(
        AttributeError, match=rf"`SparkSession.{name}` comes with DataFrames: install the extra `pyrite\[sql\]`.$"
    ):
        getattr(spark, name)
    with pytest.raises(AttributeError, match=r"`SparkSession.builder.remote` comes with DataFrames: install"):
        SparkSession.builder.remote("sc://here")
    assert SparkSession.builder.enableHiveSupport().getOrCreate() is spark
