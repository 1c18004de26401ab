"""A directory elsewhere that tasks put their parts into: they wait in `_temporary` until all are there."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pyrite._elsewhere.failures import failure
from pyrite.errors import engine_error

if TYPE_CHECKING:
    from pyrite._elsewhere.systems import System, Systems

__all__ = ["Output"]


class Output:
    """`with` it the parts are put; they are the directory when that ends, and gone when it ends with an error.

    Raises
    ------
    Py4JJavaError
        The directory exists, or nothing can be written there.
    """

    def __init__(self, systems: Systems, address: str, overwrite: bool, folder: str | None) -> None:
        self._systems, self._address, self._overwrite = systems, address, overwrite
        # Where parts may wait on this machine.
        self.folder = folder
        self._ended = False
        system, target = self._target()
        if system.is_web:
            kind = "java.lang.UnsupportedOperationException"
            raise engine_error(kind, f"{address}: files are read by {system.scheme}, not written")
        with failure(address):
            system.files.invalidate_cache()
            self._existed = bool(system.files.exists(target))
        if self._existed and not overwrite:
            kind = "org.apache.hadoop.mapred.FileAlreadyExistsException"
            raise engine_error(kind, f"Output directory {address} already exists")

    def put(self, file: Any, name: str) -> None:
        """Store a file of this machine as a part of this name.

        Raises
        ------
        Py4JJavaError
            The system doesn't take it.
        """
        system, target = self._target()
        with failure(self._address):
            system.files.put_file(str(file), f"{target}/_temporary/0/{name}")
        if self._ended:
            # A task of a job that has failed meanwhile.
            self._clear()

    def __enter__(self) -> Output:
        system, target = self._target()
        if not system.is_store:
            with failure(self._address):
                system.files.makedirs(f"{target}/_temporary/0", exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with failure(self._address):
                    self._commit()
        finally:
            self._ended = True
            self._clear(kind is not None and not self._existed)

    def _target(self) -> tuple[System, str]:
        system = self._systems.of(self._address)
        return system, system.path(self._address).rstrip("/")

    def _commit(self) -> None:
        system, target = self._target()
        files = system.files
        files.invalidate_cache()
        waiting = f"{target}/_temporary/0"
        parts = sorted(str(name) for name in files.ls(waiting, detail=False)) if files.exists(waiting) else []
        if self._existed:
            for each in files.ls(target, detail=False):
                if not str(each).rstrip("/").endswith("/_temporary"):
                    files.rm(each, recursive=True)
        places = [f"{target}/{name.rpartition('/')[2]}" for name in parts]
        if system.is_store:
            # They can't rename; they copy several at once, on their side.
            if parts:
                files.copy(parts, places)
        else:
            for part, place in zip(parts, places, strict=True):
                files.mv(part, place)
        files.pipe_file(f"{target}/_SUCCESS", b"")

    def _clear(self, whole: bool = False) -> None:
        """Remove what waits, or the whole directory. What can't be removed is hidden: its name begins with _."""
        with contextlib.suppress(Exception):
            system, target = self._target()
            system.files.invalidate_cache()
            place = target if whole else f"{target}/_temporary"
            if system.files.exists(place):
                system.files.rm(place, recursive=True)
