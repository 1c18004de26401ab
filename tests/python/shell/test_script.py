"""`python -m pyrite script.py` runs a PySpark script as Python itself would run it."""

import os
import signal
import subprocess
import sys
import time

import pytest


def test_arguments_names_and_folder(python, script, tmp_path):
    (tmp_path / "neighbour.py").write_text("value = 7")
    path = script(
        "import sys, neighbour\nfrom pyspark import SparkContext\n"
        "print(sys.argv[1:], __name__, __file__, neighbour.value, SparkContext.__module__)"
    )
    done = python("-m", "pyrite", path, "--port", "9999", "-h")
    assert done.stdout == f"['--port', '9999', '-h'] __main__ {path} 7 pyrite.context\n", done.stderr


def test_the_hash_seed_is_sparks(python, script, environment):
    path = script("print(list({'spark', 'pyrite', 'stream', 'batch'}), hash('a'))")
    seeds = [environment, environment | {"PYTHONHASHSEED": "0"}]
    first, second = (python("-m", "pyrite", path, env=each).stdout for each in seeds)
    assert first == second == python(path, env=seeds[1]).stdout


def test_a_chosen_hash_seed_stays(python, script, environment):
    path = script("print(hash('a'))")
    chosen = environment | {"PYTHONHASHSEED": "5"}
    assert python("-m", "pyrite", path, env=chosen).stdout == python(path, env=chosen).stdout


@pytest.mark.parametrize(("ending", "code"), [("sys.exit(3)", 3), ("sys.exit()", 0), ("", 0), ("1 / 0", 1)])
def test_exit_codes(python, script, ending, code):
    assert python("-m", "pyrite", script("import sys\n" + ending)).returncode == code


def test_a_traceback_begins_in_the_script(python, script):
    path = script("def f():\n    return 1 / 0\n\nf()\n")
    said = python("-m", "pyrite", path).stderr
    assert said == python(path).stderr
    assert "pyrite" not in said.replace(path, "")


def test_a_syntax_error_shows_the_script_only(python, script):
    path = script("x = (\n")
    assert python("-m", "pyrite", path).stderr == python(path).stderr


def test_functions_of_the_script_run_in_a_job(python, script):
    path = script(
        "from pyspark import SparkContext\nLIMIT = 2\ndef long(w):\n    return len(w) > LIMIT\n"
        "sc = SparkContext('local[2]', 'a')\nprint(sc.parallelize(['a', 'abc']).filter(long).collect())"
    )
    done = python("-m", "pyrite", path)
    assert done.stdout == "['abc']\n", done.stderr


def test_a_missing_script_and_a_typing_mistake(python):
    done = python("-m", "pyrite", "missing.py")
    assert done.returncode == 2
    assert done.stderr == "pyrite: can't open 'missing.py': No such file or directory\n"
    done = python("-m", "pyrite", "kernle")
    assert done.returncode == 2
    assert "did you mean `pyrite kernel`?" in done.stderr
    assert "kernel" in done.stderr


def test_version(python):
    assert python("-m", "pyrite", "--version").stdout == "pyrite 0.1.0\n"


@pytest.mark.skipif(os.name == "nt", reason="a POSIX signal")
def test_ctrl_c_ends_the_script_as_python_does(script, environment):
    path = script("import time\nprint('up', flush=True)\ntime.sleep(60)")
    running = subprocess.Popen(
        [sys.executable, "-m", "pyrite", path],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout.readline() == "up\n"
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=10)
    assert time.monotonic() - began < 2
    assert running.returncode == -signal.SIGINT
    assert said.splitlines()[-1] == "KeyboardInterrupt"
    assert "pyrite" not in said.replace(path, "")


def test_calls_are_those_of_the_program(python, script):
    path = script(
        "from pyspark import SparkContext\nfrom pyspark.traceback_utils import SCCallSiteSync, first_spark_call\n"
        "sc = SparkContext('local[1]', 'a')\nprint(*first_spark_call())\n"
        "with SCCallSiteSync(sc):\n    print(sc.parallelize([1]).map(str).toDebugString().decode())\n"
    )
    done = python("-m", "pyrite", path)
    assert done.stdout.startswith(f"first_spark_call {path} 4\n"), done.stderr
    assert f"{path}:5" in done.stdout
