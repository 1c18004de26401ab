"""SparkConf keeps strings and chains."""

import pytest
from pyrite.conf import SparkConf
from pyrite.errors import PySparkRuntimeError


def test_setters_chain_and_values_are_text():
    conf = SparkConf().setMaster("local[2]").setAppName("a").set("x", True).set("y", None).setSparkHome("/s")
    assert conf.get("spark.master") == "local[2]"
    assert conf.get("spark.app.name") == "a"
    assert conf.get("spark.home") == "/s"
    assert (conf.get("x"), conf.get("y")) == ("True", "None")
    assert conf.get("z") is None
    assert conf.get("z", "d") == "d"
    assert conf.contains("x")
    assert not conf.contains("z")


def test_set_if_missing_and_set_all():
    conf = SparkConf().setAll([("a", 1), ("b", "2")]).setIfMissing("a", 9).setIfMissing("c", 3)
    assert sorted(conf.getAll()) == [("a", "1"), ("b", "2"), ("c", "3")]


def test_debug_string_is_sorted():
    assert SparkConf().set("b", 1).set("a", 2).toDebugString() == "a=2\nb=1"


def test_executor_environment():
    conf = SparkConf().setExecutorEnv("A", "1").setExecutorEnv(pairs=[("B", "2"), ("C", "3")])
    assert conf.get("spark.executorEnv.A") == "1"
    assert conf.get("spark.executorEnv.C") == "3"


@pytest.mark.parametrize("given", [{}, {"key": "A", "value": "1", "pairs": [("B", "2")]}])
def test_executor_environment_takes_one_form(given):
    with pytest.raises(PySparkRuntimeError) as caught:
        SparkConf().setExecutorEnv(**given)
    assert str(caught.value) == "[KEY_VALUE_PAIR_REQUIRED] Key-value pair or a list of pairs is required."


def test_a_copy_goes_its_own_way():
    conf = SparkConf().set("a", 1)
    copy = conf._copy().set("a", 2)
    assert (conf.get("a"), copy.get("a")) == ("1", "2")
