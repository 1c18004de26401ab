"""Hadoop's compression codecs that Python's own library has, by their class names."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Callable
from typing import NamedTuple

from pyrite.errors import engine_error

__all__ = ["Codec", "codec"]

_HADOOP = "org.apache.hadoop.io.compress."


class Codec(NamedTuple):
    """A compression: its class, the end of a file's name, and both ways."""

    name: str
    suffix: str
    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes], bytes]


_ALL = {
    each.name: each
    for each in (
        Codec(_HADOOP + "DefaultCodec", ".deflate", zlib.compress, zlib.decompress),
        Codec(_HADOOP + "DeflateCodec", ".deflate", zlib.compress, zlib.decompress),
        Codec(_HADOOP + "GzipCodec", ".gz", lambda data: gzip.compress(data, mtime=0), gzip.decompress),
        Codec(_HADOOP + "BZip2Codec", ".bz2", bz2.compress, bz2.decompress),
    )
}


def codec(name: str) -> Codec:
    """The codec of this class.

    Raises
    ------
    Py4JJavaError
        It is none of Pyrite's.
    """
    known = _ALL.get(name if "." in name else _HADOOP + name)
    if known is None:
        classes = ", ".join(each.removeprefix(_HADOOP) for each in _ALL)
        raise engine_error(
            "java.lang.IllegalArgumentException",
            f"Compression codec {name} is not one of Pyrite's: {classes}",
        )
    return known
