"""Which of Hadoop's input and output formats Pyrite has, and what it says of the others."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from pyrite._hadoop import output
from pyrite._hadoop.codecs import codec
from pyrite._hadoop.paths import files_of, parts_of
from pyrite._hadoop.sequence_file import MARK_EVERY, Part, read, write
from pyrite._hadoop.writables import Writable, class_of, named, text_of
from pyrite.errors import engine_error

if TYPE_CHECKING:
    from pyrite.context import SparkContext
    from pyrite.rdd import RDD

__all__ = ["FOLDER_IN", "FOLDER_OUT", "INPUT", "OUTPUT", "converters", "records", "save", "setting"]

# The keys of a Hadoop configuration, the newer name first.
INPUT = ("mapreduce.job.inputformat.class", "mapred.input.format.class")
OUTPUT = ("mapreduce.job.outputformat.class", "mapred.output.format.class")
FOLDER_IN = ("mapreduce.input.fileinputformat.inputdir", "mapred.input.dir")
FOLDER_OUT = ("mapreduce.output.fileoutputformat.outputdir", "mapred.output.dir")
_KEY = ("mapreduce.job.output.key.class", "mapred.output.key.class", "mapred.mapoutput.key.class")
_VALUE = ("mapreduce.job.output.value.class", "mapred.output.value.class", "mapred.mapoutput.value.class")
_COMPRESS = ("mapreduce.output.fileoutputformat.compress", "mapred.output.compress")
_CODEC = ("mapreduce.output.fileoutputformat.compress.codec", "mapred.output.compression.codec")

_OLD, _IN, _OUT = (
    "org.apache.hadoop.mapred.",
    "org.apache.hadoop.mapreduce.lib.input.",
    "org.apache.hadoop.mapreduce.lib.output.",
)
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")


def setting(conf: dict[str, str] | None, keys: Iterable[str]) -> str | None:
    """The first of the keys that is set."""
    return next((str(conf[key]) for key in keys if key in conf), None) if conf else None


def converters(key: str | None, value: str | None) -> None:
    """Refuse converters, which are classes of a JVM.

    Raises
    ------
    Py4JJavaError
        One is given.
    """
    given = key or value
    if given:
        raise engine_error(
            "java.lang.ClassNotFoundException", f"{given}: converters are classes of a JVM; use rdd.map(...) instead"
        )


def _offsets(part: Part) -> Iterator[tuple[int, str]]:
    """Lines with the places where they begin."""
    with gzip.open(part.path) if part.path.endswith(".gz") else open(part.path, "rb") as file:
        data = file.read()
    for found in _LINE.finditer(data):
        if found.start() < len(data):
            yield found.start(), found[1].decode("utf-8", "replace")


def _keys_and_values(part: Part) -> Iterator[tuple[str, str]]:
    """Lines cut at the first tab."""
    for _, line in _offsets(part):
        key, _, value = line.partition("\t")
        yield key, value


def _each(reader: Callable[..., Iterator[Any]], parts: Iterator[Part]) -> Iterator[Any]:
    for part in parts:
        yield from reader(Part(*part))


def records(context: SparkContext, path: str, kind: str, least: int) -> RDD[tuple[Any, Any]]:
    """The pairs that an input format reads.

    Raises
    ------
    Py4JJavaError
        Nothing is there, or only a JVM has the format.
    """
    readers: dict[str, Callable[..., Iterator[Any]]] = {
        "SequenceFileInputFormat": read,
        "TextInputFormat": _offsets,
        "KeyValueTextInputFormat": _keys_and_values,
    }
    name = kind.removeprefix(_OLD).removeprefix(_IN)
    if name not in readers or not kind.startswith(("org.apache.hadoop.mapred.", _IN)):
        raise engine_error(
            "java.lang.ClassNotFoundException",
            f"{kind}: only a JVM can read this format. Pyrite has TextInputFormat, KeyValueTextInputFormat and "
            "SequenceFileInputFormat; textFile, wholeTextFiles, binaryFiles and binaryRecords read files too",
        )
    files = files_of(path)
    sequence = name.startswith("Sequence")
    parts = parts_of(files, least, MARK_EVERY) if sequence else [Part(file, 0, -1) for file in files]
    read_part = partial(_each, readers[name])
    return context.parallelize(parts, max(len(parts), 1)).mapPartitions(read_part)


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
    if packed is None and str(setting(conf, _COMPRESS)).lower() == "true":
        packed = setting(conf, _CODEC) or "org.apache.hadoop.io.compress.DefaultCodec"
    squeeze = codec(packed) if packed else None
    # Tasks find codecs and classes by their names.
    packed = squeeze.name if squeeze else None
    prefix = "part-r-" if new else "part-"
    if name == "TextOutputFormat":
        suffix = squeeze.suffix if squeeze else ""
        output.save(rdd, path, partial(_write_text, packed), prefix, suffix)
        return
    wanted = (setting(conf, _KEY), setting(conf, _VALUE))
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


def _write_text(packed: str | None, file: IO[bytes], rows: Iterator[Any]) -> None:
    lines: list[bytes] = []
    for row in rows:
        key, value = _pair(row)
        for each in (key, value):
            class_of(each)
        line = "\t".join(text_of(each) for each in (key, value) if each is not None)
        lines.append((line + "\n").encode())
        if packed is None and len(lines) == 1000:
            file.write(b"".join(lines))
            lines.clear()
    data = b"".join(lines)
    file.write(codec(packed).compress(data) if packed else data)
