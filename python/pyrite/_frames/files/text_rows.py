"""Rows as lines of CSV and JSON, with the options and the quoting of Spark's writers."""

from __future__ import annotations

import base64
import datetime
import json
import re
import zoneinfo
from collections.abc import Callable
from typing import Any

from pyrite._frames import faults
from pyrite._frames.files.moments import parts_of

__all__ = ["CSV_OPTIONS", "JSON_OPTIONS", "JsonTexts", "csv_lines", "json_lines"]

CSV_OPTIONS = frozenset(
    "header sep delimiter compression nullvalue emptyvalue mode quote quoteall escape escapequotes ignoreleadingwhitespace "
    "ignoretrailingwhitespace dateformat timestampformat linesep encoding charset".split()
)
JSON_OPTIONS = frozenset("compression mode ignorenullfields dateformat timestampformat linesep encoding".split())

_PARTS: dict[str, Callable[[Any], str]] = {
    "yyyy": lambda value: f"{value.year:04}", "MM": lambda value: f"{value.month:02}", "M": lambda value: str(value.month),
    "dd": lambda value: f"{value.day:02}", "d": lambda value: str(value.day), "HH": lambda value: f"{value.hour:02}",
    "H": lambda value: str(value.hour), "mm": lambda value: f"{value.minute:02}", "ss": lambda value: f"{value.second:02}",
    "SSS": lambda value: f"{value.microsecond // 1000:03}", "SSSSSS": lambda value: f"{value.microsecond:06}",
}  # fmt: skip
_CONTROL = re.compile(r"\\u00[01][0-9a-f]")


class _Times:
    """How dates and times are written."""

    def __init__(self, options: dict[str, str], zone: str) -> None:
        self._zone = zoneinfo.ZoneInfo(zone)
        self._date = _pattern(options, "dateFormat")
        self._moment = _pattern(options, "timestampFormat")

    def text(self, value: Any) -> str:
        """A date or a time; one without a zone is what `timestampFormat` doesn't speak of."""
        if not isinstance(value, datetime.datetime):
            return self._date(value) if self._date else f"{value.year:04}-{value.month:02}-{value.day:02}"
        if value.tzinfo is None:
            return value.isoformat(timespec="milliseconds")
        here = value.astimezone(self._zone)
        if self._moment:
            return self._moment(here)
        offset = here.utcoffset() or datetime.timedelta()
        minutes = abs(int(offset.total_seconds())) // 60
        away = f"{'-' if offset < datetime.timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}" if offset else "Z"
        return here.replace(tzinfo=None).isoformat(timespec="milliseconds") + away


def _pattern(options: dict[str, str], name: str) -> Callable[[Any], str] | None:
    """One of Java's patterns."""
    java = options.get(name.lower())
    if java is None:
        return None
    writes = parts_of(java, name, _PARTS, lambda text: lambda _: text)
    return lambda value: "".join(write(value) for write in writes)


def _texts(column: Any, message: Any, times: _Times, zone: str) -> list[str | None]:
    """The text of each value of a column without structure."""
    from pyrite._frames.showing import cells

    values = column.to_pylist()
    kind = message.WhichOneof("kind")
    if kind == "string":
        return list(values)
    if kind in ("date", "timestamp", "timestamp_ntz"):
        return [None if value is None else times.text(value) for value in values]
    shown = cells(column, message, zone)
    return [None if value is None else text for value, text in zip(values, shown, strict=True)]


def csv_lines(table: Any, schema: Any, options: dict[str, str], zone: str) -> list[str]:
    """The lines of rows, the header first where there is to be one."""

    def flag(name: str, default: str) -> bool:
        return options.get(name, default).lower() == "true"

    sep = options.get("sep", options.get("delimiter", ",")).replace("\\t", "\t")
    quote, escape = options.get("quote", '"'), options.get("escape", "\\")
    null, empty = options.get("nullvalue", ""), options.get("emptyvalue", '""')
    every, escaped = flag("quoteall", "false"), flag("escapequotes", "true")
    left, right = flag("ignoreleadingwhitespace", "true"), flag("ignoretrailingwhitespace", "true")
    blanks = "".join(map(chr, range(33)))
    doubled = escape + escape if escape != quote else escape

    def cell(text: str | None, first: bool) -> str:
        if text is None:
            return f"{quote}{null}{quote}" if every else null
        text = text.lstrip(blanks) if left else text
        text = text.rstrip(blanks) if right else text
        if not text:
            return f"{quote}{empty.strip(quote)}{quote}" if every else empty
        has_quote = quote != "" and quote in text
        if not (
            every
            or sep in text
            or "\n" in text
            or "\r" in text
            or (has_quote and escaped)
            or (first and text[0] == "#")
        ):
            return text
        if escaped and has_quote:
            text = text.replace(escape, doubled) if escape and escape != quote else text
            text = text.replace(quote, escape + quote)
        elif escape and escape != quote:
            text = text.replace(escape, doubled)
        return quote + text + quote

    times = _Times(options, zone)
    columns = []
    for at, (column, field) in enumerate(zip(table.columns, schema.struct.fields, strict=True)):
        kind = field.data_type.WhichOneof("kind")
        if kind in ("array", "map", "struct", "binary"):
            from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

            shown = proto_schema_to_pyspark_data_type(field.data_type).simpleString().upper()
            raise faults.analysis(
                "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", "0A000",
                {"format": "CSV", "columnName": f"`{field.name}`", "columnType": f'"{shown}"'},
                f'The CSV datasource doesn\'t support the column `{field.name}` of the type "{shown}".',
            )  # fmt: skip
        columns.append([cell(text, not at) for text in _texts(column, field.data_type, times, zone)])
    lines = [sep.join(row) for row in zip(*columns, strict=True)]
    if len(columns) == 1:
        lines = [line for line in lines if line]  # nothing is no line
    if flag("header", "false"):
        names = (cell(field.name, not at) for at, field in enumerate(schema.struct.fields))
        lines.insert(0, sep.join(names))
    return lines


class JsonTexts:
    """Columns as JSON. Without `ignoreNullFields=false` a field that is null is left out; in maps and arrays null stays."""

    def __init__(self, options: dict[str, str], zone: str) -> None:
        self._nulls = options.get("ignorenullfields", "true").lower() != "true"
        self._times = _Times(options, zone)
        self._zone = zone

    def objects(self, columns: list[tuple[str, list[str | None]]], rows: int) -> list[str]:
        """An object for each row, of the texts of its fields."""
        names = [json.dumps(name, ensure_ascii=False) for name, _ in columns]
        if not columns:
            return ["{}"] * rows
        made = []
        for row in zip(*(values for _, values in columns), strict=True):
            pairs = [
                f"{name}:{'null' if value is None else value}"
                for name, value in zip(names, row, strict=True)
                if self._nulls or value is not None
            ]
            made.append("{" + ",".join(pairs) + "}")
        return made

    def of(self, column: Any, message: Any) -> list[str | None]:
        """The text of each value; None where that is null."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        kind = message.WhichOneof("kind")
        there = column.is_valid().to_pylist()
        if kind == "struct":
            parts = [
                (field.name, self.of(pc.struct_field(column, at), field.data_type))
                for at, field in enumerate(message.struct.fields)
            ]
            made = self.objects(parts, len(column))
            return [text if here else None for text, here in zip(made, there, strict=True)]
        if kind in ("array", "map"):
            return _lists(column, message, kind, there, self.of)
        if kind == "binary":
            return [None if value is None else f'"{base64.b64encode(value).decode()}"' for value in column.to_pylist()]
        found = _texts(column, message, self._times, self._zone)
        if kind in ("double", "float"):
            return [f'"{text}"' if text in ("NaN", "Infinity", "-Infinity") else text for text in found]
        if kind in ("boolean", "byte", "short", "integer", "long", "decimal"):
            return found
        if kind not in ("string", "date", "timestamp", "timestamp_ntz"):
            raise faults.unsupported(f"{kind.upper()} in JSON")
        return [None if text is None else _string(text) for text in found]


def json_lines(table: Any, schema: Any, options: dict[str, str], zone: str) -> list[str]:
    """A line for each row."""
    texts = JsonTexts(options, zone)
    fields = zip(table.columns, schema.struct.fields, strict=True)
    return texts.objects([(field.name, texts.of(column, field.data_type)) for column, field in fields], table.num_rows)


def _lists(
    column: Any, message: Any, kind: str, there: list[bool], texts: Callable[[Any, Any], list[str | None]]
) -> list[str | None]:
    import pyarrow.compute as pc

    if kind == "array":
        lengths = pc.list_value_length(column).to_pylist()
        items = ["null" if text is None else text for text in texts(column.flatten(), message.array.element_type)]
        opening, closing = "[", "]"
    else:
        offsets = column.offsets.to_pylist()
        lengths = [end - start if here else None for start, end, here in zip(offsets, offsets[1:], there, strict=False)]
        start, count = offsets[0], offsets[-1] - offsets[0]
        keys = texts(column.keys.slice(start, count), message.map.key_type)
        values = texts(column.items.slice(start, count), message.map.value_type)
        items = [
            f"{key if key and key[0] == chr(34) else json.dumps(key)}:{'null' if value is None else value}"
            for key, value in zip(keys, values, strict=True)
        ]
        opening, closing = "{", "}"
    made: list[str | None] = []
    at = 0
    for length in lengths:
        if length is None:
            made.append(None)
            continue
        made.append(opening + ",".join(items[at : at + length]) + closing)
        at += length
    return made


def _string(text: str) -> str:
    shown = json.dumps(text, ensure_ascii=False)
    return _CONTROL.sub(lambda found: "\\u" + found[0][2:].upper(), shown) if "\\u00" in shown else shown
