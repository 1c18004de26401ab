"""Text files as Hadoop's `LineRecordReader` reads them: lines, or what stands between delimiters, with their places.

A record is read with the part in which the delimiter before it begins; that may be a part's first byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain

from pyrite._hadoop.codecs import codec_of_file
from pyrite._hadoop.paths import Part
from pyrite.errors import engine_error

__all__ = ["lines"]

_BOM = b"\xef\xbb\xbf"
_LINE_END = rb"\r\n|[\r\n]"
_PIECE = 1 << 20


def lines(part: Part, delimiter: bytes | None = None) -> Iterator[tuple[int, bytes]]:
    """The records of a part, without what ends them. A packed file is one part; places count in what was packed.

    Raises
    ------
    Py4JJavaError
        A packed file is damaged.
    """
    codec = codec_of_file(part.path)
    width = len(delimiter) if delimiter else 1
    with open(part.path, "rb") as file:
        file.seek(part.start)
        pieces = iter(partial(file.read, _PIECE), b"")
        found = _cut(codec.unpack(pieces) if codec else pieces, part.start, delimiter)
        if part.start:
            # The part before reads it.
            next(found, None)
        try:
            for at, record in found:
                if codec is None and at >= part.start + part.length + width:
                    return
                yield at, record
        except EOFError as error:
            raise engine_error("java.io.EOFException", f"{part.path}: {error}") from None


def _cut(pieces: Iterable[bytes], place: int, delimiter: bytes | None) -> Iterator[tuple[int, bytes]]:
    """The records of a file whose bytes from `place` on these are."""
    end = re.compile(re.escape(delimiter) if delimiter else _LINE_END)
    width = len(delimiter) if delimiter else 1
    data, begin = b"", 0
    for piece in chain(pieces, [b""]):
        known = len(data) - begin
        place += begin
        data, begin = data[begin:] + piece, 0
        for found in end.finditer(data, max(known - width, 0)):
            if piece and found.end() == len(data) and found[0] == b"\r":
                # Perhaps its \n follows.
                break
            yield place + begin, _plain(data[begin : found.start()], place + begin)
            begin = found.end()
    if left := _plain(data[begin:], place + begin):
        yield place + begin, left


def _plain(record: bytes, at: int) -> bytes:
    """A record without the mark that stands before a file's first one."""
    return record if at else record.removeprefix(_BOM)
