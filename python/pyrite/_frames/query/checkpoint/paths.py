"""Paths as Spark's logs have them: URIs with Java's idea of what needs an escape."""

from __future__ import annotations

import os
from urllib.parse import quote, unquote

__all__ = ["of_uri", "uri"]

_PLAIN = "/-_.!~'()*,;:$&+=@"


def uri(path: str) -> str:
    """Of a path of this machine's. Letters of any alphabet stay as they are."""
    whole = os.path.abspath(path).replace(os.sep, "/")
    text = "".join(each if ord(each) > 127 else quote(each, safe=_PLAIN) for each in whole)
    return "file://" + (text if text.startswith("/") else "/" + text)


def of_uri(text: str) -> str:
    """Back again."""
    path = unquote(text.removeprefix("file:"))
    if path.startswith("//"):
        path = "/" + path.lstrip("/")
    if os.name == "nt" and len(path) > 2 and path[0] == "/" and path[2] == ":":
        path = path[1:]
    return path
