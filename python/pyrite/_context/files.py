"""`SparkContext`: files and archives that the program's functions find beside them, and the checkpoints' directory."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from pyrite._places import is_address, local
from pyrite._traceback import action
from pyrite.errors import engine_error
from pyrite.files import SparkFiles

if TYPE_CHECKING:
    from pyrite._elsewhere.systems import Systems
    from pyrite.context import SparkContext

_REMOTE = re.compile(r"^(https?|ftp)://")


class Files:
    """What `SparkContext` has of files for its functions."""

    _checkpoint_dir: str | None = None
    # Addresses, as the program gave them, with the place of each in `SparkFiles`.
    _files: dict[str, str]
    _archives: dict[str, str]

    # -- files elsewhere

    def _elsewhere(self, *paths: str) -> Systems | None:
        """What reads and writes files of other systems, where one of the paths (between commas, too) is there."""
        if not any(is_address(each.strip()) for path in paths for each in path.split(",")):
            return None
        from pyrite._elsewhere.options import settings_of
        from pyrite._elsewhere.systems import Systems

        context = cast("SparkContext", self)
        return Systems(settings_of(context._conf.getAll()), context._temp_dir)

    # -- files

    @action
    def addFile(self, path: str, recursive: bool = False) -> None:
        """Copy a file for functions to find with `SparkFiles.get`; with `recursive`, a directory.

        Raises
        ------
        Py4JJavaError
            There is no such file, it is a directory, or another file was added under its name.
        """
        address, here = _address(path)
        name = os.path.basename(here.rstrip("/"))
        if _REMOTE.match(address):
            self._add(self._files, address, name, lambda to: _fetch(address, to))
            return
        if not os.path.exists(here):
            raise engine_error("java.io.FileNotFoundException", f"File {address} does not exist")
        if os.path.isdir(here) and not recursive:
            raise engine_error(
                "org.apache.spark.SparkException",
                f"[UNSUPPORTED_ADD_FILE.DIRECTORY] Don't support add file. The file {address}/ is a directory, and "
                "recursive is not turned on: addFile(path, recursive=True) adds a directory.",
            )
        self._add(self._files, address, name, lambda to: _copy(here, to))

    @property
    def listFiles(self) -> list[str]:
        """The addresses of the files that were added."""
        return list(self._files)

    @action
    def addArchive(self, path: str) -> None:
        """Unpack a .zip, .tar, .tar.gz, .tgz or .jar file for functions to find with `SparkFiles.get`.

        The directory has the file's name, or what stands behind a `#`.

        Raises
        ------
        Py4JJavaError
            There is no such file.
        """
        given, _, renamed = os.fspath(path).partition("#")
        address, here = _address(given)
        if not os.path.exists(here):
            raise engine_error("java.nio.file.NoSuchFileException", here)
        address = f"{address}#{renamed}" if renamed else address
        self._add(self._archives, address, renamed or os.path.basename(here), lambda to: _unpack(here, to))

    @property
    def listArchives(self) -> list[str]:
        """The addresses of the archives that were added."""
        return list(self._archives)

    def _add(self, known: dict[str, str], address: str, name: str, make: Callable[[str], None]) -> None:
        """Have `make(path)` make what is called so; once for each address."""
        if address in known:
            return
        place = os.path.join(SparkFiles._root(cast("SparkContext", self)), name)
        beside = f"{place}-{uuid.uuid4().hex}"
        try:
            make(beside)
            if os.path.lexists(place):
                if not (os.path.isfile(place) and os.path.isfile(beside) and filecmp.cmp(place, beside, False)):
                    raise engine_error(
                        "org.apache.spark.SparkException",
                        f"File {place} exists and does not match contents of {address}",
                    )
            else:
                os.rename(beside, place)
        finally:
            _remove(beside)
        known[address] = place

    # -- checkpoints

    @action
    def setCheckpointDir(self, dirName: str) -> None:
        """Have `RDD.checkpoint` save rows in a new directory below this one.

        Raises
        ------
        Py4JJavaError
            The directory can't be made.
        """
        where = local(dirName, "checkpoints are written to a directory of this machine, not to {}: give it a path")
        folder = os.path.join(where, str(uuid.uuid4()))
        try:
            os.makedirs(folder)
        except OSError as error:
            raise engine_error("java.io.IOException", f"{folder}: {error.strerror}") from error
        self._checkpoint_dir = folder

    def getCheckpointDir(self) -> str | None:
        """The directory in which rows are saved; None before `setCheckpointDir`."""
        return None if self._checkpoint_dir is None else f"file:{self._checkpoint_dir}"

    @property
    def resources(self) -> dict[str, Any]:
        """Resources beside cores: none."""
        return {}


def _address(path: str) -> tuple[str, str]:
    """A file's address and its path here."""
    text = os.fspath(path)
    if _REMOTE.match(text):
        return text, text.partition("?")[0]
    here = local(text, "files are read from this machine or by http, https and ftp, not by {}: fetch it first")
    return f"file:{here}", here


def _fetch(address: str, to: str) -> None:
    # Takes longer to import than the rest of Pyrite, and few programs fetch.
    import urllib.request
    from urllib.error import URLError

    try:
        with urllib.request.urlopen(address) as source, open(to, "wb") as file:
            shutil.copyfileobj(source, file)
    except URLError as error:
        raise engine_error("java.io.IOException", f"{address}: {error.reason}") from error


def _copy(path: str, to: str) -> None:
    if os.path.isdir(path):
        shutil.copytree(path, to)
    else:
        shutil.copy2(path, to)


def _unpack(path: str, to: str) -> None:
    if path.lower().endswith((".zip", ".jar")):
        shutil.unpack_archive(path, to, "zip")
    elif path.lower().endswith((".tar", ".tar.gz", ".tgz")):
        shutil.unpack_archive(path, to, "tar" if path.lower().endswith(".tar") else "gztar", filter="data")
    else:
        # Spark copies what it can't unpack.
        _copy(path, to)


def _remove(path: str) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        os.remove(path)
