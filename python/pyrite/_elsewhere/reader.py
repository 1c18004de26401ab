"""The bytes of a file elsewhere, piece after piece: each is asked for by its range, so that no file is held whole."""

from __future__ import annotations

from typing import Any

from pyrite._elsewhere.failures import failure
from pyrite.errors import engine_error

__all__ = ["Reader"]

# The first piece is small, for who wants but a few lines; each is twice the one before, up to this.
_FIRST, _MOST = 1 << 19, 1 << 23
# What is read behind the end of a part, where its last line ends.
_BEYOND = 1 << 16


class Reader:
    """Reads from `start` on. Without a size the file can't be read from its middle: it comes as one stream."""

    def __init__(self, files: Any, name: str, address: str, size: int | None, start: int, end: int | None) -> None:
        self._files, self._name, self._address = files, name, address
        self._size, self._at = size, start
        self._end = size if end is None else end
        self._piece = _FIRST
        self._stream: Any = None
        self._ended = False

    def next_piece(self) -> bytes:
        """Some bytes; none at the end.

        Raises
        ------
        Py4JJavaError
            The system doesn't give them.
        """
        with failure(self._address):
            piece = self._streamed() if self._size is None else self._ranged(self._size)
        self._at += len(piece)
        return piece

    def _ranged(self, size: int) -> bytes:
        if self._at >= size:
            return b""
        length, self._piece = self._piece, min(2 * self._piece, _MOST)
        if self._end is not None:
            # The last line of a part ends behind it, as a rule not far.
            left = self._end - self._at
            length = min(length, left + _BEYOND) if left > 0 else min(length, _BEYOND)
        piece: bytes = self._files.cat_file(self._name, start=self._at, end=min(self._at + length, size))
        if not piece:
            raise engine_error("java.io.EOFException", f"{self._address}: ends at {self._at}, not at {size}")
        return piece

    def _streamed(self) -> bytes:
        if self._ended:
            return b""
        if self._stream is None:
            # 0 is fsspec's word for a stream, where a file needn't be one.
            options = {"block_size": 0} if self._address.startswith("http") else {}
            self._stream = self._files.open(self._name, "rb", **options)
        piece: bytes = self._stream.read(_MOST)
        if not piece:
            self._ended = True
            self._stream.close()
        return piece
