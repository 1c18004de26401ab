"""Paths as Hadoop reads them: `file:` addresses, several with commas, globs, directories without hidden files."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator
from typing import IO, NamedTuple

from pyrite._elsewhere.systems import Found, Systems
from pyrite._places import as_globs, is_address, is_hidden, local
from pyrite.errors import engine_error

__all__ = ["Part", "files_in", "files_of", "meant_by", "opened", "parts_of"]

# A last part that is this much larger than the others isn't cut again.
_SLOP = 1.1
# A file system's block: no part is larger.
_BLOCK = 32 << 20


class Part(NamedTuple):
    """A part of a file; the file's format says which records are its own."""

    file: Found
    start: int
    length: int

    @property
    def path(self) -> str:
        """Where the file is."""
        return self.file.address


def files_of(paths: str, package: str = "org.apache.hadoop.mapred", systems: Systems | None = None) -> list[Found]:
    """The files that are meant, in order. An error has its class in this package.

    Raises
    ------
    Py4JJavaError
        Nothing is there, or a path is empty.
    """
    found: list[Found] = []
    for path in _between_commas(paths):
        if not path:
            raise engine_error("java.lang.IllegalArgumentException", "Can not create a Path from an empty string")
        if systems is not None and is_address(path):
            files = systems.files(path)
            if isinstance(files, str):
                raise engine_error(f"{package}.InvalidInputException", files)
            found += files
            continue
        here, matches = meant_by(path)
        matches = [match for match in matches if not is_hidden(match)]
        if not matches:
            pattern = glob.has_magic(here) or "{" in here
            what = f"Pattern file:{here} matches 0 files" if pattern else f"path does not exist: file:{here}"
            raise engine_error(f"{package}.InvalidInputException", f"Input {what}")
        found += files_in(matches)
    return found


@contextlib.contextmanager
def opened(systems: Systems | None, file: Found) -> Iterator[IO[bytes]]:
    """A file to read from any place."""
    if systems is not None and is_address(file.address):
        with systems.opened(file) as elsewhere:
            yield elsewhere
        return
    with open(file.address, "rb") as here:
        yield here


def meant_by(path: str) -> tuple[str, list[str]]:
    """The absolute path, and what there is under it: one file or directory, or all that the pattern matches.

    Raises
    ------
    Py4JJavaError
        The path isn't of this machine.
    """
    here = local(path, "there is no file system for {}")
    return here, [here] if os.path.exists(here) else _matching(here)


def files_in(places: list[str]) -> Iterator[Found]:
    """The files among some places and right in their directories, without hidden ones."""
    for place in places:
        if os.path.isdir(place):
            inside = (os.path.join(place, name) for name in sorted(os.listdir(place)))
            yield from (_here(each) for each in inside if os.path.isfile(each) and not is_hidden(each))
        elif not is_hidden(place):
            yield _here(place)


def _here(path: str) -> Found:
    return Found(path, os.path.getsize(path), True)


def _between_commas(paths: str) -> Iterator[str]:
    """A comma within braces belongs to its path."""
    begin = depth = 0
    for at, character in enumerate(paths):
        if character == "{":
            depth += 1
        elif character == "}":
            depth = max(depth - 1, 0)
        elif character == "," and not depth:
            yield paths[begin:at]
            begin = at + 1
    yield paths[begin:]


def _matching(pattern: str) -> list[str]:
    return sorted({path for each in as_globs(pattern) for path in glob.glob(each, include_hidden=True)})


def parts_of(files: list[Found], wanted: int | None, least: int, most: int, whole: tuple[str, ...] = ()) -> list[Part]:
    """The files in parts of `least` to `most` bytes each, as Hadoop's `FileInputFormat.getSplits` cuts them.

    Its older interface asks for about `wanted` parts. Empty files have none, those with a name that ends in one of
    `whole` have one.
    """
    # What has no size that is known has something in it.
    sizes = [1 if file.size is None else file.size for file in files]
    if wanted is not None:
        most = sum(sizes) // max(wanted, 1)
    size = max(least, min(most, _BLOCK), 1)
    parts: list[Part] = []
    for file, length in zip(files, sizes, strict=True):
        start = 0
        while (length - start) / size > _SLOP and file.ranges and not file.address.endswith(whole):
            parts.append(Part(file, start, size))
            start += size
        if start < length:
            # The end of what has no size is behind every byte.
            parts.append(Part(file, start, length - start if file.size is not None else 1 << 62))
    return parts
