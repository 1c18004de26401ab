"""Which files a checkpoint's functions come from: a program that goes on says which have changed since."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable

__all__ = ["Sources", "changed"]

# Whoever installs another version of a library knows that.
_LIBRARIES = tuple(
    os.path.realpath(path) + os.sep for name, path in sysconfig.get_paths().items() if name in {"stdlib", "platstdlib"}
)
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
_MAIN = "__main__"


class Sources:
    """The files as they were when their modules were first seen: later edits aren't what runs."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, str] | None] = {}

    def of(self, modules: Iterable[str]) -> dict[str, tuple[str, str]]:
        """File and digest of those modules that are the program's own, and of the program."""
        found = {}
        for name in sorted({_MAIN, *modules}):
            if name not in self._seen:
                self._seen[name] = _source(name)
            source = self._seen[name]
            if source is not None:
                found[name] = source
        return found


def changed(before: dict[str, tuple[str, str]]) -> list[str]:
    """What has changed of the files that `Sources.of` has told of, a sentence each."""
    told = []
    for name, (file, digest) in before.items():
        now = _source(name)
        if now is None or now[1] == digest or os.path.basename(now[0]) != os.path.basename(file):
            continue
        if name == _MAIN:
            told.append(
                f"The program {now[0]} has changed since then: its streams and functions are those of the checkpoint, "
                "and what it says now of them doesn't count. To use it as it is now, give another directory or remove "
                "this one"
            )
        else:
            told.append(f"The module {name} ({now[0]}) has changed since then: what it has is as it is now")
    return told


def _source(name: str) -> tuple[str, str] | None:
    file = getattr(sys.modules.get(name), "__file__", None)
    if not isinstance(file, str):
        return None
    path = os.path.realpath(file)
    if name.partition(".")[0] == "pyrite" or path.startswith(_LIBRARIES) or any(part in path for part in _INSTALLED):
        return None
    try:
        with open(path, "rb") as source:
            return path, hashlib.sha256(source.read()).hexdigest()
    except OSError:
        return None
