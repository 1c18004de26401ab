"""`show`'s text: cells as Spark writes them, the table around them."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

__all__ = ["cells", "html", "table_text", "vertical_text"]


def cells(column: Any, message: Any, zone: str) -> list[str]:
    """A column's values as text."""
    write = _writer(message, zone)
    return ["NULL" if value is None else write(value) for value in column.to_pylist()]


def _writer(message: Any, zone: str) -> Any:
    from pyrite._frames.numbers import double_text, float_text

    kind = message.WhichOneof("kind")
    if kind == "boolean":
        return lambda value: "true" if value else "false"
    if kind == "double":
        return double_text
    if kind == "float":
        return float_text
    if kind == "binary":
        return lambda value: "[" + " ".join(f"{byte:02X}" for byte in value) + "]"
    if kind == "decimal":
        return lambda value: f"{value:f}"
    if kind == "timestamp":
        from zoneinfo import ZoneInfo

        where = ZoneInfo(zone)
        return lambda value: _moment(
            value.astimezone(where) if value.tzinfo else value.replace(tzinfo=UTC).astimezone(where)
        )
    if kind == "timestamp_ntz":
        return _moment
    if kind == "day_time_interval":
        return _day_time
    if kind == "year_month_interval":
        return lambda value: f"INTERVAL '{'-' if value < 0 else ''}{abs(value) // 12}-{abs(value) % 12}' YEAR TO MONTH"
    if kind == "array":
        inner = _nullable(_writer(message.array.element_type, zone))
        return lambda value: "[" + ", ".join(inner(each) for each in value) + "]"
    if kind == "map":
        key, item = _nullable(_writer(message.map.key_type, zone)), _nullable(_writer(message.map.value_type, zone))
        return lambda value: "{" + ", ".join(f"{key(k)} -> {item(v)}" for k, v in value) + "}"
    if kind == "struct":
        writers = [(each.name, _nullable(_writer(each.data_type, zone))) for each in message.struct.fields]
        names = [name for name, _ in writers]
        if len(set(names)) == len(names):
            return lambda value: "{" + ", ".join(write(value[name]) for name, write in writers) + "}"
        return lambda value: str(value)
    if kind == "udt":
        return _writer(message.udt.sql_type, zone)
    return str


def _nullable(write: Any) -> Any:
    return lambda value: "NULL" if value is None else write(value)


def _moment(value: Any) -> str:
    text = f"{value.year:04}-{value.month:02}-{value.day:02} {value.hour:02}:{value.minute:02}:{value.second:02}"
    return text + (f".{value.microsecond:06}".rstrip("0") if value.microsecond else "")


def _day_time(value: Any) -> str:
    micros = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    sign, rest = ("-" if micros < 0 else ""), abs(micros)
    seconds, fraction = divmod(rest, 1_000_000)
    days, hours, minutes, seconds = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
    tail = f".{fraction:06}".rstrip("0") if fraction else ""
    return f"INTERVAL '{sign}{days} {hours:02}:{minutes:02}:{seconds:02}{tail}' DAY TO SECOND"


def _cut(text: str, width: int) -> str:
    """At most so many characters, as Java counts them: one beyond the first 65,536 is two, of which one alone is `?`."""
    if width <= 0 or (len(text) <= width and (text.isascii() or _length(text) <= width)):
        return text
    kept, dots = (width, "") if width < 4 else (width - 3, "...")
    if text.isascii():
        return text[:kept] + dots
    return text.encode("utf-16-le")[: 2 * kept].decode("utf-16-le", "replace").replace("\ufffd", "?") + dots


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _escaped(text: str) -> str:
    for plain, shown in (
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
        ("\f", "\\f"),
        ("\b", "\\b"),
        ("\v", "\\v"),
        ("\a", "\\a"),
    ):
        text = text.replace(plain, shown)
    return text


# What Spark takes for characters of two columns.
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]"
)


def _width(text: str) -> int:
    return len(text) if text.isascii() else _length(text) + len(_WIDE.findall(text))


def table_text(names: list[str], rows: list[list[str]], truncate: int, more: bool, count: int) -> str:
    """The table that `show` prints."""
    names = [_escaped(name) for name in names]
    rows = [[_cut(_escaped(cell), truncate) for cell in row] for row in rows]
    widths = [max([3, _width(name)] + [_width(row[at]) for row in rows]) for at, name in enumerate(names)]
    line = "+" + "+".join("-" * width for width in widths) + "+\n"

    def shown(row: list[str]) -> str:
        pads = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        parts = [pad + cell if truncate > 0 else cell + pad for cell, pad in zip(row, pads, strict=True)]
        return "|" + "|".join(parts) + "|\n"

    text = line + shown(names) + line + "".join(map(shown, rows)) + line
    return text + (f"only showing top {count} {'row' if count == 1 else 'rows'}\n" if more else "")


def vertical_text(names: list[str], rows: list[list[str]], truncate: int, more: bool, count: int) -> str:
    """The rows one below the other."""
    names = [_escaped(name) for name in names]
    rows = [[_cut(_escaped(cell), truncate) for cell in row] for row in rows]
    left = max([3] + [_width(name) for name in names])
    right = max([3] + [_width(cell) for row in rows for cell in row])
    text = ""
    for at, row in enumerate(rows):
        head = f"-RECORD {at}"
        text += head.ljust(left + right + 5, "-") + "\n"
        for name, cell in zip(names, row, strict=True):
            text += f" {name}{' ' * (left - _width(name))} | {cell}{' ' * (right - _width(cell))} \n"
    if not rows:
        text = "(0 rows)\n"
    return text + (f"only showing top {count} {'row' if count == 1 else 'rows'}\n" if more else "")


def html(names: list[str], rows: list[list[str]], truncate: int, more: bool, count: int) -> str:
    """The table for a notebook."""
    from html import escape

    rows = [[escape(_cut(cell, truncate)) for cell in row] for row in rows]
    head = "<tr><th>" + "</th><th>".join(escape(name) for name in names) + "</th></tr>\n"
    body = "".join("<tr><td>" + "</td><td>".join(row) + "</td></tr>\n" for row in rows)
    tail = f"only showing top {count} {'row' if count == 1 else 'rows'}\n" if more else ""
    return "<table border='1'>\n" + head + body + "</table>\n" + tail
