"""Runs the examples of PySpark's sql modules as they stand in the client's files: `docstrings.py OUT.json [module ...]`."""

import datetime
import doctest
import importlib
import io
import json
import os
import signal
import sys
import tempfile
import threading
import time
import warnings

import pyrite

pyrite.init()
MODULES = (
    "column group window udf dataframe functions.builtin readwriter session catalog types conf observation tvf "
    "pandas.map_ops pandas.group_ops merge datasource"
).split()
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


STREAMING = "query readwriter listener state stateful_processor datasource".split()


def as_from_a_jvm():
    """What queries print from threads of theirs a JVM and its workers print on descriptors of theirs; and nothing waits long for rows."""
    spoof, sleep = doctest._SpoofOut, time.sleep

    class Own(spoof):
        def write(self, text):
            return super().write(text) if threading.current_thread() is threading.main_thread() else len(text)

    doctest._SpoofOut = Own
    time.sleep = lambda seconds: sleep(min(seconds, 0.3))


class TooLong(Exception):
    """An example takes longer than any should."""


def _too_long(*_):
    raise TooLong


def run(modules):
    """Which docstrings pass."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[2]").appName("doctest").getOrCreate()
    signal.signal(signal.SIGALRM, _too_long)
    passed = {}
    for name in modules:
        module = importlib.import_module(f"pyspark.sql.{name}")
        names = {**vars(module), "spark": spark, "sc": spark.sparkContext, "os": os, "datetime": datetime}
        if name in ("column", "group", "dataframe"):
            names["df"] = spark.createDataFrame([(2, "Alice"), (5, "Bob")], schema=["age", "name"])
        for test in doctest.DocTestFinder(exclude_empty=True).find(module, globs=names):
            if not test.examples:
                continue
            test.globs = dict(names)
            runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
            signal.alarm(20)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    runner.run(test, out=io.StringIO().write, clear_globs=True)
                passed[test.name] = runner.failures == 0
            except TooLong:
                passed[test.name] = False
            finally:
                signal.alarm(0)
        # Spark runs each module in a process of its own, with a warehouse of its own.
        for table in spark.catalog.listTables():
            if not table.isTemporary:
                spark.sql(f"DROP TABLE `{table.name}`")
    return passed


if __name__ == "__main__":
    out = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        modules = sys.argv[2:] or MODULES
        if modules == ["streaming"]:
            as_from_a_jvm()
            modules = [f"streaming.{name}" for name in STREAMING]
        found = run(modules)
        os.chdir("/")
    with open(out, "w") as file:
        json.dump(found, file, indent=0)
