"""Text files as Hadoop's `LineRecordReader` reads them: lines, or what stands between delimiters, with their places.

A record is read with the part in which the delimiter before it begins; that may be a part's first byte.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain

from pyrite._elsewhere.systems import Systems
from pyrite._hadoop.codecs import codec_of_file
from pyrite._hadoop.paths import Part, opened
from pyrite.errors import engine_error

__all__ = ["lines"]

_BOM = b"\xef\xbb\xbf"
_PIECE = 1 << 20


def lines(part: Part, delimiter: bytes | None = None, systems: Systems | None = None) -> Iterator[tuple[int, bytes]]:
    """The records of a part, without what ends them. A packed file is one part; places count in what was packed.

    Raises
    ------
    Py4JJavaError
        A packed file is damaged.
    """
    codec = codec_of_file(part.path)
    end = math.inf if codec else part.start + part.length + len(delimiter or b"\n")
    with opened(systems, part.file) as file:
        file.seek(part.start)
        pieces = iter(partial(file.read, _PIECE), b"")
        found = _cut(codec.unpack(pieces) if codec else pieces, part.start, end, delimiter)
        if part.start:
            # The part before reads it.
            next(found, None)
        try:
            yield from found
        except EOFError as error:
            raise engine_error("java.io.EOFException", f"{part.path}: {error}") from None


def _cut(pieces: Iterable[bytes], place: int, end: float, delimiter: bytes | None) -> Iterator[tuple[int, bytes]]:
    """The records of a file that begin from `place` on and before `end`; the pieces are its bytes from `place` on."""
    width = len(delimiter or b"")
    held: list[bytes] = []
    size = enough = 0
    for piece in chain(pieces, [b""]):
        held.append(piece)
        size += len(piece)
        if piece and size < enough:
            # A long record isn't looked through again for each piece.
            continue
        data = b"".join(held)
        rows = data.split(delimiter) if delimiter else data.splitlines(True)
        # More of the last one may follow, be it the \n of its \r\n.
        last = rows.pop() if rows else b""
        if not piece and last and (place or rows or last != _BOM):
            rows.append(last)
        held, size = [last], len(last)
        enough = 2 * size
        for row in rows:
            if place >= end:
                return
            record = row if delimiter else row.rstrip(b"\r\n")
            yield place, record if place else record.removeprefix(_BOM)
            place += len(row) + width
