"""The import names that the real PySpark lacks and Pyrite has."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from pyrite._aliases.finder import SameModuleLoader

__all__ = ["ClusterFinder"]

# `pyrite.testing` and what it is made of stay: tests run on Pyrite, in the same process too.
_HOMES = {
    "findspark": "pyrite._cluster.findspark",
    "pyspark.streaming.kafka": "pyrite._cluster.kafka",
    "pyrite.streaming.kafka": "pyrite._cluster.kafka",
}


class ClusterFinder(MetaPathFinder):
    """Answers for a few names; all others are found as ever."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of one of those modules."""
        home = _HOMES.get(fullname)
        return None if home is None else ModuleSpec(fullname, SameModuleLoader(home))
