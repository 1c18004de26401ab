"""`RDD`: rows that are saved once, so that what they were made of can be let go."""

from __future__ import annotations

import os
from typing import TypeVar

from pyrite._rdd.keeping import Keeping
from pyrite._traceback import action
from pyrite.errors import engine_error
from pyrite.storagelevel import StorageLevel

T = TypeVar("T")

# What Spark keeps the rows of a local checkpoint with.
_LOCAL = StorageLevel(True, True, False, True, 1)


class Checkpointing(Keeping[T]):
    """What `RDD` has of checkpoints.

    `checkpoint` writes files, by a job of its own after the first action that uses the RDD; `localCheckpoint` keeps the
    rows as `persist` does. After either the lineage ends there.
    """

    is_checkpointed: bool
    _saved_in: str | None = None

    @action
    def checkpoint(self) -> None:
        """Have the rows saved in the directory of `SparkContext.setCheckpointDir` after the next action.

        Raises
        ------
        Py4JJavaError
            The context has no such directory.
        """
        folder = self.ctx._checkpoint_dir
        if folder is None:
            raise engine_error(
                "org.apache.spark.SparkException", "Checkpoint directory has not been set in the SparkContext"
            )
        if self._local or self._saved_in is not None:  # as in Spark, the first kind of the two stays
            self.is_checkpointed = True
            return
        self.is_checkpointed = True
        self._saved_in = os.path.join(folder, f"rdd-{self._plan.id}")
        self._plan.checkpoint(self._saved_in)

    def isCheckpointed(self) -> bool:
        """Whether the rows have been saved: by a job that has run."""
        if not self._local or self._plan.is_marked:
            return self._plan.is_saved
        return self.is_checkpointed or not (self._passed_by and self._uncached)

    @action
    def localCheckpoint(self) -> None:
        """Keep the rows of the next action, in memory or in files, and let go of what they were made of.

        They are gone with the context, or when the RDD is.
        """
        if self._local or self._plan.is_saved:
            return
        self._local = True
        level = _LOCAL
        if self._plan.is_cached:
            known = self.getStorageLevel()
            level = StorageLevel(True, known.useMemory, known.useOffHeap, known.deserialized, known.replication)
            self._plan.unpersist()
        else:
            self._uncached = True
        self._level = level
        self._plan.persist(level.useMemory, True)
        self._plan.checkpoint()

    def isLocallyCheckpointed(self) -> bool:
        """Whether `localCheckpoint` was called."""
        return self._local

    def getCheckpointFile(self) -> str | None:
        """The directory in which the rows have been saved; None before, and for a local checkpoint."""
        return f"file:{self._saved_in}" if self._saved_in is not None and self._plan.is_saved else None

    def cleanShuffleDependencies(self, blocking: bool = False) -> None:
        """Kept for programs that call it: what a shuffle has laid out goes with the last RDD that reads it."""
