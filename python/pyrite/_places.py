"""Paths as programs write them, as the file system of this machine knows them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator

from pyrite.errors import engine_error

__all__ = [
    "PACKAGES",
    "as_globs",
    "between_commas",
    "importable",
    "is_address",
    "is_hidden",
    "is_pattern",
    "local",
]

# Files that Python imports from without unpacking them.
PACKAGES = (".zip", ".egg", ".jar")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_INNERMOST = re.compile(r"\{([^{}]*)\}")


def local(path: str | os.PathLike[str], refusal: str) -> str:
    """The absolute path of a path or a `file:` address.

    Raises
    ------
    Py4JJavaError
        It is an address of another kind: `refusal`, with that kind in the place of `{}`.
    """
    text = re.sub(r"^file:(//)?", "", os.fspath(path))
    scheme, colon, _ = text.partition("://")
    if colon and scheme.isalnum():
        raise engine_error("java.lang.IllegalArgumentException", refusal.format(f"{scheme}://"))
    return os.path.abspath(text)


def is_address(path: str) -> bool:
    """Whether a path is an address that another system keeps."""
    scheme = _SCHEME.match(path)
    return scheme is not None and scheme[1] != "file"


def is_pattern(path: str, is_web: bool = False) -> bool:
    """Whether a path may name several files; in addresses of the web `?` and `[` are but characters."""
    return any(each in path.partition("?")[0] for each in "*{") if is_web else any(each in path for each in "*?[{")


def is_hidden(path: str) -> bool:
    """Whether Hadoop leaves a file out because of its name."""
    return path.rstrip("/").rpartition("/")[2].startswith(("_", "."))


def as_globs(pattern: str) -> Iterator[str]:
    """What Python's globs know of Hadoop's patterns: `{a,b}` is either, `[^a]` is `[!a]`."""
    braces = _INNERMOST.search(pattern)
    if braces is None:
        yield pattern.replace("[^", "[!")
        return
    for each in braces[1].split(","):
        yield from as_globs(pattern[: braces.start()] + each + pattern[braces.end() :])


def between_commas(text: str) -> list[str]:
    """The paths of a setting."""
    return [path for path in map(str.strip, text.split(",")) if path]


def importable(path: str | os.PathLike[str], packages: Iterable[str] = PACKAGES) -> str:
    """Have the modules of a .py file, or of a packed one, found here; gives its absolute path.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    Py4JJavaError
        It isn't of this machine.
    """
    full = local(path, "addPyFile reads files of this machine, not {}: fetch it first and give a path")
    if not os.path.exists(full):
        raise FileNotFoundError(f"pyFiles: no such file: {path}")
    entry = full if full.lower().endswith(tuple(packages)) else os.path.dirname(full)
    if entry not in sys.path:
        sys.path.insert(1, entry)
    return full
