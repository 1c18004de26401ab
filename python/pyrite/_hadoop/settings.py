"""The settings of a Hadoop configuration that files depend on, each by its names, the newer one first."""

from __future__ import annotations

from collections.abc import Iterable

from pyrite.errors import engine_error

__all__ = [
    "CODEC",
    "COMPRESS",
    "DELIMITER",
    "FOLDER_IN",
    "FOLDER_OUT",
    "KEY",
    "LARGEST",
    "OUTPUT",
    "SEPARATOR_IN",
    "SEPARATOR_OUT",
    "SMALLEST",
    "VALUE",
    "number",
    "refuse_converters",
    "refuse_unknown",
    "setting",
]

_INPUT = ("mapreduce.job.inputformat.class", "mapred.input.format.class")
OUTPUT = ("mapreduce.job.outputformat.class", "mapred.output.format.class")
FOLDER_IN = ("mapreduce.input.fileinputformat.inputdir", "mapred.input.dir")
FOLDER_OUT = ("mapreduce.output.fileoutputformat.outputdir", "mapred.output.dir")
KEY = ("mapreduce.job.output.key.class", "mapred.output.key.class", "mapred.mapoutput.key.class")
VALUE = ("mapreduce.job.output.value.class", "mapred.output.value.class", "mapred.mapoutput.value.class")
COMPRESS = ("mapreduce.output.fileoutputformat.compress", "mapred.output.compress")
CODEC = ("mapreduce.output.fileoutputformat.compress.codec", "mapred.output.compression.codec")
DELIMITER = ("textinputformat.record.delimiter",)
SEPARATOR_IN = ("mapreduce.input.keyvaluelinerecordreader.key.value.separator", "key.value.separator.in.input.line")
SEPARATOR_OUT = ("mapreduce.output.textoutputformat.separator", "mapred.textoutputformat.separator")
# Of the parts of a file, in bytes.
SMALLEST = ("mapreduce.input.fileinputformat.split.minsize", "mapred.min.split.size")
LARGEST = ("mapreduce.input.fileinputformat.split.maxsize", "mapred.max.split.size")

_READING = ("mapreduce.input.", "mapred.input", "textinputformat.")
_KNOWN = (*_INPUT, *FOLDER_IN, *DELIMITER, *SEPARATOR_IN, *SMALLEST, *LARGEST)


def setting(conf: dict[str, str] | None, names: Iterable[str]) -> str | None:
    """What the first of the names that is set says."""
    return next((str(conf[name]) for name in names if name in conf), None) if conf else None


def number(conf: dict[str, str] | None, names: Iterable[str], default: int) -> int:
    """A setting that is a number.

    Raises
    ------
    Py4JJavaError
        It is none.
    """
    said = setting(conf, names)
    try:
        return default if said is None else int(said)
    except ValueError:
        raise engine_error("java.lang.NumberFormatException", f'For input string: "{said}"') from None


def refuse_unknown(conf: dict[str, str] | None) -> None:
    """Refuse settings of input formats that would be left out of account.

    Raises
    ------
    Py4JJavaError
        There is one.
    """
    for name in conf or ():
        if name.startswith(_READING) and name not in _KNOWN:
            known = ", ".join(each for each in _KNOWN if each.startswith(_READING))
            raise engine_error(
                "java.lang.IllegalArgumentException",
                f"{name}: Pyrite doesn't have this setting of Hadoop's input formats. It has {known}",
            )


def refuse_converters(converters: tuple[str | None, str | None]) -> None:
    """Refuse converters, which are classes of a JVM.

    Raises
    ------
    Py4JJavaError
        One is given.
    """
    for given in filter(None, converters):
        raise engine_error(
            "java.lang.ClassNotFoundException", f"{given}: converters are classes of a JVM; use rdd.map(...) instead"
        )
