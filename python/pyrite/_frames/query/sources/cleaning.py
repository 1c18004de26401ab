"""What becomes of a source's files after their batch: they stay, go, or move to an archive."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from pyrite._frames import faults
from pyrite._frames.query.sources import Description
from pyrite._frames.reading import local_path

__all__ = ["cleaner"]


def cleaner(description: Description, path: str) -> Callable[[str], None] | None:
    """What to do with a file, by the options `cleanSource` and `sourceArchiveDir`."""
    mode = description.options.get("cleansource", "off").lower()
    if mode == "off":
        return None
    if mode == "delete":
        return _quietly(os.unlink, "delete")
    if mode != "archive":
        given = description.options["cleansource"]
        raise _wrong(f"Invalid mode for clean source option Some({given}). Must be one of ARCHIVE,DELETE,OFF")
    archive = description.options.get("sourcearchivedir")
    if not archive:
        raise _wrong("Archive mode must be used with 'sourceArchiveDir' option.")
    base, source = os.path.abspath(local_path(archive)), os.path.abspath(local_path(path))
    if _within(base, source) or _within(source, base):
        raise _wrong(
            "requirement failed: Base archive path cannot be set to the path where archived path can possibly match with source "
            "pattern. Ensure the base archive path doesn't match with source pattern in depth, where the depth is minimum of depth "
            "on both paths."
        )

    def move(file: str) -> None:
        target = os.path.join(base, os.path.splitdrive(os.path.abspath(file))[1].lstrip("/\\"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(file, target)

    return _quietly(move, "archive")


def _within(inner: str, outer: str) -> bool:
    return os.path.commonpath([inner, outer]) == outer


def _quietly(action: Callable[[str], None], word: str) -> Callable[[str], None]:
    """A file that can't be cleaned is no reason to end: its batch is done."""

    def clean(file: str) -> None:
        try:
            action(file)
        except FileNotFoundError:
            pass
        except OSError as error:
            logging.getLogger("pyrite").warning("Can't %s %s, a file that a stream has read: %s", word, file, error)

    return clean


def _wrong(message: str) -> Exception:
    return faults.exception("IllegalArgumentException", None, None, {}, message)
