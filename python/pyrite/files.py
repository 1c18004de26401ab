"""`SparkFiles`: where functions find the files that `SparkContext.addFile` and `addArchive` have copied."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pyrite.context import SparkContext

__all__ = ["SparkFiles"]

# Worker processes get the program's environment with each task.
_VARIABLE = "PYRITE_FILES"


class SparkFiles:
    """Where added files are: `SparkFiles.get("name")`, in the program and in functions that run on data."""

    _sc: ClassVar[SparkContext | None] = None

    def __init__(self) -> None:
        raise NotImplementedError("Do not construct SparkFiles objects")

    @classmethod
    def get(cls, filename: str) -> str:
        """The path of a file that was added."""
        return os.path.abspath(os.path.join(cls.getRootDirectory(), filename))

    @classmethod
    def getRootDirectory(cls) -> str:
        """The directory that has the added files."""
        context = cls._sc
        if context is not None:
            return cls._root(context)
        folder = os.environ.get(_VARIABLE)
        assert folder is not None, "there is no SparkContext"
        return folder

    @staticmethod
    def _forget() -> None:
        """The directory has gone with its context."""
        os.environ.pop(_VARIABLE, None)

    @classmethod
    def _root(cls, context: SparkContext) -> str:
        folder = os.path.join(context._temp_dir, "files")
        os.makedirs(folder, exist_ok=True)
        os.environ[_VARIABLE] = folder
        return folder
