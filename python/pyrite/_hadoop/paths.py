"""Paths as Hadoop reads them: `file:` addresses, several with commas, globs, directories without hidden files."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from pyrite._places import local
from pyrite.errors import engine_error

__all__ = ["ELSEWHERE", "Part", "files_in", "files_of", "meant_by", "parts_of"]

ELSEWHERE = "Hadoop's files are read and written on this machine, not at {}: copy them here first"

# A last part that is this much larger than the others isn't cut again.
_SLOP = 1.1
# A file system's block: no part is larger.
_BLOCK = 32 << 20
_INNERMOST = re.compile(r"\{([^{}]*)\}")


class Part(NamedTuple):
    """A part of a file; the file's format says which records are its own."""

    path: str
    start: int
    length: int


def files_of(paths: str, package: str = "org.apache.hadoop.mapred") -> list[str]:
    """The files that are meant, in order. An error has its class in this package.

    Raises
    ------
    Py4JJavaError
        Nothing is there, or a path is empty.
    """
    found: list[str] = []
    for path in _between_commas(paths):
        if not path:
            raise engine_error("java.lang.IllegalArgumentException", "Can not create a Path from an empty string")
        here, matches = meant_by(path, ELSEWHERE)
        matches = [match for match in matches if not _hidden(match)]
        if not matches:
            pattern = glob.has_magic(here) or "{" in here
            what = f"Pattern file:{here} matches 0 files" if pattern else f"path does not exist: file:{here}"
            raise engine_error(f"{package}.InvalidInputException", f"Input {what}")
        found += files_in(matches)
    return found


def meant_by(path: str, refusal: str) -> tuple[str, list[str]]:
    """The absolute path, and what there is under it: one file or directory, or all that the pattern matches.

    Raises
    ------
    Py4JJavaError
        The path isn't of this machine: see `local`.
    """
    here = local(path, refusal)
    return here, [here] if os.path.exists(here) else _matching(here)


def files_in(places: list[str]) -> Iterator[str]:
    """The files among some places and right in their directories, without hidden ones."""
    for place in places:
        if os.path.isdir(place):
            inside = (os.path.join(place, name) for name in sorted(os.listdir(place)))
            yield from (each for each in inside if os.path.isfile(each) and not _hidden(each))
        elif not _hidden(place):
            yield place


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


def _hidden(path: str) -> bool:
    return os.path.basename(path).startswith(("_", "."))


def _matching(pattern: str) -> list[str]:
    # Hadoop also writes [^a] for [!a].
    plain = (each.replace("[^", "[!") for each in _without_braces(pattern))
    return sorted({path for each in plain for path in glob.glob(each, include_hidden=True)})


def _without_braces(pattern: str) -> Iterator[str]:
    """`{a,b}` stands for either; Python's globs don't know it."""
    braces = _INNERMOST.search(pattern)
    if braces is None:
        yield pattern
        return
    for each in braces[1].split(","):
        yield from _without_braces(pattern[: braces.start()] + each + pattern[braces.end() :])


def parts_of(paths: list[str], wanted: int | None, least: int, most: int, whole: tuple[str, ...] = ()) -> list[Part]:
    """The files in parts of `least` to `most` bytes each, as Hadoop's `FileInputFormat.getSplits` cuts them.

    Its older interface asks for about `wanted` parts. Empty files have none, those with a name that ends in one of
    `whole` have one.
    """
    sizes = [os.path.getsize(path) for path in paths]
    if wanted is not None:
        most = sum(sizes) // max(wanted, 1)
    size = max(least, min(most, _BLOCK), 1)
    parts: list[Part] = []
    for path, length in zip(paths, sizes, strict=True):
        start = 0
        while (length - start) / size > _SLOP and not path.endswith(whole):
            parts.append(Part(path, start, size))
            start += size
        if start < length:
            parts.append(Part(path, start, length - start))
    return parts
