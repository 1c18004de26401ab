"""Arrays of byte arrays as Java serializes them: what is in the values of a file of `saveAsPickleFile`."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pyrite._hadoop.writables import Reader

__all__ = ["read_arrays", "write_arrays"]

_STREAM = bytes.fromhex("aced0005")
_OUTER = bytes.fromhex("7572") + b"\x00\x03[[B" + bytes.fromhex("4bfd19156767db37020000") + b"xp"
_INNER = bytes.fromhex("7572") + b"\x00\x02[B" + bytes.fromhex("acf317f8060854e0020000") + b"xp"
# An array of the class that was described before: the third thing in the stream.
_AGAIN = b"uq" + struct.pack(">i", 0x7E0002)


def write_arrays(arrays: Sequence[bytes]) -> bytes:
    """A stream that holds one `byte[][]`."""
    parts = [_STREAM, _OUTER, struct.pack(">i", len(arrays))]
    for number, array in enumerate(arrays):
        parts += [_AGAIN if number else _INNER, struct.pack(">i", len(array)), array]
    return b"".join(parts)


def read_arrays(data: bytes) -> list[bytes]:
    """The arrays of such a stream.

    Raises
    ------
    ValueError
        It holds something else.
    """
    stream = Reader(data)
    if stream.take(len(_STREAM) + len(_OUTER)) != _STREAM + _OUTER:
        raise ValueError("these rows were not written by saveAsPickleFile: they are other Java objects")
    arrays: list[bytes] = []
    for number in range(stream.number(">i")):
        head = _AGAIN if number else _INNER
        if stream.take(len(head)) != head:
            raise ValueError("these rows were not written by saveAsPickleFile: they are other Java objects")
        arrays.append(stream.take(stream.number(">i")))
    return arrays
