"""Which of Hadoop's input and output formats Pyrite has, and what it says of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from pyrite._batches import batches
from pyrite._elsewhere.systems import Found, Systems
from pyrite._hadoop import output, settings
from pyrite._hadoop.codecs import PACKED, codec
from pyrite._hadoop.lines import lines
from pyrite._hadoop.paths import Part, files_of, parts_of
from pyrite._hadoop.sequence_file import MARK_EVERY, read, write
from pyrite._hadoop.settings import setting
from pyrite._hadoop.writables import Writable, class_of, decoded, named, text_of
from pyrite.errors import engine_error

if TYPE_CHECKING:
    from pyrite.context import SparkContext
    from pyrite.rdd import RDD

__all__ = ["records", "save"]

_OLD, _IN, _OUT = (
    "org.apache.hadoop.mapred.",
    "org.apache.hadoop.mapreduce.lib.input.",
    "org.apache.hadoop.mapreduce.lib.output.",
)
# Lines that are written at once.
_LINES = 1000

Reader = Callable[[Part, Systems | None], Iterator[tuple[Any, Any]]]


def records(
    context: SparkContext, path: str, kind: str, conf: dict[str, str] | None, least: int
) -> RDD[tuple[Any, Any]]:
    """The pairs that an input format reads; one of the older interface in about `least` partitions.

    Raises
    ------
    Py4JJavaError
        Nothing is there, only a JVM has the format, or it has a setting that Pyrite doesn't have.
    """
    new = kind.startswith(_IN)
    reader = _reader(kind, conf)
    settings.refuse_unknown(conf)
    systems = context._elsewhere(path)
    files = files_of(path, (_IN if new else _OLD).rstrip("."), systems)
    smallest = settings.number(conf, settings.SMALLEST, 1)
    largest = settings.number(conf, settings.LARGEST, 1 << 63)
    if reader is read:
        parts = parts_of(files, None if new else least, max(smallest, MARK_EVERY), largest)
    else:
        parts = parts_of(files, None if new else least, smallest, largest, PACKED)
    if not parts:
        return context.emptyRDD()
    return context.parallelize(parts, len(parts)).mapPartitions(partial(_each, reader, systems))


def _reader(kind: str, conf: dict[str, str] | None) -> Reader:
    if kind.startswith((_OLD, _IN)):
        name = kind.removeprefix(_OLD).removeprefix(_IN)
        if name == "SequenceFileInputFormat":
            return read
        if name == "TextInputFormat":
            delimiter = _text(conf, settings.DELIMITER)
            return partial(_offsets, None if delimiter is None else delimiter.encode())
        if name == "KeyValueTextInputFormat":
            # Hadoop takes a byte of it.
            separator = ord((_text(conf, settings.SEPARATOR_IN) or "\t")[0]) & 0xFF
            return partial(_keys_and_values, bytes([separator]))
    raise engine_error(
        "java.lang.ClassNotFoundException",
        f"{kind}: only a JVM can read this format. Pyrite has TextInputFormat, KeyValueTextInputFormat and "
        "SequenceFileInputFormat; textFile, wholeTextFiles, binaryFiles and binaryRecords read files too",
    )


def _text(conf: dict[str, str] | None, names: tuple[str, ...]) -> str | None:
    said = setting(conf, names)
    if said == "":
        raise engine_error("org.apache.spark.SparkException", f"{names[0]} is empty")
    return said


def _offsets(delimiter: bytes | None, part: Part, systems: Systems | None) -> Iterator[tuple[int, str]]:
    """Lines with the places where they begin."""
    for place, line in lines(part, delimiter, systems):
        yield place, decoded(line)


def _keys_and_values(separator: bytes, part: Part, systems: Systems | None) -> Iterator[tuple[str, str]]:
    """Lines cut at the first separator."""
    for _, line in lines(part, systems=systems):
        key, _, value = line.partition(separator)
        yield decoded(key), decoded(value)


def _each(reader: Reader, systems: Systems | None, parts: Iterator[Part]) -> Iterator[Any]:
    for part in parts:
        file, start, length = part
        yield from reader(Part(Found(*file), start, length), systems)


def save(rdd: RDD[Any], path: str, kind: str, conf: dict[str, str] | None, packed: str | None = None) -> None:
    """Write pairs as an output format does.

    Raises
    ------
    Py4JJavaError
        The directory exists, the rows don't suit, or only a JVM has the format.
    """
    new = kind.startswith(_OUT)
    name = kind.removeprefix(_OLD).removeprefix(_OUT)
    if name not in ("SequenceFileOutputFormat", "TextOutputFormat") or not kind.startswith((_OLD, _OUT)):
        raise engine_error(
            "java.lang.ClassNotFoundException",
            f"{kind}: only a JVM can write this format. Pyrite has TextOutputFormat and SequenceFileOutputFormat; "
            "saveAsTextFile, saveAsPickleFile and saveAsSequenceFile write files too",
        )
    if packed is None and str(setting(conf, settings.COMPRESS)).lower() == "true":
        packed = setting(conf, settings.CODEC) or "org.apache.hadoop.io.compress.DefaultCodec"
    squeeze = codec(packed) if packed else None
    # Tasks find codecs and classes by their names.
    packed = squeeze.name if squeeze else None
    prefix = "part-r-" if new else "part-"
    if name == "TextOutputFormat":
        separator = setting(conf, settings.SEPARATOR_OUT)
        write_part = partial(_write_text, packed, "\t" if separator is None else separator)
        output.save(rdd, path, write_part, prefix, squeeze.suffix if squeeze else "")
        return
    wanted = (setting(conf, settings.KEY), setting(conf, settings.VALUE))
    classes = (named(wanted[0]), named(wanted[1])) if wanted[0] and wanted[1] else _classes(rdd)
    names = (classes[0].name, classes[1].name)
    output.save(rdd, path, partial(_write_sequence, names, packed), prefix)


def _classes(rdd: RDD[Any]) -> tuple[Writable, Writable]:
    """The classes of the first pair, as Spark takes them."""
    for row in rdd.take(1):
        key, value = _pair(row)
        return class_of(key), class_of(value)
    raise engine_error("org.apache.spark.SparkUnsupportedOperationException", "empty collection")


def _pair(row: Any) -> tuple[Any, Any]:
    if isinstance(row, tuple) and len(row) == 2:
        return row
    raise engine_error(
        "org.apache.spark.SparkException", f"RDD element of type {type(row).__name__} cannot be used: pairs are written"
    )


def _write_sequence(names: tuple[str, str], packed: str | None, file: IO[bytes], rows: Iterator[Any]) -> None:
    classes = (named(names[0]), named(names[1]))
    write(file, _suited(classes, rows), classes, codec(packed) if packed else None)


def _suited(classes: tuple[Writable, Writable], rows: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    """The pairs; a value that its class doesn't have is an error, as in Hadoop."""
    for row in rows:
        pair = _pair(row)
        for wanted, value in zip(classes, pair, strict=True):
            found = class_of(value)
            if found.name != wanted.name:
                raise engine_error("java.io.IOException", f"wrong class: {found.name} is not class {wanted.name}")
        yield pair


def _write_text(packed: str | None, separator: str, file: IO[bytes], rows: Iterator[Any]) -> None:
    pieces = ("".join(some).encode() for some in batches(_lines_of(separator, rows), _LINES))
    file.writelines(codec(packed).pack(pieces) if packed else pieces)


def _lines_of(separator: str, rows: Iterator[Any]) -> Iterator[str]:
    """A line of each pair that isn't of two None; no separator stands beside a None."""
    for row in rows:
        pair = _pair(row)
        for each in pair:
            class_of(each)
        written = [text_of(each) for each in pair if each is not None]
        if written:
            yield separator.join(written) + "\n"
