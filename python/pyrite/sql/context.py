"""`SQLContext` and `HiveContext`: the doors of Spark 1, as far as they lead to a SparkContext and to text files."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn

from pyrite.sql._later import not_yet
from pyrite.sql.session import SparkSession

if TYPE_CHECKING:
    from pyrite.context import SparkContext
    from pyrite.sql.readwriter import DataFrameReader

__all__ = ["HiveContext", "SQLContext"]

_DEPRECATED = "Deprecated in 3.0.0. Use SparkSession.builder.getOrCreate() instead."


class SQLContext:
    """A SparkContext's session under its old name."""

    _instantiatedContext: SQLContext | None = None

    def __init__(
        self, sparkContext: SparkContext, sparkSession: SparkSession | None = None, jsqlContext: Any = None
    ) -> None:
        if sparkSession is None:
            warnings.warn(_DEPRECATED, FutureWarning, stacklevel=2)
        self._sc = sparkContext
        self.sparkSession = sparkSession or SparkSession.builder.getOrCreate()
        known = SQLContext._instantiatedContext
        if known is None or known._sc is not type(sparkContext)._active_spark_context:
            SQLContext._instantiatedContext = self

    @classmethod
    def getOrCreate(cls, sc: SparkContext) -> SQLContext:
        """The first one of the context, or a new one."""
        warnings.warn(_DEPRECATED, FutureWarning, stacklevel=2)
        known = SQLContext._instantiatedContext
        if known is None or known._sc is not sc:
            return cls(sc, SparkSession.builder.getOrCreate())
        return known

    def newSession(self) -> SQLContext:
        """Another one with settings of its own."""
        return self.__class__(self._sc, self.sparkSession.newSession())

    @property
    def read(self) -> DataFrameReader:
        """Reads text files."""
        return self.sparkSession.read

    def setConf(self, key: str, value: str | int | bool) -> None:
        """Set a key of the session."""
        self.sparkSession.conf.set(key, value)

    def getConf(self, key: str, *default: Any) -> str | None:
        """A key of the session."""
        return self.sparkSession.conf.get(key, *default)

    def __getattr__(self, name: str) -> NoReturn:
        raise not_yet(type(self).__name__, name)


class HiveContext(SQLContext):
    """The same: there is no Hive behind it."""

    def __init__(
        self, sparkContext: SparkContext, sparkSession: SparkSession | None = None, jhiveContext: Any = None
    ) -> None:
        warnings.warn(
            "HiveContext is deprecated in Spark 2.0.0. Please use "
            "SparkSession.builder.enableHiveSupport().getOrCreate() instead.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__(sparkContext, sparkSession or SparkSession.builder.getOrCreate())
