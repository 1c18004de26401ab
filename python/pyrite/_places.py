"""Paths as programs write them, as the file system of this machine knows them."""

from __future__ import annotations

import os
import re

from pyrite.errors import engine_error

__all__ = ["local"]


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
