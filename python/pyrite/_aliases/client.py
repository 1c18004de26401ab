"""The modules that the extra `pyrite[sql]` brings: the Spark Connect client's, from its folder, by PySpark's names."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import random
import re
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from pyrite._aliases.later import own_builtins, running
from pyrite._extra import client_folder, installed

__all__ = ["ClientFiles", "client_spec"]

# What the client needs of itself beside `pyspark.sql`; the rest of `pyspark` is Pyrite's.
_BESIDE = (
    "pyspark._globals",
    "pyspark.errors.error_classes",
    "pyspark.errors.exceptions.connect",
    "pyspark.errors.exceptions.tblib",
    "pyspark.errors.utils",
    "pyspark.find_spark_home",
    "pyspark.instrumentation_utils",
    "pyspark.logger",
    "pyspark.loose_version",
    "pyspark.memory_profiler_ext",
    "pyspark.resource",
    "pyspark.testing",
    "pyspark.worker_util",
)


def client_spec(name: str) -> ModuleSpec | None:
    """The spec of a module of the client's; None where the name is Pyrite's, or the extra isn't here."""
    if not name.startswith("pyspark.sql.") and not name.startswith(_BESIDE):
        return None
    folder = client_folder() if installed() else None
    if folder is None:
        return None
    path = os.path.join(folder, *name.split(".")[1:])
    if os.path.isdir(path):
        file, inside = os.path.join(path, "__init__.py"), [path]
    else:
        file, inside = f"{path}.py", None
    if not os.path.isfile(file):
        return None
    loader = ClientLoader(name, file)
    return importlib.util.spec_from_file_location(name, file, loader=loader, submodule_search_locations=inside)


class ClientLoader(SourceFileLoader):
    """Runs a module of the client's; rows are Pyrite's, so that those of RDDs and of DataFrames are of one class."""

    def exec_module(self, module: ModuleType) -> None:
        """Run it with what it must see otherwise."""
        if module.__name__ != "pyspark._globals":
            _prepare()
        vars(module)["__builtins__"] = own_builtins()
        with running(module):
            super().exec_module(module)
        if module.__name__ == "pyspark.sql.types":
            from pyrite._row import Row, _create_row

            vars(module).update(Row=Row, _create_row=_create_row)
        elif module.__name__ == "pyspark.sql.connect.session":
            _knows_own_sessions(vars(module)["SparkSession"])
        elif module.__name__ == "pyspark.sql.utils":
            vars(module)["is_remote"] = _always
        elif module.__name__ == "pyspark.sql.connect.functions.builtin":
            vars(module)["py_random"] = _Seeds
        elif module.__name__ == "pyspark.sql.connect.utils":
            # Every module of the client's asks at its start whether what it needs is here: that has been found out.
            vars(module)["check_dependencies"] = _nothing
        vars(module).pop("_test", None)


class _Seeds:
    """The client's source of seeds for functions that were given none: the planner knows these from a user's."""

    @staticmethod
    def randint(_low: int, _high: int) -> int:
        """A negative long whose first 16 bits are always the same."""
        return (-0x5A17 << 48) | random.getrandbits(48)


class ClientFiles:
    """Where `importlib.resources` finds the client's files of a package that is Pyrite's facade."""

    def __init__(self, name: str) -> None:
        self._name = name

    def files(self) -> Path:
        """The package's folder."""
        return Path(client_folder() or "", *self._name.split(".")[1:])


@functools.cache
def _prepare() -> None:
    """Give Pyrite's modules the names that the client looks for in them."""
    from pyrite.errors import PySparkException

    eval_types = importlib.import_module("pyrite.util").PythonEvalType
    pyspark = importlib.import_module("pyspark")
    vars(pyspark)["__file__"] = f"{client_folder()}/__init__.py"
    vars(pyspark)["cloudpickle"] = importlib.import_module("cloudpickle")
    errors = "pyspark.errors.exceptions"
    captured = vars(importlib.import_module(f"{errors}.captured"))
    captured.update(CapturedException=PySparkException, unwrap_spark_exception=_same, install_exception_handler=_same)
    vars(importlib.import_module(f"{errors}.base"))["recover_python_exception"] = _same
    for module in ("util", "accumulators", "profiler"):
        # The classic half of the client's modules imports what only a JVM's driver uses.
        names = vars(importlib.import_module(f"pyspark.{module}"))
        for name in re.findall(r"^(?:def |class )?(\w+)\b(?:\(| ?[:=])", _source(f"{module}.py"), re.MULTILINE):
            names.setdefault(name, _Absent)
    for name, value in re.findall(r"^    ((?:SQL|NON)_\w+): [^=]+ = (\d+)", _source("util.py"), re.MULTILINE):
        setattr(eval_types, name, int(value))
    vars(pyspark)["_NoValue"] = importlib.import_module("pyspark._globals")._NoValue


class _Absent:
    """What stands for a name that only PySpark's classic half uses."""


def _source(name: str) -> str:
    return Path(client_folder() or "", name).read_text(encoding="utf-8")


def _same(error: Any) -> Any:
    return error


def _knows_own_sessions(kind: Any) -> None:
    """The client's sessions stand behind Pyrite's, from the first DataFrame on; a `udf` may come before it."""
    active = kind.getActiveSession.__func__

    def active_session(kind: Any) -> Any:
        found = active(kind)
        if found is not None:
            return found
        own = importlib.import_module("pyrite.sql.session").SparkSession.getActiveSession()
        return None if own is None else importlib.import_module("pyrite._frames.sessions").client_session(own)

    kind.getActiveSession = classmethod(functools.wraps(active)(active_session))


def _nothing(*_: object) -> None:
    """Nothing to check."""


def _always() -> bool:
    return True
