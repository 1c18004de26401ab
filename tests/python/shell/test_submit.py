"""`pyrite submit`, `python -m pyrite [options]`, spark-defaults.conf and PYSPARK_SUBMIT_ARGS."""

import os
import zipfile

import pytest
from pyrite._defaults import properties
from pyrite.conf import SparkConf

SAY = """
import sys
from pyspark import SparkContext
sc = SparkContext()
conf = sc.getConf()
print(sys.argv[1:], sc.master, sc.appName, *(conf.get(key) for key in KEYS))
"""


@pytest.fixture
def say(script):
    """A script that prints its arguments, master, name and these keys."""
    return lambda *keys: script(f"KEYS = {keys!r}{SAY}")


@pytest.mark.parametrize("command", [["submit"], []])
def test_options_are_settings_of_the_program(python, say, command):
    path = say("spark.x", "spark.y", "spark.driver.memory", "spark.executor.instances")
    given = "--master local[3] --name words --conf spark.x=a=b --conf=spark.y=1 --driver-memory 2g --num-executors 4"
    done = python("-m", "pyrite", *command, *given.split(), path, "--master", "other", "-c", "x")
    assert done.stdout == "['--master', 'other', '-c', 'x'] local[3] words a=b 1 2g 4\n", done.stderr


def test_a_program_is_named_after_its_file_unless_it_says_otherwise(python, say, script):
    assert python("-m", "pyrite", "submit", say()).stdout == "[] local[*] program.py\n"
    path = script("from pyspark import SparkContext\nprint(SparkContext('local[1]', 'mine').appName)")
    assert python("-m", "pyrite", "submit", "--name", "yours", path).stdout == "mine\n"


def test_what_the_program_sets_goes_first(python, script):
    path = script(
        "from pyspark.sql import SparkSession\n"
        "spark = SparkSession.builder.master('local[1]').config('spark.x', 'program').getOrCreate()\n"
        "conf = spark.sparkContext.getConf()\nprint(spark.sparkContext.master, conf.get('spark.x'), conf.get('spark.y'))"
    )
    done = python("-m", "pyrite", "--master", "local[4]", "--conf", "spark.x=1", "-c", "spark.y=2", path)
    assert done.stdout == "local[1] program 2\n", done.stderr


def test_a_properties_file_stands_in_the_place_of_the_defaults(python, say, tmp_path, environment):
    (tmp_path / "spark-defaults.conf").write_text("spark.a   defaults\nspark.b defaults\n")
    (tmp_path / "my.conf").write_text(
        "# a comment\nspark.a=file\n  spark.c : with blanks  \nspark.d one \\\n    two\nother.key 1\nspark.e\\=f g\\u0041\n"
    )
    path = say("spark.a", "spark.b", "spark.c", "spark.d", "other.key", "spark.e=f")
    env = environment | {"SPARK_CONF_DIR": str(tmp_path)}
    assert (
        python("-m", "pyrite", path, env=env).stdout == "[] local[*] program.py defaults defaults None None None None\n"
    )
    mine = ["--properties-file", str(tmp_path / "my.conf")]
    said = python("-m", "pyrite", *mine, path, env=env).stdout
    assert said == "[] local[*] program.py file None with blanks one two None gA\n"
    said = python("-m", "pyrite", *mine, "--load-spark-defaults", path, env=env).stdout
    assert said == "[] local[*] program.py file defaults with blanks one two None gA\n"
    said = python("-m", "pyrite", *mine, "--conf", "spark.a=option", path, env=env).stdout
    assert said == "[] local[*] program.py option None with blanks one two None gA\n"


def test_defaults_and_arguments_of_the_environment_count_without_a_command_line(python, tmp_path, environment):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "spark-defaults.conf").write_text("spark.master local[5]\nspark.app.name home\n")
    code = (
        "import pyrite; pyrite.init(); from pyspark import SparkContext, SparkConf; sc = SparkContext()\n"
        "print(sc.master, sc.appName, SparkConf(loadDefaults=False).getAll())"
    )
    env = environment | {"SPARK_HOME": str(tmp_path)}
    assert python("-c", code, env=env).stdout == "local[5] home []\n"
    env["PYSPARK_SUBMIT_ARGS"] = "--master local[2] --packages a:b:1 pyspark-shell"
    assert python("-c", code, env=env).stdout == "local[2] home []\n"
    done = python("-c", code, env=env | {"PYSPARK_SUBMIT_ARGS": "--xyz pyspark-shell"})
    assert done.stdout == "local[5] home []\n"
    assert done.stderr.splitlines()[0] == "pyrite: PYSPARK_SUBMIT_ARGS is not read: there is no option --xyz"


def test_modules_and_files_come_along(python, script, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "mine.py").write_text("def double(x):\n    return 2 * x\n")
    (tmp_path / "table.txt").write_text("7")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.writestr("packed_module.py", "value = 5\n")
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as packed:
        packed.writestr("inside.txt", "9")
    path = script(
        "import mine, packed_module\nfrom pyspark import SparkContext, SparkFiles\nsc = SparkContext('local[2]')\n"
        "def f(x):\n    import packed_module\n"
        "    read = [open(SparkFiles.get(name)).read() for name in ('table.txt', 'data/inside.txt')]\n"
        "    return mine.double(x), packed_module.value, *read\n"
        "print(sc.parallelize([1, 2]).map(f).collect())"
    )
    done = python(
        "-m", "pyrite", "submit", "--py-files", f"{tmp_path}/parts/mine.py,{tmp_path}/packed.zip",
        "--files", f"{tmp_path}/table.txt", "--archives", f"{tmp_path}/data.zip#data", path,
    )  # fmt: skip
    assert done.stdout == "[(2, 5, '7', '9'), (4, 5, '7', '9')]\n", done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--foo", "x.py"], "there is no option --foo"),
        (["--exector-memory", "1g", "x.py"], "there is no option --exector-memory; did you mean --executor-memory?"),
        (["--class", "org.X", "x.jar"], "--class names a Java class: Pyrite runs Python programs"),
        (["--master"], "--master needs a value"),
        (["--conf", "spark.x", "x.py"], "--conf takes KEY=VALUE, not 'spark.x'"),
        (["--deploy-mode", "cluster", "x.py"], "--deploy-mode cluster needs a cluster"),
        (["--properties-file", "/no/such.conf", "x.py"], "--properties-file: can't read '/no/such.conf'"),
        (["app.jar"], "app.jar is no Python program"),
        (["--kill", "driver-1"], "--kill is for a cluster's drivers"),
        (["missing.py"], "can't open 'missing.py': No such file or directory"),
    ],
)
def test_what_can_not_be_followed_is_one_line_that_names_it(python, words, said):
    done = python("-m", "pyrite", "submit", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"pyrite: {said}"), done.stderr
    assert done.stderr.count("\n") == 1


def test_jars_are_not_needed(python, say):
    done = python("-m", "pyrite", "submit", "--packages", "a:b:1", "--jars", "x.jar", say("spark.jars.packages"))
    assert done.returncode == 0
    assert done.stdout == "[] local[*] program.py a:b:1\n"
    assert done.stderr.splitlines() == [
        "pyrite: --packages a:b:1: no jars are needed, Pyrite's sources are built in; going on without.",
        "pyrite: --jars x.jar: no jars are needed, Pyrite's sources are built in; going on without.",
    ]


def test_verbose_says_what_was_understood_but_no_secrets(python, say):
    done = python("-m", "pyrite", "--verbose", "--conf", "spark.my.password=p", "--master", "local[2]", say(), "a b")
    assert "  spark.master=local[2]\n" in done.stderr
    assert "  spark.my.password=*********(redacted)\n" in done.stderr
    assert "  arguments     'a b'\n" in done.stderr


def test_help_and_version(python):
    done = python("-m", "pyrite", "submit", "--help")
    assert done.stdout.startswith("usage: pyrite submit [options] program.py [arguments]\n")
    assert "--py-files FILES" in done.stdout
    assert python("-m", "pyrite", "submit", "--version").stdout == "pyrite 0.1.0\n"
    assert python("-m", "pyrite", "submit").returncode == 2


PROGRAM = """\
from pyspark import SparkContext
import sys
sc = SparkContext("local[2]", "typed")
rdd = sc.parallelize([1, 2, 3]).map(lambda x: x + len(sys.argv))
print(sys.argv, rdd.collect())
rdd.explain()
"""


@pytest.mark.parametrize("command", [["-"], ["submit", "--name", "x", "-"], ["run", "-"]])
def test_a_program_on_standard_input_is_compiled_too(python, command):
    done = python("-m", "pyrite", *command, "a", "b", input=PROGRAM.replace("len(sys.argv)", "3"))
    assert done.stdout.startswith("['-', 'a', 'b'] [4, 5, 6]\n"), done.stderr
    assert "native; rows: 3 native, 0 declined, 0 Python" in done.stdout


def test_its_traceback_begins_in_it(python):
    done = python("-m", "pyrite", "-", input="def f():\n    return 1 / 0\nf()\n")
    assert done.returncode == 1
    assert "pyrite" not in done.stderr
    assert 'File "<stdin>", line 3, in <module>' in done.stderr


def test_what_the_environment_asks_for_is_told_once(python, environment):
    code = "from pyrite.conf import SparkConf; print(SparkConf().get('spark.a'), SparkConf().get('spark.a'))"
    env = environment | {"PYSPARK_SUBMIT_ARGS": "--packages a:b:1 --conf spark.a=1 pyspark-shell"}
    done = python("-c", code, env=env)
    said = "pyrite: --packages a:b:1: no jars are needed, Pyrite's sources are built in; going on without.\n"
    assert (done.stdout, done.stderr) == ("1 1\n", said)
    done = python("-c", code, env=env | {"PYSPARK_SUBMIT_ARGS": "--xyz"})
    assert (done.stdout, done.stderr) == (
        "None None\n",
        "pyrite: PYSPARK_SUBMIT_ARGS is not read: there is no option --xyz\n",
    )


def test_the_environment_may_change(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    for given, expected in {"--conf spark.a=1": "1", "--conf spark.a=2": "2", "--xyz": "file"}.items():
        monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", given)
        (tmp_path / "spark-defaults.conf").write_text("spark.a file\n")
        assert SparkConf().get("spark.a") == SparkConf().get("spark.a") == expected
    (tmp_path / "spark-defaults.conf").write_text("spark.a changed\n")
    os.utime(tmp_path / "spark-defaults.conf", ns=(1, 1))
    assert SparkConf().get("spark.a") == "changed"
    assert capsys.readouterr().err.count("\n") == 1


def test_values_and_lines_of_a_properties_file(tmp_path):
    path = tmp_path / "my.conf"
    path.write_bytes("a=1 \u00a0\nb=\\r 2 \\n\\t\nc=3\u2028d=4\ne=5\rf=6\r\ng=x\x0cy\n".encode())
    assert properties(str(path)) == {
        "a": "1 \u00a0", "b": "\r 2 \n", "c": "3\u2028d=4", "e": "5", "f": "6", "g": "x\x0cy",
    }  # fmt: skip


def test_modules_come_by_addresses_and_missing_ones_are_warned_of(python, script, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "mine.py").write_text("value = 3\n")
    path = script(
        "import sys, mine\nbefore = list(sys.path)\nfrom pyspark import SparkContext\nsc = SparkContext('local[1]')\n"
        "print(sc.parallelize([1]).map(lambda x: x + mine.value).collect(), sys.path == before)\n"
        "print([each for each in before if 'file:' in each or 'none' in each or 'hdfs' in each])\n"
    )
    files = f"file://{tmp_path}/parts/mine.py, {tmp_path}/none/other.py ,hdfs://host/far.py"
    done = python("-m", "pyrite", "--py-files", files, path)
    assert done.stdout == "[4] True\n[]\n", done.stderr
    for gone in (f"{tmp_path}/none/other.py", "hdfs://host/far.py"):
        said = f"RuntimeWarning: Failed to add file [{gone}] specified in 'spark.submit.pyFiles' to Python path:\n  "
        assert said in done.stderr
