"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from typing import Any

from pyrite._frames import faults

__all__ = ["broken", "remove", "rename", "sweep", "sync_folder", "text_of", "write"]


_LEFT = re.compile(r"\..+\.[0-9a-f]{8}-[-0-9a-f]{27}\.tmp")


def write(path: str, data: bytes) -> None:
    """Under another name first; the folder's entry is on disk, too, when this returns."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{uuid.uuid4()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def sweep(folder: str) -> None:
    """Remove what writers left that were killed."""
    for here, _, names in os.walk(folder):
        for name in names:
            if _LEFT.fullmatch(name):
                remove(os.path.join(here, name))


def rename(temporary: str, path: str) -> None:
    """A file that is on disk gets its name."""
    folder, name = os.path.split(path)
    # Hadoop's checksum of a file that was here before would make Spark refuse the new one.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(folder, f".{name}.crc"))
    os.replace(temporary, path)
    sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Its entries are on disk."""
    if os.name == "nt":
        # A folder can't be opened there; the file system's journal has the entry.
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: str) -> None:
    """With Hadoop's checksum, if there is one."""
    folder, name = os.path.split(path)
    for each in (path, os.path.join(folder, f".{name}.crc")):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(each)


def text_of(path: str) -> str | None:
    """A file's text; None where there is no file."""
    try:
        with open(path, "rb") as file:
            return file.read().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise broken(path, "it isn't text") from None


def broken(path: str, why: str) -> Exception:
    """A file of the checkpoint can't be used."""
    parameters: dict[str, Any] = {"path": path}
    return faults.exception(
        "IllegalStateException", None, None, parameters,
        f"The file {path} of the checkpoint is broken: {why}. Restore it, or start the query with another checkpointLocation.",
    )  # fmt: skip
