"""What ends a program, and what only a job."""

import pytest


@pytest.mark.parametrize(
    "step",
    ["map(lambda x: sys.exit(3))", "filter(lambda x: exit())", "mapPartitions(lambda rows: sys.exit('enough'))",
     "map(lambda x: (x, 1)).reduceByKey(lambda a, b: sys.exit(1))", "sortBy(lambda x: sys.exit(1))"],
)  # fmt: skip
@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_exit_in_a_task_is_an_error_of_the_job(python, script, step, workers):
    path = script(
        "import sys\nfrom pyspark import SparkContext\nfrom py4j.protocol import Py4JJavaError\n"
        f"sc = SparkContext('local[2]')\ntry:\n    sc.parallelize([1, 1, 2, 2], 2).{step}.collect()\n"
        "except Exception as error:\n"
        "    print(type(error) is Py4JJavaError, 'SystemExit' in str(error), type(error.__cause__).__name__)\n"
        "print(sc.parallelize([1]).collect())"
    )
    done = python("-m", "pyrite", "--conf", f"pyrite.python.workers={workers}", path)
    assert done.stdout == "True True SystemExit\n[1]\n", done.stderr
    assert done.returncode == 0


def test_an_exit_of_a_signals_handler_ends_the_program(python, script):
    path = script(
        "import os, signal, sys, threading, time\nfrom pyspark import SparkContext\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nsc = SparkContext('local[2]')\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()\n"
        "sc.parallelize([1], 1).map(lambda x: time.sleep(20)).collect()"
    )
    done = python("-m", "pyrite", path)
    assert done.returncode == 7, done.stderr
