"""`RDD`: rows that are kept once they have been computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from pyrite._rdd.planned import Planned
from pyrite._traceback import action
from pyrite.errors import engine_error
from pyrite.storagelevel import StorageLevel

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")


class Keeping(Planned[T]):
    """What `RDD` has of keeping rows."""

    _level: StorageLevel | None
    _name: str | None
    # By `localCheckpoint`; then it is kept, and cached only where the program says so too.
    _uncached: bool = False

    @property
    def is_cached(self) -> bool:
        """Whether it is persisted."""
        return self._plan.is_cached and not self._uncached

    def cache(self) -> RDD[T]:
        """Keep the rows once they have been computed; returns self."""
        return self.persist(StorageLevel.MEMORY_ONLY)

    @action
    def persist(self, storageLevel: StorageLevel = StorageLevel.MEMORY_ONLY) -> RDD[T]:
        """Keep the rows once they have been computed; returns self.

        Raises
        ------
        TypeError
            It isn't a StorageLevel.
        Py4JJavaError
            The RDD is persisted with another level.
        """
        if not isinstance(storageLevel, StorageLevel):
            raise TypeError("storageLevel must be of type pyspark.StorageLevel")
        if self.is_cached and self.getStorageLevel() != storageLevel:
            raise engine_error(
                "org.apache.spark.SparkUnsupportedOperationException",
                "Cannot change storage level of an RDD after it was already assigned a level",
            )
        self._level = storageLevel
        self._uncached = False
        self._plan.persist(storageLevel.useMemory, storageLevel.useDisk)
        self._show_kept()
        return cast("RDD[T]", self)

    def _show_kept(self) -> None:
        """The web page shows what it keeps, by its name."""
        page = self.ctx._page
        if page is not None and self.is_cached:
            page.keeps(self._plan, self._name or "PythonRDD", str(self.getStorageLevel()))

    def unpersist(self, blocking: bool = False) -> RDD[T]:
        """Give the kept rows up; returns self."""
        self._level = None
        self._plan.unpersist()
        return cast("RDD[T]", self)

    def getStorageLevel(self) -> StorageLevel:
        """The level it is persisted with, or StorageLevel.NONE."""
        return (self._level or StorageLevel.MEMORY_ONLY) if self._plan.is_cached else StorageLevel.NONE
