"""`from_json` and `to_json`: functions of Pyrite's own, of whole columns."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyrite import _engine
from pyrite._frames.files import tables
from pyrite._frames.files.json_files import is_plain_schema, plain_rows
from pyrite._frames.files.json_values import Parser
from pyrite._frames.files.moments import date_of, moment_of
from pyrite._frames.files.text_rows import JsonTexts
from pyrite._frames.running import taken

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["CALLS"]


def _options(arguments: Any) -> dict[str, str]:
    """The map that is the last argument, which is the same for all rows."""
    if arguments.num_columns < 2 or not arguments.num_rows:
        return {}
    return {key.lower(): value for key, value in arguments.column(1)[0].as_py() or []}


def from_json(catalog: Catalog, arguments: Any, message: Any, out: Any, wanted: Any) -> Any:
    """Texts as values of a type; None for None and for blanks."""
    import pyarrow as pa

    options, zone = _options(arguments), catalog.settings.zone
    kind = json.loads(taken(_engine.frame_schema_text(out.SerializeToString())))
    texts = arguments.column(0).combine_chunks()
    if not (isinstance(kind, dict) and kind["type"] == "struct"):
        parser = Parser([], options, zone, exact=False)
        read: Callable[[str], Any] = lambda text: parser.value(kind, text)  # noqa: E731
    else:
        fields = kind["fields"]
        if not options:
            plain = _plainly(texts, fields, wanted, zone)
            if plain is not None:
                return plain
        read = _reader(fields, options, zone)
    values = [None if text is None or not text.strip() else read(text) for text in texts.to_pylist()]
    return pa.array(values, wanted)


def _reader(fields: list[dict[str, Any]], options: dict[str, str], zone: str) -> Callable[[str], Any]:
    corrupt = tables.corrupt_column(options)
    data = [field for field in fields if field["name"] != corrupt]
    parser, mode = Parser(data, options, zone, exact=False), tables.mode(options)
    names = [field["name"] for field in data]
    keeps = len(data) < len(fields)

    def read(text: str) -> Any:
        # A record is an object here; of an array's nothing is taken.
        row, bad = ([None] * len(names), True) if text.lstrip().startswith("[") else parser.rows(text)[0]
        if bad and mode == "FAILFAST":
            raise tables.malformed("from_json", text, "record parsing")
        value = dict(zip(names, row, strict=True))
        if keeps:
            value[corrupt] = text if bad else None
        return value

    return read


def _plainly(texts: Any, fields: list[dict[str, Any]], wanted: Any, zone: str) -> Any:
    """All texts at once, where each is a plain record; None where one isn't."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(texts) < 64 or texts.null_count or not fields or not is_plain_schema(fields):
        return None
    if any(field["name"] == "_corrupt_record" for field in fields) or pc.any(pc.match_substring(texts, "\n")).as_py():
        return None
    joined = pa.BufferReader("\n".join(texts.to_pylist()).encode())
    table = plain_rows(joined, fields)
    if table is None or table.num_rows != len(texts):
        return None
    columns = []
    for field, column, type_ in zip(fields, table.columns, wanted, strict=True):
        whole = column.combine_chunks()
        if field["type"] in ("date", "timestamp"):
            read = _date if field["type"] == "date" else _moment(zone)
            whole = pa.array([None if text is None else read(text) for text in whole.to_pylist()], type_.type)
        columns.append(whole.cast(type_.type))
    return pa.StructArray.from_arrays(columns, fields=[type_.with_nullable(True) for type_ in wanted]).cast(wanted)


def _date(text: str) -> datetime.date | None:
    try:
        return date_of(text)
    except ValueError:
        return None


def _moment(zone: str) -> Callable[[str], datetime.datetime | None]:
    def read(text: str) -> datetime.datetime | None:
        try:
            return moment_of(text, zone)
        except ValueError:
            return None

    return read


def to_json(catalog: Catalog, arguments: Any, message: Any, out: Any, wanted: Any) -> Any:
    """Structs, arrays and maps as texts."""
    import pyarrow as pa

    texts = JsonTexts(_options(arguments), catalog.settings.zone)
    return pa.array(texts.of(arguments.column(0), message.struct.fields[0].data_type), pa.string())


CALLS = {"from_json": from_json, "to_json": to_json}
