"""Hadoop's compression codecs that Python's own library has, by their class names and by the ends of files' names."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from pyrite.errors import engine_error

__all__ = ["PACKED", "Codec", "codec", "codec_of_file"]

_HADOOP = "org.apache.hadoop.io.compress."
_GZIP = zlib.MAX_WBITS | 16
# What Hadoop reads besides, with libraries that Python hasn't got.
_OTHERS = (".lz4", ".snappy", ".zst")


class Codec(NamedTuple):
    """A compression: its class, the end of a file's name, and what makes the library's objects for both ways."""

    name: str
    suffix: str
    packer: Callable[[], Any]
    unpacker: Callable[[], Any]

    def compress(self, data: bytes) -> bytes:
        """All at once."""
        return b"".join(self.pack([data]))

    def decompress(self, data: bytes) -> bytes:
        """All at once."""
        return b"".join(self.unpack([data]))

    def pack(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Piece by piece."""
        packer = self.packer()
        for piece in pieces:
            yield packer.compress(piece)
        yield packer.flush()

    def unpack(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Piece by piece, of several compressed files in a row too. No piece is empty.

        Raises
        ------
        Py4JJavaError
            The data is damaged.
        EOFError
            It ends too early.
        """
        unpacker = None
        for piece in pieces:
            left = piece
            while left:
                unpacker = unpacker or self.unpacker()
                try:
                    data = unpacker.decompress(left)
                except (OSError, zlib.error) as error:
                    raise engine_error("java.io.IOException", f"{self.name}: {error}") from None
                if data:
                    yield data
                left = unpacker.unused_data
                if unpacker.eof:
                    unpacker = None
        if unpacker is not None:
            raise EOFError("Unexpected end of input stream")


_ALL = {
    each.name: each
    for each in (
        Codec(_HADOOP + "DefaultCodec", ".deflate", zlib.compressobj, zlib.decompressobj),
        Codec(_HADOOP + "DeflateCodec", ".deflate", zlib.compressobj, zlib.decompressobj),
        Codec(_HADOOP + "GzipCodec", ".gz", partial(zlib.compressobj, wbits=_GZIP), partial(zlib.decompressobj, _GZIP)),
        Codec(_HADOOP + "BZip2Codec", ".bz2", bz2.BZ2Compressor, bz2.BZ2Decompressor),
    )
}
# The ends of the names of files that can't be read from their middle.
PACKED = (*(each.suffix for each in _ALL.values()), *_OTHERS)


def codec(name: str) -> Codec:
    """The codec of this class.

    Raises
    ------
    Py4JJavaError
        It is none of Pyrite's.
    """
    known = _ALL.get(name if "." in name else _HADOOP + name)
    if known is None:
        raise engine_error(
            "java.lang.IllegalArgumentException", f"Compression codec {name} is not one of Pyrite's: {_names()}"
        )
    return known


def codec_of_file(path: str) -> Codec | None:
    """The codec that a file's name asks for.

    Raises
    ------
    Py4JJavaError
        It is none of Pyrite's.
    """
    if path.endswith(_OTHERS):
        raise engine_error("java.lang.RuntimeException", f"{path} can't be unpacked; Pyrite has {_names()}")
    return next((each for each in _ALL.values() if path.endswith(each.suffix)), None)


def _names() -> str:
    return ", ".join(each.removeprefix(_HADOOP) for each in _ALL)
