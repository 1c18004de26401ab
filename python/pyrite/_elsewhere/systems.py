"""The systems that addresses name: which one, its files, and their bytes."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from pyrite._elsewhere.failures import failure, is_missing, missing, no_system
from pyrite._elsewhere.options import options_of
from pyrite._elsewhere.reader import Reader
from pyrite._places import as_globs, is_hidden, is_pattern

if TYPE_CHECKING:
    from pyrite._elsewhere.output import Output

__all__ = ["Found", "Systems"]

_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(.*)", re.DOTALL)
# fsspec's names of what Hadoop calls otherwise.
_PROTOCOLS = {
    "abfss": "abfs",
    "gcs": "gs",
    "s3a": "s3",
    "s3n": "s3",
    "swebhdfs": "webhdfs",
    "wasb": "abfs",
    "wasbs": "abfs",
}
# What fsspec needs for them beside itself.
_PACKAGES = {
    "abfs": "adlfs",
    "ftp": "fsspec",
    "gs": "gcsfs",
    "hdfs": "pyarrow",
    "http": "aiohttp",
    "https": "aiohttp",
    "s3": "s3fs",
    "sftp": "paramiko",
    "webhdfs": "requests",
}
# Bytes that a file keeps which is read in small pieces.
_BUFFER = 1 << 20
_STORES = ("s3", "gs", "abfs")
_WEB = ("http", "https")


class Found(NamedTuple):
    """A file: its address, its size where that is known, and whether it can be read from its middle."""

    address: str
    size: int | None
    ranges: bool


class System(NamedTuple):
    """The system of an address."""

    scheme: str
    authority: str
    protocol: str
    files: Any
    root: str

    def path(self, address: str) -> str:
        """What fsspec calls a file."""
        name: str = self.files._strip_protocol(self.protocol + address[len(self.scheme) :])
        return name

    def address(self, name: str) -> str:
        """What a program calls it: with the scheme that it wrote."""
        if self.protocol in _WEB:
            return name
        return f"{self.scheme}://{self.authority}/{name.removeprefix(self.root).lstrip('/')}"

    @property
    def is_web(self) -> bool:
        """Whether there are no directories, and `?` asks a question."""
        return self.protocol in _WEB

    @property
    def is_store(self) -> bool:
        """Whether directories are but parts of names."""
        return self.protocol in _STORES


class Systems:
    """The systems that addresses name, with what a program's settings say of them. Tasks get it pickled."""

    def __init__(self, settings: dict[str, str], folder: str | None = None) -> None:
        self._settings = settings
        # For temporary files.
        self._folder = folder

    def of(self, address: str) -> System:
        """The system of an address. fsspec keeps what it makes, for each thread.

        Raises
        ------
        Py4JJavaError
            There is none, or a package is missing.
        """
        found = _PARTS.fullmatch(address)
        assert found is not None
        scheme, authority = found[1], found[2]
        protocol = _PROTOCOLS.get(scheme.lower(), scheme.lower())
        try:
            import fsspec
        except ImportError:
            raise no_system(scheme, None) from None
        try:
            kind = fsspec.get_filesystem_class(protocol)
        except ImportError:
            raise no_system(scheme, _PACKAGES.get(protocol, f"fsspec's package for {protocol}")) from None
        except ValueError:
            raise no_system(scheme, "") from None
        as_known = f"{protocol}://{authority}"
        with failure(address):
            options = kind._get_kwargs_from_urls(f"{as_known}{found[3]}")
            files = kind(**{**options, **options_of(protocol, authority, self._settings)})
            return System(scheme, authority, protocol, files, str(kind._strip_protocol(f"{as_known}/")).rstrip("/"))

    # -- reading

    def files(self, address: str) -> list[Found] | str:
        """The files that are meant, in the order of their names: one, those of a directory, those of a pattern.

        In words what is missing, where nothing is there.

        Raises
        ------
        Py4JJavaError
            The system doesn't answer or doesn't let us in.
        """
        system = self.of(address)
        with failure(address):
            # What a listing said a while ago may not be so any more.
            system.files.invalidate_cache()
            named = self._named(system, address)
            if not named:
                return missing(address, is_pattern(address, system.is_web))
            return [_found(system, info) for each in named for info in _inside(system, each)]

    def _named(self, system: System, address: str) -> list[dict[str, Any]]:
        try:
            return [_info(system, system.path(address))]
        except FileNotFoundError as error:
            if not is_missing(error):
                raise
        if not is_pattern(address, system.is_web):
            return []
        matches: dict[str, dict[str, Any]] = {}
        for each in as_globs(address):
            pattern = system.path(each)
            matches.update(system.files.glob(re.sub(r"\*\*+", "*", pattern), detail=True))
        return [matches[name] for name in sorted(matches) if not is_hidden(name)]

    def reader(self, file: tuple[str, int | None, bool], start: int, end: int | None) -> Reader:
        """The bytes of a file from `start` on; those up to `end` are wanted for certain.

        Raises
        ------
        Py4JJavaError
            There is no such file, or it can't be read.
        """
        found = Found(*file)
        system = self.of(found.address)
        size = found.size if found.ranges else None
        return Reader(system.files, system.path(found.address), found.address, size, start, end)

    @contextlib.contextmanager
    def opened(self, file: Found) -> Iterator[IO[bytes]]:
        """A file to read from any place.

        Raises
        ------
        Py4JJavaError
            There is no such file, or it can't be read.
        """
        if file.ranges:
            system = self.of(file.address)
            with failure(file.address):
                opened = system.files.open(system.path(file.address), "rb")
            # A file of memory:// is one for all who have it open.
            shared = system.protocol == "memory"
            with io.BytesIO(opened.getvalue()) if shared else io.BufferedReader(opened, _BUFFER) as one:
                yield one
            return
        with tempfile.TemporaryFile(dir=self._folder) as here:
            reader = self.reader(file, 0, None)
            while piece := reader.next_piece():
                here.write(piece)
            here.seek(0)
            yield here

    # -- writing

    def output(self, address: str, overwrite: bool = False) -> Output:
        """A new directory to write into; `overwrite` replaces one that exists.

        Raises
        ------
        Py4JJavaError
            It exists, or nothing can be written there.
        """
        from pyrite._elsewhere.output import Output

        return Output(self, address, overwrite, self._folder)


def _info(system: System, name: str) -> dict[str, Any]:
    info: dict[str, Any] = system.files.info(name)
    return info


def _inside(system: System, info: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A file, or the files right in a directory without hidden ones."""
    if info["type"] != "directory":
        yield info
        return
    if system.is_web:
        return
    own = str(info["name"]).rstrip("/")
    inside = {str(each["name"]): each for each in system.files.ls(info["name"], detail=True)}
    for name in sorted(inside):
        # Stores may have an empty file with the directory's name.
        if inside[name]["type"] == "file" and name.rstrip("/") != own and not is_hidden(name):
            yield inside[name]


def _found(system: System, info: dict[str, Any]) -> Found:
    name = str(info["name"])
    if system.is_web and info.get("size") is None:
        info = _info(system, name)
    size = info.get("size")
    size = None if size is None else int(size)
    ranges = size is not None and (not system.is_web or _has_ranges(system, name, size, info))
    return Found(system.address(name), size, ranges)


def _has_ranges(system: System, name: str, size: int, info: dict[str, Any]) -> bool:
    """Whether a server of the web gives the middle of a file: many don't say, so it is asked for a byte."""
    if size < 2 or info.get("partial") is False:
        return False
    try:
        with system.files.open(name, "rb", size=size, cache_type="none") as file:
            file.seek(size - 1)
            return len(file.read(1)) == 1
    except Exception:  # noqa: BLE001 - whatever it says, the file is read from its beginning then
        return False
