"""`pyrite shell`: Python's console and IPython's, with `sc` and `spark` ready."""

import os
import sys
import time

import pytest

TYPED = """\
x = sc.parallelize([1, 2, 3]).map(lambda v: v * 2)
x.collect()
def more(v):
    return v + 1

y = x.map(more)
y.collect()
y.explain()
spark.sparkContext is sc, sqlContext.sparkSession is spark, __name__
"""


def test_functions_typed_there_are_compiled(python):
    done = python("-m", "pyrite", "shell", "--master", "local[2]", "--name", "typed", input=TYPED)
    assert done.returncode == 0
    said = done.stdout.replace(">>> ", "").replace("... ", "").splitlines()
    assert said[0] == "[2, 4, 6]"
    assert said[1] == "[3, 5, 7]"
    native = [line.strip() for line in said if "native;" in line]
    assert native == [f"native; rows: {rows} native, 0 declined, 0 Python" for rows in (3, 6)]
    assert said[-1] == "(True, True, '__main__')"
    assert "SparkContext available as 'sc' (master = local[2], app id = local-" in done.stderr
    assert "SparkSession available as 'spark'." in done.stderr
    assert "Spark context Web UI available at http://127.0.0.1:" in done.stderr


def test_an_error_shows_what_was_typed_and_the_shell_goes_on(python):
    typed = "sc.parallelize([0]).map(lambda a: 1 / a).collect()\nsc.parallelize([5]).sum()\n"
    done = python("-m", "pyrite", "shell", input=typed)
    assert "    sc.parallelize([0]).map(lambda a: 1 / a).collect()" in done.stderr
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert "pyrite/" not in done.stderr
    assert "5" in done.stdout


def test_the_end(python):
    assert python("-m", "pyrite", "shell", input="exit(3)\n").returncode == 3
    done = python("-m", "pyrite", "shell", "program.py")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the shell takes no program" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
def test_ipython_where_it_is_installed(environment, tmp_path):
    pytest.importorskip("IPython")
    import pty
    import subprocess

    ours, theirs = pty.openpty()
    env = environment | {"IPYTHONDIR": str(tmp_path), "TERM": "dumb", "PROMPT_TOOLKIT_NO_CPR": "1"}
    running = subprocess.Popen(
        [sys.executable, "-m", "pyrite", "shell", "--master", "local[1]"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=env,
    )
    os.close(theirs)
    seen = b""

    def until(wanted):
        nonlocal seen
        end = time.monotonic() + 60
        while wanted not in seen:
            assert time.monotonic() < end, seen
            try:
                seen += os.read(ours, 65536)
            except OSError:
                break
        assert wanted in seen, seen

    try:
        until(b"SparkSession available as 'spark'.")
        until(b"In [")
        os.write(ours, b"sc.parallelize([1, 2]).map(lambda v: v + 40).explain()\r")
        until(b"      native")
        os.write(ours, b"exit\r")
        running.wait(timeout=30)
    finally:
        running.kill()
        os.close(ours)
