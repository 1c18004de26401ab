"""The modules that programs import have what PySpark's have, under both names."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

RECORDED = json.loads((Path(__file__).parents[2] / "recorded" / "module_names.json").read_text(encoding="utf-8"))
# What serves PySpark's JVM and its workers.
OTHERWISE = {
    "accumulators": {"AccumulatorTCPServer", "AccumulatorUnixServer", "SpecialAccumulatorIds", "UpdateRequestHandler"},
    "broadcast": {"BroadcastPickleRegistry", "pickle_protocol"},
    "context": {"DEFAULT_CONFIGS"},
    "profiler": {"MemUsageParam"},
    "rdd": {"PIPE"},
    "serializers": {"ChunkedStream", "pickle_protocol"},
    "taskcontext": {"ALL_GATHER_FUNCTION", "BARRIER_FUNCTION"},
    "util": {"handle_worker_exception", "local_connect_and_auth", "enable_faulthandler", "with_faulthandler",
             "start_faulthandler_periodic_traceback"},
}  # fmt: skip


@pytest.mark.parametrize("module", RECORDED)
def test_a_module_has_its_names(module):
    found = importlib.import_module(f"pyrite.{module}")
    missing = {name for name in RECORDED[module].split() if not hasattr(found, name)}
    assert missing <= OTHERWISE.get(module, set())


def test_every_module_is_there_as_pyspark_too():
    code = "import importlib, pyrite; pyrite.init()\n" + "\n".join(
        f"assert importlib.import_module('pyspark.{name}').__name__ in ('pyrite.{name}', 'pyspark.{name}')"
        for name in RECORDED
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_names_of_old_programs():
    code = (
        "import pyrite; pyrite.init()\n"
        "from pyspark import SQLContext, HiveContext, Row, since, keyword_only\n"
        "from pyspark.sql import SQLContext as S, Row as R, functions, Window, DataFrame, Column, SparkSession\n"
        "from pyspark.sql import functions as F\nfrom pyspark.sql.functions import col, lit\n"
        "from pyspark.sql.window import Window\nfrom pyspark.sql.utils import AnalysisException\n"
        "from pyspark.traceback_utils import SCCallSiteSync\nfrom pyspark.shuffle import ExternalSorter\n"
        "from pyspark.util import fail_on_stopiteration\n"
        "assert S is SQLContext and R is Row\n"
        "def said(ask):\n"
        "    try:\n        ask()\n    except Exception as error:\n        return type(error).__name__, str(error)\n"
        "print(said(lambda: col('a')))\nprint(said(lambda: F.sum('a')))\nprint(said(lambda: Window.partitionBy('a')))\n"
        "print(said(lambda: exec('from pyspark.sql.functions import *')))\nprint(Column | None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "('PySparkRuntimeError', '`pyspark.sql.functions.col` comes with DataFrames: install the extra `pyrite[sql]`.')",
        "('PySparkRuntimeError', '`pyspark.sql.functions.sum` comes with DataFrames: install the extra `pyrite[sql]`.')",
        "('AttributeError', '`pyspark.sql.Window.partitionBy` comes with DataFrames: install the extra `pyrite[sql]`.')",
        "('PySparkImportError', "
        "'`from pyspark.sql.functions import *` comes with DataFrames: install the extra `pyrite[sql]`.')",
        "typing.Any",
    ], done.stderr
