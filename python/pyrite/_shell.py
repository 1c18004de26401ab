"""`pyrite shell`: Python with `sc` and `spark` ready, in IPython where it is installed.

Else in Python's own console, whose input is kept as source, so that functions typed there can be compiled, too.
"""

from __future__ import annotations

import code
import contextlib
import os
import platform
import sys
from types import CodeType, ModuleType
from typing import Any

import pyrite
from pyrite._aliases.names import SPARK_VERSION
from pyrite._script import keep_source
from pyrite._submit import submit

__all__ = ["run_shell"]


def run_shell(settings: dict[str, str]) -> int:
    """Start a context with these settings and read what is typed until the end."""
    submit({"spark.app.name": "PySparkShell", **settings})
    pyrite.init()
    from pyspark.sql import SparkSession, SQLContext  # Pyrite's, or a cluster's real ones

    spark = SparkSession.builder.getOrCreate()
    sc = spark.sparkContext
    sql_context = SQLContext(sc, spark)
    module = ModuleType("__main__")
    names = {"spark": spark, "sc": sc, "sqlContext": sql_context, "sqlCtx": sql_context}
    vars(module).update(names, __builtins__=__builtins__)
    sys.modules["__main__"] = module
    sys.argv[:] = [""]
    if not sys.flags.safe_path:
        sys.path[0] = ""
    banner = _banner(sc)
    try:
        if not (sys.stdin.isatty() and _in_ipython(names, banner)):
            _in_console(vars(module), banner)
    finally:
        spark.stop()
    return 0


def _banner(sc: Any) -> str:
    page = f"Spark context Web UI available at {sc.uiWebUrl}\n" if sc.uiWebUrl else ""
    welcome = (
        f"Welcome to Pyrite {pyrite.__version__}, over the real PySpark {sc.version}.\n"
        if pyrite._handed_over
        else f"Welcome to Pyrite {pyrite.__version__}: PySpark {SPARK_VERSION}'s RDD and DStream API without a JVM.\n"
    )
    return (
        f"{welcome}{page}"
        f"Python {platform.python_version()}. SparkContext available as 'sc' "
        f"(master = {sc.master}, app id = {sc.applicationId}).\n"
        "SparkSession available as 'spark'."
    )


def _in_ipython(names: dict[str, Any], banner: str) -> bool:
    """IPython keeps the source of cells itself."""
    try:
        from IPython import start_ipython
        from traitlets.config import Config
    except ImportError:
        return False
    config = Config()
    config.TerminalInteractiveShell.banner1 = banner + "\n"
    start_ipython(argv=[], user_ns=names, config=config)
    return True


class _Console(code.InteractiveConsole):
    """Python's console; each input is a source of its own."""

    _inputs = 0
    _source = ""

    def runsource(self, source: str, filename: str = "<input>", symbol: str = "single") -> bool:
        """Compile and run what was typed, if it is complete."""
        self._source = source
        return super().runsource(source, f"<input {self._inputs + 1}>", symbol)

    def runcode(self, code: CodeType) -> None:
        """Run an input, whose functions are found by its name."""
        self._inputs += 1
        keep_source(code.co_filename, self._source + "\n")
        super().runcode(code)


def _in_console(names: dict[str, Any], banner: str) -> None:
    startup = os.environ.get("PYTHONSTARTUP")
    if startup and os.path.isfile(startup):
        with open(startup, "rb") as file:
            exec(compile(file.read(), startup, "exec"), names)
    with contextlib.suppress(ImportError):
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    _Console(names).interact(banner=banner, exitmsg="")
