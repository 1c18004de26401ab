"""Settings from outside the program: `spark-defaults.conf`, and what `spark-submit`'s options have set.

Spark's own places: the file in $SPARK_CONF_DIR, else in $SPARK_HOME/conf; the options in $PYSPARK_SUBMIT_ARGS.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

__all__ = ["PREFIXES", "defaults_file", "file_defaults", "properties"]

# Other keys of such files are for others.
PREFIXES = ("spark.", "pyrite.")

_LINE = re.compile(r"((?:\\.|[^\\=:\s])*)[ \t\f]*(?:[=:][ \t\f]*)?(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
# What Spark takes from both ends of a value.
_BLANKS = "".join(map(chr, range(33))).replace("\r", "").replace("\n", "")
_LETTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def defaults_file() -> str | None:
    """The `spark-defaults.conf` that the environment names, if it is there."""
    folder = os.environ.get("SPARK_CONF_DIR")
    if not folder:
        home = os.environ.get("SPARK_HOME")
        folder = os.path.join(home, "conf") if home else None
    path = os.path.join(folder, "spark-defaults.conf") if folder else None
    return path if path is not None and os.path.isfile(path) else None


_known: tuple[tuple[str, int], dict[str, str]] | None = None


def file_defaults() -> dict[str, str]:
    """What that file sets; it is read again when it has changed."""
    global _known
    path = defaults_file()
    if path is None:
        return {}
    version = (path, os.stat(path).st_mtime_ns)
    if _known is None or _known[0] != version:
        _known = (version, {key: value for key, value in properties(path).items() if key.startswith(PREFIXES)})
    return _known[1]


def properties(path: str) -> dict[str, str]:
    """The keys and values of a file of Java properties: `key value`, `key=value` or `key: value` a line."""
    with open(path, encoding="utf-8") as file:  # lines end at \n, \r or \r\n: all are \n here
        return dict(_pairs(file.read()))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in _lines(text):
        found = _LINE.fullmatch(line)
        if found is not None:
            yield _unescaped(found[1]), _unescaped(found[2]).strip(_BLANKS)


def _lines(text: str) -> Iterator[str]:
    """Lines with those that go on after a backslash, without comments."""
    going_on = ""
    for raw in text.split("\n"):
        line = raw.lstrip(" \t\f")
        if not going_on and (not line or line[0] in "#!"):
            continue
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            going_on += line[:-1]
            continue
        yield going_on + line
        going_on = ""
    if going_on:
        yield going_on


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _LETTERS.get(m[2], m[2]), text)
