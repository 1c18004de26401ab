"""Every key of Spark's streaming is obeyed or refused; one of ours that there isn't is an error."""

import re
from pathlib import Path

import pytest
from pyrite import SparkConf, SparkContext
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext

ROOT = Path(__file__).parents[3]


def test_a_key_of_ours_that_there_isnt(make_sc):
    with pytest.raises(Py4JJavaError, match=r"no setting pyrite.natve: did you mean pyrite.native\?"):
        make_sc(**{"pyrite.natve": "off"})
    SparkContext("local[1]", "next", conf=SparkConf().set("my.own.key", "1")).stop()


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("receiver.writeAheadLog.class", "a.B", "a class of the JVM"),
        ("driver.writeAheadLog.class", "a.B", "a class of the JVM"),
        ("dynamicAllocation.enabled", "true", "no executors"),
        ("extraListeners", "a.B", "addStreamingListener"),
        ("clock", "a.MyClock", "ManualClock"),
        ("receiver.maxRate", "fast", "a whole number"),
        ("blockInterval", "soon", "a duration"),
        ("backpressure.rateEstimator", "best", "Unknown rate estimator: best"),
        ("receiver.writeAheadLog.enable", "perhaps", "true or false"),
    ],
)
def test_what_is_not_here_is_refused(make_sc, key, value, why):
    settings = {f"spark.streaming.{key}": value}
    if key.startswith("backpressure"):
        settings["spark.streaming.backpressure.enabled"] = "true"
    sc = make_sc(**settings)
    with pytest.raises(Py4JJavaError, match=why):
        StreamingContext(sc, 1).socketTextStream("localhost", 9)


def test_keys_without_effect_are_taken(make_sc):
    sc = make_sc(
        **{
            "spark.streaming.dynamicAllocation.minExecutors": "2",
            "spark.streaming.dynamicAllocation.enabled": "false",
            "spark.streaming.stopSparkContextByDefault": "false",
            "spark.streaming.of.somebody": "1",
        }
    )
    StreamingContext(sc, 1)


def test_the_documentation_lists_them_all():
    """`docs/settings.md` has a row for each key of the engine's table, and the engine's table each key in the code."""
    keys = (ROOT / "src/config/keys.rs").read_text()
    documented = (ROOT / "docs/settings.md").read_text()
    own = re.findall(r'^    "(pyrite\.[\w.]+)",$', keys, re.M)
    streaming = re.findall(r'^    \("([\w.]+)", ', keys, re.M)
    assert len(own) > 7
    assert len(streaming) > 40
    missing = [k for k in own if f"`{k}`" not in documented and not k.startswith("pyrite.test.")]
    missing += [k for k in streaming if f"`{k}`" not in documented]
    assert missing == []
    rust = "".join(path.read_text() for path in ROOT.glob("**/src/**/*.rs") if path.name != "keys.rs")
    python = "".join(path.read_text() for path in ROOT.glob("python/pyrite/**/*.py"))
    asked = set(re.findall(r'\w\(\s*"(pyrite\.[\w.]+)"', rust)) | set(
        re.findall(r'conf\.get\("(pyrite\.[\w.]+)"', python)
    )
    modules = {key for key in asked if (ROOT / "python" / (key.replace(".", "/") + ".py")).exists()}
    assert asked - modules - set(own) == set()
