"""Is the extra `pyrite[sql]` here, and where is the client's folder?"""

from __future__ import annotations

import functools
import importlib.util
import os
from importlib.machinery import PathFinder

__all__ = ["client_folder", "comes_later", "installed"]


def comes_later(name: str) -> str:
    """The sentence for a name that isn't here: without the extra, what to install."""
    if installed():
        return f"`{name}` is not in Pyrite's DataFrames."
    return f"`{name}` comes with DataFrames: install the extra `pyrite[sql]`."


@functools.cache
def client_folder() -> str | None:
    """The `pyspark` folder that pyspark-client or PySpark's own wheel has put there; None without one."""
    spec = PathFinder.find_spec("pyspark")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if os.path.isdir(os.path.join(folder, "sql", "connect")):
            return folder
    return None


@functools.cache
def installed() -> bool:
    """Whether DataFrames can be loaded."""
    needed = ("duckdb", "pyarrow", "pandas", "grpc", "google.protobuf")
    try:
        return client_folder() is not None and all(importlib.util.find_spec(name) for name in needed)
    except ModuleNotFoundError:
        return False
