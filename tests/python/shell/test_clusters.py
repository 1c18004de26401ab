"""What a cluster's master does where the real PySpark isn't, and what the environment says to it where it is.

That it works is tested on a real cluster, in ../cluster.
"""

import os
import sys

import pytest
from pyrite._cluster.requests import submit_arguments

# A PySpark that only says what it is asked for.
FAKE = {
    "version.py": "__version__: str = '4.3.0'\n",
    "__init__.py": """
from pyspark.version import __version__
from pyspark import cloudpickle
class RDD: pass
class SparkConf:
    def __init__(self): self.pairs = []
    def setAll(self, pairs): self.pairs = list(pairs); return self
class StorageLevel: MEMORY_ONLY = MEMORY_ONLY_2 = MEMORY_AND_DISK = MEMORY_AND_DISK_2 = "level"
class SparkContext:
    def __init__(self, master=None, appName=None, conf=None):
        import os, shlex
        given = [word for word in shlex.split(os.environ["PYSPARK_SUBMIT_ARGS"]) if word.startswith("spark.master=")]
        self.master, self.conf = master or given[-1].partition("=")[2], conf
        self.arguments = os.environ["PYSPARK_SUBMIT_ARGS"]
__all__ = ["RDD", "SparkConf", "SparkContext", "StorageLevel"]
""",
    "cloudpickle.py": "def register_pickle_by_value(module): pass\n",
    "conf.py": "from pyspark import SparkConf\n",
    "context.py": "from pyspark import SparkContext\n",
    "storagelevel.py": "from pyspark import StorageLevel\n",
    "streaming/__init__.py": """
from pyspark.streaming.context import StreamingContext
class DStream:
    def __class_getitem__(cls, _): return cls
""",
    "streaming/context.py": """
class StreamingContext:
    def __init__(self, sc, seconds): self.sc = sc
""",
    "streaming/util.py": "class TransformFunction: pass\n",
}
JAVA = "#!/bin/sh\necho 'openjdk version \"{}\"' >&2\n"


@pytest.fixture
def beside(tmp_path, environment):
    """An environment in which a PySpark and a Java stand beside Pyrite; `beside(java="11.0.2")` has another Java."""
    if os.name == "nt":
        pytest.skip("Java is a shell script here")
    for name, text in FAKE.items():
        path = tmp_path / "beside" / "pyspark" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def make(java="17.0.15", **more):
        binary = tmp_path / "jdk" / "bin" / "java"
        binary.parent.mkdir(parents=True, exist_ok=True)
        binary.write_text(JAVA.format(java))
        binary.chmod(0o755)
        path = os.pathsep.join([str(tmp_path / "beside"), *filter(None, [environment.get("PYTHONPATH")])])
        return environment | {"PYTHONPATH": path, "JAVA_HOME": str(tmp_path / "jdk")} | more

    return make


def test_without_java_there_is_one_sentence(python, script, beside):
    path = script("from pyspark import SparkContext\nprint('runs')\nSparkContext()")
    env = beside(JAVA_HOME="/no/such")
    done = python("-m", "pyrite", "submit", "--master", "spark://h:7077", path, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "there is no Java in JAVA_HOME (/no/such)" in done.stderr
    assert "install one" in done.stderr
    done = python("-c", "import pyrite; pyrite.init('yarn')", env=beside(java="11.0.2"))
    assert "PySpark 4.3.0 needs Java 17 or newer, and" in done.stderr.splitlines()[-1]


def test_without_pyspark_there_is_one_sentence(python, environment, script):
    # -I finds no packages but the standard library's.
    code = (
        f"import sys; sys.path[:0] = {[p for p in sys.path if 'site-packages' not in p and p]!r}\n"
        "from pyrite._cluster.requirements import missing\nprint(missing())"
    )
    done = python("-S", "-c", code, env=environment | {"PYTHONPATH": _pyrite()})
    assert 'pip install "pyrite[spark]"' in done.stdout, done.stderr


def _pyrite():
    import pyrite

    return os.path.dirname(os.path.dirname(pyrite.__file__))


@pytest.mark.parametrize("master", ["spark://h:7077", "yarn", "k8s://https://h", "local-cluster[2,1,1024]"])
def test_a_master_makes_pyspark_the_real_one(python, script, beside, master):
    path = script(
        "from pyspark import SparkContext, StorageLevel\nfrom pyrite.streaming import StreamingContext\nimport pyrite\n"
        "sc = SparkContext()\nprint(SparkContext.__module__, StreamingContext.__module__, pyrite.SparkContext is SparkContext)\n"
        "print(StorageLevel.MEMORY_ONLY_SER)\nprint(sc.arguments)\n"
        "try:\n    StreamingContext(sc, 1).receiverStream(None)\nexcept NotImplementedError as error:\n    print(error)\n"
    )
    given = ["--name", "words", "--packages", "a:b:1", "--conf", "spark.x=a b"]
    done = python("-m", "pyrite", "submit", "--master", master, *given, path, env=beside())
    assert done.stderr == ""
    real, level, arguments, refused = done.stdout.splitlines()
    assert real == "pyspark pyspark.streaming.context True"
    assert level == "level"
    assert "--conf spark.jars.packages=a:b:1 --conf 'spark.x=a b'" in arguments
    assert f"spark.master={master}" in arguments
    assert arguments.endswith(" pyspark-shell")
    assert "StreamingContext.receiverStream is Pyrite's own" in refused
    assert done.stderr == ""


def test_a_context_that_says_so_itself_takes_the_program_along(python, script, beside):
    path = script(
        "import pyrite\nimport pyspark, findspark\nfrom pyspark import SparkConf, SparkContext, StorageLevel\n"
        "from pyspark.streaming import StreamingContext\n"
        "before = SparkContext\n"
        "def local():\n    from pyrite.streaming.context import StreamingContext as Ours\n    return Ours\n"
        "Ours = local()\n"
        "conf = SparkConf().set('spark.x', '7')\n"
        "sc = pyspark.SparkContext(master='spark://h:7077', conf=conf)\n"
        "print(type(sc).__module__, sc.master, sc.conf.pairs)\n"
        "print({each.__module__ for each in (before, SparkContext, SparkConf, StorageLevel, pyspark.SparkContext)})\n"
        "print(type(StreamingContext(sc, 1)).__module__, type(Ours(sc, 1)).__module__, pyspark)\n"
    )
    done = python("-m", "pyrite", path, env=beside())
    assert done.stderr == ""
    first, second, third = done.stdout.splitlines()
    assert first == "pyspark spark://h:7077 [('spark.app.name', 'program.py'), ('spark.x', '7')]"
    assert second == "{'pyspark'}"
    assert third.startswith("pyspark.streaming.context pyspark.streaming.context <module 'pyspark' from ")


def test_the_master_of_the_environment(python, beside, tmp_path):
    code = "import pyrite; pyrite.init({}); import pyspark; print(pyspark.SparkContext.__module__)"
    argument = {"PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell"}
    assert python("-c", code.format(""), env=beside(**argument)).stdout == "pyspark\n"
    assert python("-c", code.format(""), env=beside(MASTER="spark://h:1")).stdout == "pyspark\n"
    (tmp_path / "spark-defaults.conf").write_text("spark.master yarn\n")
    assert python("-c", code.format(""), env=beside(SPARK_CONF_DIR=str(tmp_path))).stdout == "pyspark\n"
    # What the program says goes before it.
    assert python("-c", code.format("'local[3]'"), env=beside(**argument)).stdout == "pyrite.context\n"


def test_a_local_master_of_init_is_that_of_contexts(python):
    code = "import pyrite; pyrite.init('local[3]'); from pyspark import SparkContext; print(SparkContext().master)"
    assert python("-c", code).stdout == "local[3]\n"


def test_a_running_context_stays(python, beside):
    code = (
        "import pyrite; pyrite.init(); from pyspark import SparkContext; sc = SparkContext('local')\n"
        "try:\n    pyrite.init('yarn')\nexcept RuntimeError as error:\n    print(error)\n"
        "print(sc.parallelize([1]).collect())"
    )
    said, rows = python("-c", code, env=beside()).stdout.splitlines()
    assert "stop it with sc.stop() before the program goes to yarn" in said
    assert rows == "[1]"


def test_options_that_were_there_stay():
    assert submit_arguments("yarn", {}, "--foo bar pyspark-shell") == "--foo bar --conf spark.master=yarn pyspark-shell"
    given = {"spark.a": "x y", "pyrite.native": "off", "spark.master": "local"}
    assert (
        submit_arguments("yarn", given, "--foo pyspark-shell")
        == "--conf 'spark.a=x y' --conf spark.master=yarn pyspark-shell"
    )
