"""Paths as Hadoop reads them: `file:` addresses, several with commas, globs, directories without hidden files."""

from __future__ import annotations

import glob
import os
import re

from pyrite._hadoop.sequence_file import Part
from pyrite.errors import engine_error

__all__ = ["files_of", "local", "parts_of"]

# A last part that is this much larger than the others isn't cut again.
_SLOP = 1.1
# A file system's block: no part is larger.
_BLOCK = 32 << 20


def local(path: str) -> str:
    """The path of a file here."""
    return os.path.abspath(re.sub(r"^file:(//)?", "", os.fspath(path)))


def files_of(paths: str) -> list[str]:
    """The files that are meant, in order.

    Raises
    ------
    Py4JJavaError
        Nothing is there.
    """
    found: list[str] = []
    for path in paths.split(","):
        here = local(path)
        matches = [here] if os.path.exists(here) else sorted(glob.glob(here))
        if not matches:
            what = f"Input path does not exist: file:{here}"
            if glob.has_magic(here):
                what = f"Input Pattern file:{here} matches 0 files"
            raise engine_error("org.apache.hadoop.mapred.InvalidInputException", what)
        for match in matches:
            if os.path.isdir(match):
                inside = (os.path.join(match, name) for name in sorted(os.listdir(match)) if name[0] not in "._")
                found += [path for path in inside if os.path.isfile(path)]
            else:
                found.append(match)
    return found


def parts_of(files: list[str], wanted: int, least: int) -> list[Part]:
    """The files in about `wanted` parts of at least `least` bytes each: Hadoop's `FileInputFormat.getSplits`."""
    sizes = [os.path.getsize(path) for path in files]
    goal = sum(sizes) // max(wanted, 1)
    size = max(least, min(goal, _BLOCK))
    parts: list[Part] = []
    for path, length in zip(files, sizes, strict=True):
        start = 0
        while (length - start) / size > _SLOP:
            parts.append(Part(path, start, size))
            start += size
        if start < length or length == 0:
            parts.append(Part(path, start, length - start))
    return parts
