"""SparkContext: masters, settings, one at a time, life and death."""

import inspect
import logging
import os
import pickle
import re
import subprocess
import sys

import pytest
from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.errors import Py4JJavaError, PySparkRuntimeError


@pytest.mark.parametrize(
    ("master", "slots"),
    [("local", 1), ("local[3]", 3), ("local[2,4]", 2), ("local[ 2 , 1 ]", 2)],
)
def test_local_masters(make_sc, master, slots):
    sc = make_sc(master)
    assert sc.defaultParallelism == slots
    assert sc.defaultMinPartitions == min(slots, 2)
    assert sc.master == master
    assert sc.parallelize([1]).getNumPartitions() == slots


def test_all_cores(make_sc):
    sc = make_sc("local[*]")
    assert sc.defaultParallelism >= 1
    assert sc.parallelize(range(5)).map(lambda x: x + 1).collect() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("master", ["foo[2]", "local[x]", "local[-1]", "local[0]", "", "LOCAL"])
def test_bad_masters(make_sc, master):
    with pytest.raises(Py4JJavaError, match=r"local\[N\]") as failure:
        make_sc("local").stop() or SparkContext(conf=SparkConf().setMaster(master))
    assert "org.apache.spark.SparkException" in str(failure.value)
    assert SparkContext._active_spark_context is None


@pytest.mark.parametrize("master", ["spark://host:7077", "yarn", "k8s://https://x", "local-cluster[2,1,1024]"])
def test_clusters_are_named_as_such(master):
    with pytest.raises(Py4JJavaError, match="does not run on a cluster yet"):
        SparkContext(master, "x")


def test_arguments_go_before_conf():
    conf = SparkConf().setMaster("local[3]").setAppName("conf").set("my.key", 7)
    with SparkContext(master="local[2]", appName="argument", conf=conf) as sc:
        assert (sc.master, sc.appName, sc.defaultParallelism) == ("local[2]", "argument", 2)
        assert sc.getConf().get("my.key") == "7"
    assert conf.get("spark.master") == "local[3]"  # the caller's own conf stays as it was


def test_defaults():
    with SparkContext() as sc:
        assert sc.master == "local[*]"
        assert sc.appName == "pyspark-shell"


def test_every_constructor_argument():
    sc = SparkContext(
        master="local",
        appName="all",
        sparkHome="/opt/spark",
        pyFiles=None,
        environment={"A": "1"},
        batchSize=2,
        serializer=None,
        conf=None,
        gateway=None,
        jsc=None,
        profiler_cls=None,
        udf_profiler_cls=None,
        memory_profiler_cls=None,
    )
    assert sc.sparkHome == "/opt/spark"
    assert sc.environment["A"] == "1"
    assert "PYTHONHASHSEED" in sc.environment
    assert str(inspect.signature(SparkContext)).startswith("(master: 'str | None' = None, appName: 'str | None' = None")
    assert [len(part) for part in sc.parallelize(list(range(10)), 3).glom().collect()] == [2, 4, 4]


def test_facts(make_sc):
    sc = make_sc(appName="my <app>")
    assert sc.version == "4.3.0"
    assert re.fullmatch(r"local-\d{13}", sc.applicationId)
    assert sc.applicationId == f"local-{sc.startTime}"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", sc.uiWebUrl)
    assert sc.sparkUser()
    assert repr(sc) == "<SparkContext master=local[2] appName=my <app>>"
    assert "my &lt;app&gt;" in sc._repr_html_()
    assert sc.pythonVer == f"{sys.version_info.major}.{sys.version_info.minor}"
    conf = dict(sc.getConf().getAll())
    for key in ("app.id", "app.name", "app.startTime", "driver.host", "executor.id", "master", "submit.deployMode"):
        assert conf[f"spark.{key}"]


def test_the_settings_are_a_copy(make_sc):
    sc = make_sc()
    sc.getConf().set("spark.app.name", "other")
    assert sc.getConf().get("spark.app.name") == "test"


def test_default_parallelism_from_conf(make_sc):
    sc = make_sc("local[2]", **{"spark.default.parallelism": 5})
    assert sc.defaultParallelism == 5
    assert sc.parallelize([(1, 2)], 3).reduceByKey(lambda a, b: a + b).getNumPartitions() == 5


def test_one_at_a_time(make_sc):
    make_sc("local[2]", "first")
    with pytest.raises(ValueError, match="Cannot run multiple SparkContexts at once") as failure:
        SparkContext("local", "second")
    text = str(failure.value)
    assert text.startswith(
        "Cannot run multiple SparkContexts at once; existing SparkContext(app=first, master=local[2]) created by "
        "__init__ at "
    )
    assert re.search(
        r"conftest\.py:\d+ -- stop that one first with its stop\(\), or take it: \S+getOrCreate\(\)$", text
    )
    assert SparkContext._active_spark_context.appName == "first"


def test_replaced_where_asked_for(make_sc, caplog):
    first = make_sc(appName="first")
    with caplog.at_level(logging.WARNING, "pyrite"):
        second = make_sc(appName="second", **{"pyrite.replaceContext": "true"})
    assert SparkContext._active_spark_context is second
    assert [record.getMessage() for record in caplog.records] == [
        "The SparkContext 'first' (local[2]) was stopped; the new one replaces it."
    ]
    with pytest.raises(Py4JJavaError, match="stopped SparkContext"):
        first.parallelize([1])


def test_a_notebook_replaces(make_sc, monkeypatch):
    first = make_sc(appName="first")
    monkeypatch.setattr("pyrite.context._in_notebook", lambda: True)
    with pytest.raises(ValueError, match="multiple"):
        make_sc(appName="second", **{"pyrite.replaceContext": "false"})
    assert SparkContext._active_spark_context is first
    second = make_sc(appName="second")
    assert SparkContext._active_spark_context is second


def test_get_or_create():
    sc = SparkContext.getOrCreate(SparkConf().setMaster("local[2]").setAppName("made"))
    assert SparkContext.getOrCreate() is sc
    assert SparkContext.getOrCreate(SparkConf().setAppName("ignored")).appName == "made"
    sc.stop()
    with SparkContext.getOrCreate(SparkConf().setMaster("local")) as other:
        assert other is not sc


def test_stop(make_sc):
    sc = make_sc()
    rdd = sc.parallelize([1, 2])
    ended = []
    sc._on_stop(lambda: ended.append("stream"))
    sc.stop()
    sc.stop()
    assert ended == ["stream"]
    for call in (rdd.collect, rdd.count, lambda: sc.parallelize([1]), sc.emptyRDD, lambda: sc.textFile("x")):
        with pytest.raises(Py4JJavaError, match="Cannot call methods on a stopped SparkContext"):
            call()
    assert make_sc().parallelize([1]).collect() == [1]


def test_as_context_manager():
    with SparkContext("local", "x") as sc:
        assert sc.parallelize([1]).collect() == [1]
    assert SparkContext._active_spark_context is None
    with pytest.raises(KeyError), SparkContext("local", "x"):
        raise KeyError
    assert SparkContext._active_spark_context is None


def test_not_for_pickling(make_sc):
    sc = make_sc()
    with pytest.raises(PySparkRuntimeError, match="CONTEXT_ONLY_VALID_ON_DRIVER"):
        pickle.dumps(sc)
    with pytest.raises(PySparkRuntimeError, match="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER"):
        pickle.dumps(sc.parallelize([1]))


def test_inside_of_functions(sc):
    with pytest.raises(pickle.PicklingError, match="CONTEXT_ONLY_VALID_ON_DRIVER"):
        sc.parallelize([1]).map(lambda x: sc.parallelize([x])).collect()
    other = sc.parallelize([1])
    with pytest.raises(pickle.PicklingError, match="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER"):
        sc.parallelize([1]).map(lambda x: other.count()).collect()


def test_log_level(make_sc):
    sc = make_sc()
    logger = logging.getLogger("pyrite")
    before = logger.level
    try:
        sc.setLogLevel("error")
        assert logger.level == logging.ERROR
        with pytest.raises(Py4JJavaError, match="Supplied level LOUD did not match one of: ALL,DEBUG,ERROR,FATAL"):
            sc.setLogLevel("LOUD")
    finally:
        logger.setLevel(before)


def test_native_has_three_values(make_sc):
    with pytest.raises(ValueError, match="pyrite.native"):
        make_sc(**{"pyrite.native": "on"})
    assert SparkContext._active_spark_context is None


def test_what_is_not_there(make_sc):
    sc = make_sc()
    with pytest.raises(AttributeError, match="'SparkContext' object has no attribute 'paralelize'"):
        sc.paralelize([1])
    with pytest.raises(ValueError, match="JVM"):
        SparkContext(gateway=object())


def test_py_files(make_sc, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    (tmp_path / "my_pyrite_module.py").write_text("def double(x): return x * 2\n")
    sc = make_sc()
    sc.addPyFile(str(tmp_path / "my_pyrite_module.py"))
    import my_pyrite_module

    assert sc.parallelize([1, 2]).map(my_pyrite_module.double).collect() == [2, 4]
    with pytest.raises(FileNotFoundError):
        sc.addPyFile(str(tmp_path / "other.py"))
    sc.stop()
    with pytest.raises(FileNotFoundError):
        SparkContext("local", "x", pyFiles=[str(tmp_path / "other.py")])
    assert SparkContext._active_spark_context is None


def test_system_properties():
    SparkContext.setSystemProperty("spark.app.name", "from properties")
    try:
        assert SparkContext.getSystemProperty("spark.app.name") == "from properties"
        with SparkContext("local") as sc:
            assert sc.appName == "from properties"
    finally:
        from pyrite.conf import system_properties

        system_properties.clear()


def test_a_script_that_never_stops_ends_cleanly():
    script = (
        "from pyrite import SparkContext\n"
        "sc = SparkContext('local[2]', 'x')\n"
        "print(sc.parallelize(range(10)).map(lambda x: (x, str(x))).count())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "10\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_is_told(make_sc):
    sc = make_sc()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            sc.parallelize([1]).collect()
            os.write(writer, b"no error")
        except Py4JJavaError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert b"forked" in os.read(reader, 10_000)


def test_messages_reach_stderr_where_there_is_no_logging():
    script = (
        "from pyrite import SparkContext, SparkConf\n"
        "import logging, sys\n"
        "if len(sys.argv) > 1: logging.basicConfig(format='own %(name)s %(message)s')\n"
        "first = SparkContext('local', 'a')\n"
        "SparkContext('local', 'b', conf=SparkConf().set('pyrite.replaceContext', 'true'))\n"
        "logging.getLogger('pyrite.x').info('connected')\n"
    )

    def stderr(*arguments):
        command = [sys.executable, "-c", script, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stderr

    notice = "The SparkContext 'a' (local) was stopped; the new one replaces it.\n"
    assert stderr() == f"pyrite: {notice}pyrite: connected\n"
    assert stderr("own") == f"own pyrite {notice}"
