"""`pyspark`, `findspark` and `py4j.protocol` mean Pyrite after `pyrite.init()`."""

import pytest

INIT = "import pyrite; pyrite.init(); "
SAY = "\ntry:\n    {}\nexcept Exception as error:\n    print(type(error).__name__, error)\nelse:\n    print('nothing raised')"


def check(python, code):
    done = python("-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_pyrite_loads_nothing_heavy(python):
    code = (
        "import sys; before = set(sys.modules); import pyrite; print(sorted(m for m in sys.modules if m not in before))"
    )
    loaded = check(python, code)
    for heavy in ("pyrite._engine", "pyrite.rdd", "cloudpickle", "pyrite.errors"):
        assert repr(heavy) not in loaded


@pytest.mark.parametrize(
    "code",
    [
        "import findspark; findspark.init(); findspark.init('/opt/spark'); assert findspark.find()",
        "import pyspark; assert pyspark.__version__ == '4.3.0'; pyspark.SparkContext; pyspark.SparkConf; pyspark.RDD",
        "from pyspark import SparkConf, SparkContext, RDD, StorageLevel",
        "from pyspark import *; SparkContext; SparkConf",
        "import pyspark.rdd, pyrite.rdd; assert pyspark.rdd is pyrite.rdd; assert pyrite.rdd.__spec__.name == 'pyrite.rdd'",
        "from pyspark.core.rdd import RDD; from pyspark.rdd import RDD as R, portable_hash; assert R is RDD",
        "from pyspark.core.context import SparkContext; from pyspark.context import SparkContext as S; assert S is SparkContext",
        "import pyspark; assert pyspark.core.conf is pyspark.conf",
        "from pyspark.storagelevel import StorageLevel; from pyspark.resultiterable import ResultIterable",
        "from pyspark.statcounter import StatCounter",
        "from pyspark.streaming.kafka import KafkaUtils; from pyrite.streaming.kafka import KafkaUtils as K; assert K is KafkaUtils",
        "from pyspark.errors import PySparkRuntimeError, IllegalArgumentException, PySparkException",
        "from pyspark.errors.exceptions.base import PySparkException; from pyspark.errors import PySparkException as P\n"
        "assert P is PySparkException",
        "from py4j.protocol import Py4JJavaError, Py4JError; assert issubclass(Py4JJavaError, Py4JError)",
        "import py4j.protocol; py4j.protocol.Py4JNetworkError",
        "from pyspark.streaming import StreamingContext; from pyspark.streaming.context import StreamingContext as S\n"
        "assert S is StreamingContext",
        "from pyspark.streaming.dstream import DStream",
        "from pyspark.sql import SparkSession; from pyspark.sql.session import SparkSession as S; assert S is SparkSession",
        "from pyspark.version import __version__; assert __version__ == '4.3.0'",
        "import pyspark; assert not hasattr(pyspark, 'pandas'); assert 'SparkContext' in dir(pyspark)",
        "import pyrite; pyrite.init(); import pyspark; pyrite.init()",
    ],
)
def test_names_resolve(python, code):
    check(python, INIT + code)


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        ("import pyspark.pandas", "ModuleNotFoundError", "pyspark.pandas"),
        ("from pyspark import pandas", "ModuleNotFoundError", "pyspark.pandas"),
        ("import pyspark.ml.feature", "ModuleNotFoundError", "pyspark.ml"),
        ("from pyspark.sql import Dataframe", "ModuleNotFoundError", "pyspark.sql.Dataframe"),
        ("from pyspark.sql.pandas import functions", "ModuleNotFoundError", "pyspark.sql.pandas"),
        ("import pyspark.cli", "ModuleNotFoundError", "pyspark.cli"),
        ("import py4j.java_gateway", "ModuleNotFoundError", "py4j.java_gateway"),
        ("import pyspark; pyspark.SqlContext", "AttributeError", "pyspark.SqlContext"),
        ("import pyspark.sql; pyspark.sql.Windows", "AttributeError", "pyspark.sql.Windows"),
        ("import pyspark; pyspark.init", "AttributeError", "pyspark.init"),
    ],
)
def test_an_unknown_name_gets_one_clear_sentence(python, code, kind, name):
    said = check(python, INIT + SAY.format(code))
    assert said.startswith(f"{kind} `{name}` is not in Pyrite"), said
    assert said.count("\n") == 1


def test_a_build_without_kafka_says_what_to_do(python):
    said = check(
        python,
        INIT + "from pyrite import _engine; del _engine.KafkaMock" + SAY.format("import pyspark.streaming.kafka"),
    )
    assert said.startswith("ImportError This build of Pyrite has no Kafka. `pip install .` in Pyrite's source"), said


def test_a_typing_mistake_on_pyrite_itself(python):
    said = check(python, "import pyrite" + SAY.format("pyrite.SparkContexd"))
    assert said.startswith("AttributeError `pyrite.SparkContexd` is not in Pyrite")


@pytest.mark.parametrize("package", ["pyspark", "findspark"])
def test_an_installed_package_is_not_looked_at(python, tmp_path, environment, package):
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("raise SystemExit('the real one was imported')")
    done = python("-c", INIT + f"import {package}", env=environment | {"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr


def test_init_after_the_real_pyspark_says_so(python, tmp_path, environment):
    (tmp_path / "pyspark.py").write_text("")
    code = "import pyspark, pyrite" + SAY.format("pyrite.init()")
    said = python("-c", code, env=environment | {"PYTHONPATH": str(tmp_path)}).stdout
    assert said.startswith("RuntimeError The real PySpark is already imported"), said
    assert "restart" in said


def test_a_real_findspark_imported_before_init_is_let_go(python, tmp_path, environment):
    (tmp_path / "findspark.py").write_text("def init(): raise SystemExit('the real one')")
    code = "import findspark, pyrite; pyrite.init(); import findspark; findspark.init()"
    done = python("-c", code, env=environment | {"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
