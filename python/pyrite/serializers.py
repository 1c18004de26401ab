"""PySpark's serializers, for programs that name them or write and read streams with them.

Pyrite's own rows don't go through them: the engine keeps rows as columns, or pickles them itself.
"""

from __future__ import annotations

import itertools
import marshal
import pickle
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from pyrite._batches import batches, growing_batches
from pyrite._pickling import plain_dumps
from pyrite.errors import PySparkPicklingError

__all__ = [
    "AutoBatchedSerializer",
    "AutoSerializer",
    "BatchedSerializer",
    "CPickleSerializer",
    "CartesianDeserializer",
    "CloudPickleSerializer",
    "CompressedSerializer",
    "FlattenedValuesSerializer",
    "FramedSerializer",
    "MarshalSerializer",
    "NoOpSerializer",
    "PairDeserializer",
    "PickleSerializer",
    "Serializer",
    "SpecialLengths",
    "UTF8Deserializer",
    "read_bool",
    "read_int",
    "read_long",
    "write_int",
    "write_long",
    "write_with_length",
]

_PROTOCOL = pickle.HIGHEST_PROTOCOL


class SpecialLengths:
    """Lengths that mean something else in a stream."""

    END_OF_DATA_SECTION = -1
    PYTHON_EXCEPTION_THROWN = -2
    TIMING_DATA = -3
    END_OF_STREAM = -4
    NULL = -5
    START_ARROW_STREAM = -6


class Serializer:
    """Objects to bytes and back; equal where class and settings are."""

    def dump_stream(self, iterator: Iterable[Any], stream: BinaryIO) -> None:
        """Write all objects."""
        raise NotImplementedError

    def load_stream(self, stream: BinaryIO) -> Iterator[Any]:
        """Read objects up to the end."""
        raise NotImplementedError

    def dumps(self, obj: Any) -> bytes:
        """An object as bytes."""
        raise NotImplementedError

    def loads(self, obj: Any) -> Any:
        """The object of such bytes."""
        raise NotImplementedError

    def _load_stream_without_unbatching(self, stream: BinaryIO) -> Iterator[Any]:
        """Batches of objects."""
        return ([each] for each in self.load_stream(stream))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _read_framed(stream: BinaryIO) -> bytes | None:
    """The bytes behind their length, None for what is none; EOFError at the end and where it is cut off."""
    length = read_int(stream)
    if length == SpecialLengths.END_OF_DATA_SECTION:
        raise EOFError
    if length == SpecialLengths.NULL:
        return None
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


class FramedSerializer(Serializer):
    """Each object's bytes behind their length."""

    def dump_stream(self, iterator: Iterable[Any], stream: BinaryIO) -> None:
        """Write all objects."""
        for obj in iterator:
            self._write_with_length(obj, stream)

    def load_stream(self, stream: BinaryIO) -> Iterator[Any]:
        """Read objects up to the end."""
        while True:
            try:
                yield self._read_with_length(stream)
            except EOFError:
                return

    def _write_with_length(self, obj: Any, stream: BinaryIO) -> None:
        data = self.dumps(obj)
        if data is None:
            raise ValueError("serialized value should not be None")
        if len(data) > (1 << 31):
            raise ValueError("can not serialize object larger than 2G")
        write_with_length(data, stream)

    def _read_with_length(self, stream: BinaryIO) -> Any:
        data = _read_framed(stream)
        return None if data is None else self.loads(data)


class BatchedSerializer(Serializer):
    """Lists of objects by another serializer."""

    UNLIMITED_BATCH_SIZE = -1
    UNKNOWN_BATCH_SIZE = 0

    def __init__(self, serializer: Serializer, batchSize: int = UNLIMITED_BATCH_SIZE) -> None:
        self.serializer = serializer
        self.batchSize = batchSize

    def _batched(self, iterator: Iterable[Any]) -> Iterator[list[Any]]:
        if self.batchSize == self.UNLIMITED_BATCH_SIZE:
            yield list(iterator)
            return
        yield from batches(iterator, self.batchSize)

    def dump_stream(self, iterator: Iterable[Any], stream: BinaryIO) -> None:
        """Write all objects."""
        self.serializer.dump_stream(self._batched(iterator), stream)

    def load_stream(self, stream: BinaryIO) -> Iterator[Any]:
        """Read objects up to the end."""
        return itertools.chain.from_iterable(self._load_stream_without_unbatching(stream))

    def _load_stream_without_unbatching(self, stream: BinaryIO) -> Iterator[Any]:
        return self.serializer.load_stream(stream)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.serializer}, {self.batchSize})"


class FlattenedValuesSerializer(BatchedSerializer):
    """Pairs of a key and a list, of which long ones are cut."""

    def __init__(self, serializer: Serializer, batchSize: int = 10) -> None:
        super().__init__(serializer, batchSize)

    def _batched(self, iterator: Iterable[Any]) -> Iterator[Any]:
        for key, values in iterator:
            for start in range(0, len(values), self.batchSize):
                yield key, values[start : start + self.batchSize]

    def load_stream(self, stream: BinaryIO) -> Iterator[Any]:
        """Read pairs up to the end."""
        return self.serializer.load_stream(stream)


class AutoBatchedSerializer(BatchedSerializer):
    """Batches that grow until their bytes are about as many as is best."""

    def __init__(self, serializer: Serializer, bestSize: int = 1 << 16) -> None:
        super().__init__(serializer, self.UNKNOWN_BATCH_SIZE)
        self.bestSize = bestSize

    def dump_stream(self, iterator: Iterable[Any], stream: BinaryIO) -> None:
        """Write all objects."""
        for data in growing_batches(iterator, self.serializer.dumps, self.bestSize):
            write_with_length(data, stream)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.serializer})"


class CartesianDeserializer(Serializer):
    """Every object of one stream's batch with every one of the other's."""

    def __init__(self, key_ser: Serializer, val_ser: Serializer) -> None:
        self.key_ser = key_ser
        self.val_ser = val_ser

    def _batches(self, stream: BinaryIO) -> Iterator[tuple[Iterable[Any], Iterable[Any]]]:
        keys = self.key_ser._load_stream_without_unbatching(stream)
        values = self.val_ser._load_stream_without_unbatching(stream)
        return zip(keys, values, strict=False)

    def _load_stream_without_unbatching(self, stream: BinaryIO) -> Iterator[Any]:
        for key_batch, value_batch in self._batches(stream):
            yield itertools.product(key_batch, value_batch)

    def load_stream(self, stream: BinaryIO) -> Iterator[Any]:
        """Read pairs up to the end."""
        return itertools.chain.from_iterable(self._load_stream_without_unbatching(stream))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key_ser}, {self.val_ser})"


class PairDeserializer(CartesianDeserializer):
    """The objects of two streams side by side."""

    def _load_stream_without_unbatching(self, stream: BinaryIO) -> Iterator[Any]:
        for key_batch, value_batch in self._batches(stream):
            left, right = list(key_batch), list(value_batch)
            if len(left) != len(right):
                raise ValueError(
                    "Can not deserialize PairRDD with different number of items in batches: "
                    f"({len(left)}, {len(right)})"
                )
            yield zip(left, right, strict=True)


class NoOpSerializer(FramedSerializer):
    """Bytes as they are."""

    def loads(self, obj: Any) -> Any:
        """The bytes."""
        return obj

    def dumps(self, obj: Any) -> Any:
        """The bytes."""
        return obj


class PickleSerializer(FramedSerializer):
    """By pickle: functions and classes by their names."""

    def dumps(self, obj: Any) -> bytes:
        """An object as bytes."""
        return pickle.dumps(obj, _PROTOCOL)

    def loads(self, obj: Any, encoding: str = "bytes") -> Any:
        """The object of such bytes."""
        return pickle.loads(obj, encoding=encoding)


class CloudPickleSerializer(FramedSerializer):
    """By cloudpickle: functions and classes of the program too.

    Examples
    --------
    >>> serializer = CloudPickleSerializer()
    >>> serializer.loads(serializer.dumps(lambda x: x + 1))(1)
    2
    """

    def dumps(self, obj: Any) -> bytes:
        """An object as bytes.

        Raises
        ------
        PicklingError
            It doesn't pickle.
        """
        try:
            data = plain_dumps(obj, _PROTOCOL)
        except pickle.PickleError:
            raise
        except Exception as error:
            raise PySparkPicklingError(f"Could not serialize object: {type(error).__name__}: {error}") from error
        return data

    def loads(self, obj: Any, encoding: str = "bytes") -> Any:
        """The object of such bytes."""
        return pickle.loads(obj, encoding=encoding)


# The name that programs use; PySpark gives the one that also takes functions.
CPickleSerializer = CloudPickleSerializer


class MarshalSerializer(FramedSerializer):
    """By marshal: faster, for simple values."""

    def dumps(self, obj: Any) -> bytes:
        """An object as bytes."""
        return marshal.dumps(obj)

    def loads(self, obj: Any) -> Any:
        """The object of such bytes."""
        return marshal.loads(obj)


class AutoSerializer(FramedSerializer):
    """By marshal where that can, else by pickle; the first byte says which."""

    def __init__(self) -> None:
        self._type: bytes | None = None

    def dumps(self, obj: Any) -> bytes:
        """An object as bytes."""
        if self._type is not None:
            return b"P" + pickle.dumps(obj, -1)
        try:
            return b"M" + marshal.dumps(obj)
        except Exception:  # noqa: BLE001 - pickle has its own word to say
            self._type = b"P"
            return b"P" + pickle.dumps(obj, -1)

    def loads(self, obj: Any) -> Any:
        """The object of such bytes."""
        kind = obj[:1]
        if kind == b"M":
            return marshal.loads(obj[1:])
        if kind == b"P":
            return pickle.loads(obj[1:])
        raise ValueError(f"invalid serialization type: {kind!r}")


class CompressedSerializer(FramedSerializer):
    """What another serializer gives, compressed."""

    def __init__(self, serializer: FramedSerializer) -> None:
        assert isinstance(serializer, FramedSerializer), "serializer must be a FramedSerializer"
        self.serializer = serializer

    def dumps(self, obj: Any) -> bytes:
        """An object as bytes."""
        return zlib.compress(self.serializer.dumps(obj), 1)

    def loads(self, obj: Any) -> Any:
        """The object of such bytes."""
        return self.serializer.loads(zlib.decompress(obj))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.serializer})"


class UTF8Deserializer(Serializer):
    """Texts behind the length of their bytes."""

    def __init__(self, use_unicode: bool = True) -> None:
        self.use_unicode = use_unicode

    def loads(self, stream: Any) -> Any:
        """The next text of a stream."""
        data = _read_framed(stream)
        return data.decode("utf-8") if self.use_unicode and data is not None else data

    def load_stream(self, stream: BinaryIO) -> Iterator[Any]:
        """Read texts up to the end."""
        while True:
            try:
                yield self.loads(stream)
            except (struct.error, EOFError):
                return

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.use_unicode})"


def _read(stream: BinaryIO, layout: str, size: int) -> Any:
    data = stream.read(size)
    if not data:
        raise EOFError
    return struct.unpack(layout, data)[0]


def read_long(stream: BinaryIO) -> int:
    """A number of 64 bits."""
    number: int = _read(stream, "!q", 8)
    return number


def read_int(stream: BinaryIO) -> int:
    """A number of 32 bits."""
    number: int = _read(stream, "!i", 4)
    return number


def read_bool(stream: BinaryIO) -> bool:
    """A truth value."""
    value: bool = _read(stream, "!?", 1)
    return value


def write_long(value: int, stream: BinaryIO) -> None:
    """Write a number of 64 bits."""
    stream.write(struct.pack("!q", value))


def pack_long(value: int) -> bytes:
    """A number as eight bytes."""
    return struct.pack("!q", value)


def write_int(value: int, stream: BinaryIO) -> None:
    """Write a number of 32 bits."""
    stream.write(struct.pack("!i", value))


def write_with_length(obj: bytes, stream: BinaryIO) -> None:
    """Write bytes behind their length."""
    write_int(len(obj), stream)
    stream.write(obj)
