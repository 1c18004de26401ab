"""JSON files. What is plain is PyArrow's to read; where a record is bad or a value of another type, lines go one by one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults
from pyrite._frames.files import tables
from pyrite._frames.files.json_schema import Inference
from pyrite._frames.files.json_values import Parser

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["OPTIONS", "fields_of", "is_plain_schema", "plain_rows", "read"]

OPTIONS = frozenset(
    "multiline mode encoding primitivesasstring prefersdecimal infertimestamp dropfieldifallnull dateformat timestampformat "
    "columnnameofcorruptrecord allowsinglequotes samplingratio linesep".split()
)
_SLOWLY_INFERRED = ("primitivesasstring", "prefersdecimal", "infertimestamp", "dropfieldifallnull", "multiline")


def read(
    catalog: Catalog, files: list[str], given: list[dict[str, Any]] | None, options: dict[str, str]
) -> tuple[list[Any], list[dict[str, Any]]]:
    """For each file a table, and the fields of all. Without `given` the fields are found."""
    _check(options)
    zone = catalog.settings.zone
    corrupt = tables.corrupt_column(options)
    fields = _found(files, options, zone, corrupt) if given is None else given
    data = [field for field in fields if field["name"] != corrupt]
    plain = (
        len(data) == len(fields)
        and tables.mode(options) == "PERMISSIVE"
        and not any(name in options for name in ("dateformat", "timestampformat", "multiline"))
        and is_plain_schema(data)
    )
    made = []
    for file in files:
        table = plain_rows(file, data) if plain and data and os.path.getsize(file) else None
        made.append(table if table is not None else _by_lines(file, fields, data, corrupt, options, zone))
    return made, fields


def fields_of(catalog: Catalog, files: list[str], options: dict[str, str]) -> list[dict[str, Any]]:
    """The fields that are found in files, whose rows nobody wants yet."""
    _check(options)
    return _found(files, options, catalog.settings.zone, tables.corrupt_column(options))


def _check(options: dict[str, str]) -> None:
    if options.get("encoding", "utf-8").lower() not in ("utf-8", "utf8") or options.get("linesep", "\n") != "\n":
        raise faults.unsupported("The option encoding or lineSep of JSON files")
    if options.get("allowsinglequotes", "true").lower() != "true":
        raise faults.unsupported("The option allowSingleQuotes of JSON files")


def texts_of(file: str, options: dict[str, str]) -> Iterator[str]:
    """The texts that have a record each: lines, or the whole file."""
    with open(file, encoding="utf-8", errors="replace", newline="\n") as lines:
        if options.get("multiline", "false").lower() == "true":
            text = lines.read()
            if text.strip():
                yield text
            return
        for line in lines:
            line = line.rstrip("\r\n")
            if line.strip():
                yield line


def _found(files: list[str], options: dict[str, str], zone: str, corrupt: str) -> list[dict[str, Any]]:
    if not any(options.get(name, "false").lower() == "true" for name in _SLOWLY_INFERRED):
        fields = _found_plainly(files)
        if fields is not None:
            return fields
    inference = Inference(options, zone)
    mode = tables.mode(options)
    for file in files:
        for text in texts_of(file, options):
            inference.look(text)
            if inference.bad and mode == "FAILFAST":
                raise tables.malformed(file, text, "schema inference")
    fields = inference.fields()
    if inference.bad and mode == "PERMISSIVE":
        fields = [tables.field(corrupt, "string"), *fields]
    return fields


def _found_plainly(files: list[str]) -> list[dict[str, Any]] | None:
    """The fields, where PyArrow finds what Spark would; texts that look like times are texts."""
    import pyarrow as pa
    import pyarrow.json as pj

    schemas = []
    for file in files:
        if os.path.getsize(file):
            try:
                table = pj.read_json(file)
            except pa.ArrowInvalid:
                return None
            if any(map(_may_be_whole, table.columns)):
                return None
            schemas.append(table.schema)
    try:
        merged = pa.unify_schemas(schemas) if schemas else pa.schema([])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    found = _kind_of(pa.struct(list(merged)))
    return found["fields"] if isinstance(found, dict) else []


def _may_be_whole(column: Any) -> bool:
    """Whether numbers are so large that they may be whole ones past 64 bits, which PyArrow takes for fractions."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        return bool(pc.any(pc.greater_equal(pc.abs(column), 2.0**63)).as_py())
    if pa.types.is_list(column.type):
        return _may_be_whole(pc.list_flatten(column))
    if pa.types.is_struct(column.type):
        return any(_may_be_whole(pc.struct_field(column, at)) for at in range(column.type.num_fields))
    return False


def _kind_of(arrow: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_struct(arrow):
        made = [(each.name, _kind_of(each.type)) for each in sorted(arrow, key=lambda each: each.name)]
        fields = [tables.field(name, kind) for name, kind in made if name and kind is not None]
        return {"type": "struct", "fields": fields} if fields else None
    if pa.types.is_list(arrow):
        element = _kind_of(arrow.value_type)
        return {"type": "array", "elementType": "string" if element is None else element, "containsNull": True}
    if pa.types.is_boolean(arrow):
        return "boolean"
    if pa.types.is_integer(arrow):
        return "long"
    return "double" if pa.types.is_floating(arrow) else "string"


_PLAIN = frozenset({"string", "long", "double", "boolean"})


def is_plain_schema(fields: list[dict[str, Any]]) -> bool:
    return all(field["type"] in ("date", "timestamp", "integer") or _is_plain(field["type"]) for field in fields)


def _is_plain(kind: Any) -> bool:
    if isinstance(kind, str):
        return kind in _PLAIN
    if kind["type"] == "array":
        return _is_plain(kind["elementType"])
    return kind["type"] == "struct" and all(_is_plain(field["type"]) for field in kind["fields"])


def plain_rows(source: Any, fields: list[dict[str, Any]]) -> Any:
    """The rows of a file, or of bytes, with times and dates as texts; None where something there isn't plain."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.json as pj

    wanted = pa.schema([(each["name"], tables.arrow_type(each["type"], read=True)) for each in fields])
    parsing = pj.ParseOptions(explicit_schema=wanted, unexpected_field_behavior="ignore", newlines_in_values=False)
    try:
        table = pj.read_json(source, parse_options=parsing)
    except pa.ArrowInvalid:
        return None
    columns = []
    for each, column in zip(fields, table.columns, strict=True):
        if each["type"] == "integer":
            least, most = pc.min_max(column).values()
            if least.is_valid and (least.as_py() < -(2**31) or most.as_py() >= 2**31):
                return None
            column = column.cast(pa.int32())
        columns.append(column)
    return pa.table(columns, names=[each["name"] for each in fields])


def _by_lines(
    file: str,
    fields: list[dict[str, Any]],
    data: list[dict[str, Any]],
    corrupt: str,
    options: dict[str, str],
    zone: str,
) -> Any:
    """The file's rows as Spark's parser has them."""
    parser, mode = Parser(data, options, zone), tables.mode(options)
    rows: list[list[Any]] = []
    raw: list[str | None] = []
    for text in texts_of(file, options):
        for row, bad in parser.rows(text):
            if bad and mode == "DROPMALFORMED":
                continue
            if bad and mode == "FAILFAST":
                return tables.malformed(file, text, "record parsing")
            rows.append(row)
            raw.append(text if bad else None)
    columns: Iterable[Any] = zip(*rows, strict=True) if rows else ([] for _ in data)
    values = {each["name"]: list(column) for each, column in zip(data, columns, strict=True)}
    values[corrupt] = raw
    return tables.table_of([(each, values[each["name"]]) for each in fields], len(rows))
