"""SequenceFiles: Hadoop's files of keys and values, plain or compressed by record or by block (version 6).

A mark stands in the file every 100 KB or before every block: a reader of a part of the file begins at the first mark of
its part and ends at the first one of the next.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from typing import IO, Any, NamedTuple

from pyrite._elsewhere.systems import Systems
from pyrite._hadoop.codecs import Codec, codec
from pyrite._hadoop.paths import Part, opened
from pyrite._hadoop.writables import Reader, Writable, bytes_behind, named, text, vint
from pyrite.errors import engine_error

__all__ = ["MARK_EVERY", "read", "write"]

_MAGIC = b"SEQ"
_VERSION = 6
_ESCAPE = struct.pack(">i", -1)
_MARK = 16
# Hadoop's SYNC_INTERVAL.
MARK_EVERY = 5 * 1024 * (len(_ESCAPE) + _MARK)
# Hadoop's io.seqfile.compress.blocksize.
_BLOCK = 1_000_000
_SEARCH = 1 << 20


class _Header(NamedTuple):
    key: Writable
    value: Writable
    compressed: Codec | None
    blocks: bool
    mark: bytes
    end: int


def write(
    file: IO[bytes], records: Iterable[tuple[Any, Any]], classes: tuple[Writable, Writable], packed: Codec | None
) -> None:
    """Write pairs; with a codec in compressed blocks, as Spark does."""
    key_class, value_class = classes
    mark = os.urandom(_MARK)
    flags = bytes([packed is not None, packed is not None])
    head = [_MAGIC, bytes([_VERSION]), text(key_class.name), text(value_class.name), flags]
    if packed is not None:
        head.append(text(packed.name))
    head += [struct.pack(">i", 0), mark]
    file.write(b"".join(head))
    encoded = ((key_class.write(key), value_class.write(value)) for key, value in records)
    if packed is None:
        _write_records(file, encoded, mark)
    else:
        _write_blocks(file, encoded, mark, packed)


def _write_records(file: IO[bytes], records: Iterable[tuple[bytes, bytes]], mark: bytes) -> None:
    # The first mark's distance counts from the file's begin, not from its header's end.
    at, last = file.tell(), 0
    for key, value in records:
        if at >= last + MARK_EVERY:
            file.write(_ESCAPE + mark)
            at += len(_ESCAPE) + _MARK
            last = at
        record = struct.pack(">ii", len(key) + len(value), len(key)) + key + value
        file.write(record)
        at += len(record)


def _write_blocks(file: IO[bytes], records: Iterable[tuple[bytes, bytes]], mark: bytes, packed: Codec) -> None:
    block: list[tuple[bytes, bytes]] = []
    size = 0

    def end() -> None:
        if block:
            keys, values = zip(*block, strict=True)
            file.write(_ESCAPE + mark + vint(len(block)))
            for column in (keys, values):
                for part in (b"".join(vint(len(each)) for each in column), b"".join(column)):
                    squeezed = packed.compress(part)
                    file.write(vint(len(squeezed)) + squeezed)
            block.clear()

    for record in records:
        block.append(record)
        size += len(record[0]) + len(record[1])
        if size >= _BLOCK:
            end()
            size = 0
    end()


def read(part: Part, systems: Systems | None) -> Iterator[tuple[Any, Any]]:
    """The pairs of a part.

    Raises
    ------
    Py4JJavaError
        It is no such file, a damaged one, or one of classes that only a JVM has.
    """
    with opened(systems, part.file) as file:
        try:
            header = _header(file, part.path)
            end = part.start + part.length
            if part.start <= header.end:
                file.seek(header.end)
            elif not _seek_mark(file, part.start, header.mark):
                return
            records = _blocks(file, header, end) if header.blocks else _records(file, header, end)
            for key, value in records:
                yield header.key.read(Reader(key)), header.value.read(Reader(value))
        except EOFError as error:
            raise engine_error("java.io.EOFException", f"{part.path}: {error}") from None


def _header(file: IO[bytes], path: str) -> _Header:
    # Names and metadata are short: what is longer is no header.
    data = Reader(file.read(1 << 16))
    if data.take(3) != _MAGIC:
        raise engine_error("java.io.IOException", f"{path} not a SequenceFile")
    version = data.take(1)[0]
    if version != _VERSION:
        raise engine_error("java.io.IOException", f"{path}: version {version} of SequenceFiles isn't read")
    key, value = data.text(), data.text()
    compressed, blocks = data.number(">?"), data.number(">?")
    packed = codec(data.text()) if compressed else None
    for _ in range(2 * data.number(">i")):
        data.text()
    mark = data.take(_MARK)
    return _Header(named(key), named(value), packed, blocks, mark, data.at)


def _seek_mark(file: IO[bytes], start: int, mark: bytes) -> bool:
    """Go behind the first mark whose escape is at `start` or later."""
    wanted = _ESCAPE + mark
    file.seek(start)
    place, before = start, b""
    while more := file.read(_SEARCH):
        window = before + more
        found = window.find(wanted)
        if found >= 0:
            # The reader sees the mark again: it begins a block.
            file.seek(place - len(before) + found)
            return True
        place += len(more)
        before = window[-(len(wanted) - 1) :]
    return False


def _exactly(file: IO[bytes], count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError("the file ends within a record")
    return data


def _records(file: IO[bytes], header: _Header, end: int) -> Iterator[tuple[bytes, bytes]]:
    at = file.tell()
    while size := file.read(4):
        if size == _ESCAPE:
            if _exactly(file, _MARK) != header.mark:
                raise engine_error("java.io.IOException", "File is corrupt!")
            # What follows the first mark behind the end is the next part's.
            if at >= end:
                return
            at += len(size) + _MARK
            continue
        (length,) = struct.unpack(">i", size)
        (key_length,) = struct.unpack(">i", _exactly(file, 4))
        key = _exactly(file, key_length)
        value = _exactly(file, length - key_length)
        at += 8 + length
        yield key, header.compressed.decompress(value) if header.compressed else value


def _blocks(file: IO[bytes], header: _Header, end: int) -> Iterator[tuple[bytes, bytes]]:
    assert header.compressed is not None
    unpack = header.compressed.decompress
    at = file.tell()
    while size := file.read(4):
        if size != _ESCAPE or _exactly(file, _MARK) != header.mark:
            raise engine_error("java.io.IOException", "File is corrupt!")
        if at >= end:
            return
        count = _vint(file)
        key_sizes, keys, sizes, values = (Reader(unpack(_exactly(file, _vint(file)))) for _ in range(4))
        for _ in range(count):
            yield keys.take(key_sizes.vint()), values.take(sizes.vint())
        at = file.tell()


def _vint(file: IO[bytes]) -> int:
    first = _exactly(file, 1)
    (size,) = struct.unpack(">b", first)
    return Reader(first + _exactly(file, bytes_behind(size))).vint()
