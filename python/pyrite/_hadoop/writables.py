"""Hadoop's Writables: how keys and values lie in a SequenceFile, and which Python value each one is.

As in PySpark, an int is an IntWritable where it fits into 32 bits, else a LongWritable; bytes come back as bytearrays.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from pyrite.errors import engine_error

__all__ = ["IO", "Reader", "Writable", "bytes_behind", "class_of", "decoded", "named", "text", "text_of", "vint"]

IO = "org.apache.hadoop.io."
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")


class Reader:
    """Bytes, read from the front."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        """The next bytes.

        Raises
        ------
        EOFError
            There are fewer.
        """
        end = self.at + count
        if count < 0 or end > len(self.data):
            raise EOFError("the data ends within a value")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self, layout: str) -> Any:
        """A number that `struct` reads."""
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def vint(self) -> int:
        """A number of variable length, as WritableUtils writes it."""
        first: int = self.number(">b")
        if first >= -112:
            return first
        value = int.from_bytes(self.take(bytes_behind(first)), "big")
        return ~value if first < -120 else value

    def text(self) -> str:
        """A text behind its length."""
        return decoded(self.take(self.vint()))


def decoded(data: bytes) -> str:
    """The text of bytes. What isn't UTF-8 becomes U+FFFD: as in Java once for half a pair of UTF-16, not thrice."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _HALF.sub(b"\xff", data).decode("utf-8", "replace")


def bytes_behind(first: int) -> int:
    """How many bytes of a number of variable length follow its first one."""
    return 0 if first >= -112 else -first - (120 if first < -120 else 112)


def vint(value: int) -> bytes:
    """A number of variable length."""
    if -112 <= value <= 127:
        return struct.pack(">b", value)
    base, rest = (-112, value) if value >= 0 else (-120, ~value)
    size = (rest.bit_length() + 7) // 8
    return struct.pack(">b", base - size) + rest.to_bytes(size, "big")


def text(value: str) -> bytes:
    """A text behind its length."""
    encoded = value.encode("utf-8", "surrogatepass")
    return vint(len(encoded)) + encoded


class Writable(NamedTuple):
    """A class of Hadoop's: how a Python value is written and read."""

    name: str
    write: Callable[[Any], bytes]
    read: Callable[[Reader], Any]


def _number(layout: str, name: str, kind: Callable[[Any], Any]) -> Writable:
    packer = struct.Struct(layout)
    return Writable(IO + name, lambda value: packer.pack(kind(value)), lambda data: data.number(layout))


def _read_bytes(data: Reader) -> bytearray:
    return bytearray(data.take(data.number(">i")))


_MAPS = IO + "MapWritable"
# Classes that a MapWritable names by a number without saying so.
_NUMBERS = {
    "ArrayWritable": -127,
    "BooleanWritable": -126,
    "BytesWritable": -125,
    "FloatWritable": -124,
    "IntWritable": -123,
    "LongWritable": -122,
    "MapWritable": -121,
    "NullWritable": -119,
    "Text": -116,
    "VIntWritable": -114,
    "VLongWritable": -113,
}


def _write_map(value: dict[Any, Any]) -> bytes:
    known = {IO + name: number for name, number in _NUMBERS.items()}
    new: list[str] = []
    items: list[bytes] = []
    for each in (part for pair in value.items() for part in pair):
        kind = class_of(each)
        if kind.name not in known:
            new.append(kind.name)
            known[kind.name] = len(new)
        items.append(struct.pack(">b", known[kind.name]) + kind.write(each))
    named_here = b"".join(
        struct.pack(">bH", number, len(name)) + name.encode() for number, name in enumerate(new, start=1)
    )
    return struct.pack(">b", len(new)) + named_here + struct.pack(">i", len(value)) + b"".join(items)


def _read_map(data: Reader) -> dict[Any, Any]:
    known = {number: IO + name for name, number in _NUMBERS.items()}
    for _ in range(data.number(">b")):
        number = data.number(">b")
        known[number] = data.take(data.number(">H")).decode()

    def value() -> Any:
        return named(known.get(data.number(">b"), "a class without a name")).read(data)

    return {value(): value() for _ in range(data.number(">i"))}


_ALL = {
    each.name: each
    for each in (
        _number(">i", "IntWritable", int),
        _number(">q", "LongWritable", int),
        _number(">h", "ShortWritable", int),
        _number(">b", "ByteWritable", int),
        _number(">d", "DoubleWritable", float),
        _number(">f", "FloatWritable", float),
        _number(">?", "BooleanWritable", bool),
        Writable(IO + "VIntWritable", lambda value: vint(int(value)), Reader.vint),
        Writable(IO + "VLongWritable", lambda value: vint(int(value)), Reader.vint),
        Writable(IO + "NullWritable", lambda _: b"", lambda _: None),
        Writable(IO + "Text", text, Reader.text),
        Writable(IO + "BytesWritable", lambda value: struct.pack(">i", len(value)) + bytes(value), _read_bytes),
        Writable(_MAPS, _write_map, _read_map),
    )
}


def named(name: str) -> Writable:
    """The class of this name.

    Raises
    ------
    Py4JJavaError
        Only a JVM knows it.
    """
    known = _ALL.get(name)
    if known is None:
        classes = ", ".join(each.removeprefix(IO) for each in _ALL)
        raise engine_error(
            "java.lang.ClassNotFoundException",
            f"{name}: only a JVM has this class. Pyrite reads and writes those of {IO}: {classes}",
        )
    return known


def class_of(value: Any) -> Writable:
    """The class that a value is written as.

    Raises
    ------
    Py4JJavaError
        There is none.
    """
    kind = type(value)
    name = _OF.get(kind)
    if kind is int:
        name = "IntWritable" if -(2**31) <= value < 2**31 else "LongWritable" if -(2**63) <= value < 2**63 else None
    if name is None:
        raise engine_error("org.apache.spark.SparkException", f"Data of type {kind.__name__} cannot be used")
    return _ALL[IO + name]


_OF = {
    bool: "BooleanWritable",
    bytearray: "BytesWritable",
    bytes: "BytesWritable",
    dict: "MapWritable",
    float: "DoubleWritable",
    str: "Text",
    type(None): "NullWritable",
}


def text_of(value: Any) -> str:
    """What a text output writes of a value: the text that its class has in Java."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex(" ")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text_of(key)}={text_of(each)}" for key, each in value.items()) + "}"
    return _float_text(value) if isinstance(value, float) else "(null)" if value is None else str(value)


def _float_text(value: float) -> str:
    """`Double.toString` of Java 19 and later: with powers of ten from 10^7 on and below 10^-3.

    Before, Java wrote a few numbers with a digit too many: 1e23 as 9.999999999999999E22.
    """
    if not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    # At least two digits, of which the last is right too: 4.9E-324.
    number = Decimal(f"{value:.1e}")
    if float(number) != value:
        number = Decimal(repr(value))
    sign, digits, _ = number.as_tuple()
    written = "".join(map(str, digits))
    return f"{'-' * sign}{written[0]}.{written[1:].rstrip('0') or '0'}E{number.adjusted()}"
