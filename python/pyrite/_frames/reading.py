"""Files as the executor reads them: text, CSV, JSON and Parquet, with Spark's options; another option is declined by name."""

from __future__ import annotations

import glob
import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from pyrite._frames import faults

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["files_of", "local_path", "read"]

_KNOWN = {
    "text": {"wholetext", "linesep", "encoding"},
    "csv": {
        "header",
        "sep",
        "delimiter",
        "inferschema",
        "nullvalue",
        "quote",
        "escape",
        "mode",
        "encoding",
        "charset",
        "comment",
    },
    "json": {"multiline", "mode", "encoding", "primitivesasstring"},
    "parquet": {"mergeschema"},
}
_COMMON = {"path", "paths", "pathglobfilter", "recursivefilelookup"}


def local_path(path: str) -> str:
    """A path of this machine's."""
    parsed = urlparse(path)
    if parsed.scheme in ("", "file") or len(parsed.scheme) == 1:
        return unquote(parsed.path) if parsed.scheme == "file" else path
    raise faults.unsupported(f"Reading DataFrames from {parsed.scheme}://")


def _hidden(name: str) -> bool:
    return name.startswith(("_", ".")) and "=" not in name


def files_of(paths: list[str], options: dict[str, str]) -> list[str]:
    """The files below the paths, in order; a path that isn't there is an AnalysisException."""
    found: list[str] = []
    for path in paths:
        here = local_path(path)
        matched = sorted(glob.glob(here)) if any(c in here for c in "*?[{") else [here] if os.path.exists(here) else []
        if not matched:
            shown = path if "://" in path or path.startswith("file:") else "file:" + os.path.abspath(path)
            raise faults.analysis("PATH_NOT_FOUND", "42K03", {"path": shown}, f"Path does not exist: {shown}.")
        for each in matched:
            if os.path.isfile(each):
                found.append(each)
                continue
            if len(paths) == 1 and len(matched) == 1 and os.path.isdir(os.path.join(each, "_spark_metadata")):
                # A stream writes here: what its log doesn't name is of a batch that didn't end.
                from pyrite._frames.query.sinks.files import committed

                found.extend(sorted(committed(each) or []))
                continue
            for folder, folders, names in os.walk(each):
                folders[:] = sorted(name for name in folders if not _hidden(name))
                found.extend(os.path.join(folder, name) for name in sorted(names) if not _hidden(name))
    wanted = options.get("pathglobfilter")
    if wanted:
        import fnmatch

        found = [each for each in found if fnmatch.fnmatch(os.path.basename(each), wanted)]
    return found


def _partitions(files: list[str], paths: list[str]) -> list[tuple[str, list[str]]]:
    """Columns that the folders' names give: `key=value`."""
    columns: dict[str, list[str]] = {}
    for file in files:
        for part in os.path.dirname(file).split(os.sep):
            if "=" in part:
                key, _, value = part.partition("=")
                columns.setdefault(key, []).append(unquote(value))
    return list(columns.items()) if columns and not all("=" in path for path in paths) else []


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _list(files: list[str]) -> str:
    return "[" + ", ".join(_quoted(file) for file in files) + "]"


def _field(name: str, kind: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "nullable": True, "metadata": {}}


def read(
    catalog: Catalog, form: str, schema: str | None, paths: list[str], options: dict[str, str], base: str | None = None
) -> tuple[str, str]:
    """The SQL that reads files, and the JSON of their schema. Folders below `base`, or the only path, may give columns."""
    form = {"org.apache.spark.sql.parquet": "parquet"}.get(form, form.lower())
    if form not in _KNOWN:
        raise faults.unsupported(f"The format {form}")
    unknown = sorted(set(options) - _KNOWN[form] - _COMMON)
    if unknown:
        raise faults.unsupported(f"The option {unknown[0]} of {form} files")
    paths = paths or [options["path"]] if paths or "path" in options else []
    if not paths:
        raise faults.analysis(
            "UNABLE_TO_INFER_SCHEMA",
            "42KD9",
            {"format": form},
            f"Unable to infer schema for {form}. It must be specified manually.",
        )
    files = files_of(paths, options)
    given = json.loads(schema) if schema else None
    parts = _partitions(files, [base] if base else paths)
    if parts and form != "parquet":
        from pyrite._frames.partitioned import read_by_folder

        one = _text_of(options) if form == "text" else _csv if form == "csv" else _json
        return read_by_folder(catalog, files, given, base or paths[0], options, one)
    if form == "text":
        return _text(files, options, given)
    if form == "parquet":
        return _parquet(catalog, files, given, parts, paths)
    if not files and given is None:
        raise faults.analysis(
            "UNABLE_TO_INFER_SCHEMA",
            "42KD9",
            {"format": form},
            f"Unable to infer schema for {form}. It must be specified manually.",
        )
    return (_csv if form == "csv" else _json)(catalog, files, given, options)


def _text_of(options: dict[str, str]) -> Any:
    return lambda catalog, files, given, _: _text(files, options, given)


def _empty(given: Any) -> tuple[str, str]:
    return "SELECT " + ", ".join("NULL" for _ in given["fields"]) + " WHERE false", json.dumps(given)


def _text(files: list[str], options: dict[str, str], given: Any) -> tuple[str, str]:
    schema = json.dumps({"type": "struct", "fields": [_field("value", "string")]})
    if given is not None:
        if [field["type"] for field in given["fields"]] != ["string"]:
            raise faults.unsupported("A schema of text files with other than one STRING column")
        schema = json.dumps(given)
    if options.get("linesep") not in (None, "\n") or options.get("encoding", "utf-8").lower() not in ("utf-8", "utf8"):
        raise faults.unsupported("The option lineSep or encoding of text files")
    if not files:
        return "SELECT NULL::VARCHAR WHERE false", schema
    if options.get("wholetext", "false").lower() == "true":
        return f"SELECT content FROM read_text({_list(files)})", schema
    lines = (
        "string_split_regex(CASE WHEN ends_with(content, chr(10)) THEN content[:-2] ELSE content END, '\\r\\n|\\n|\\r')"
    )
    return f"SELECT unnest({lines}) FROM read_text({_list(files)}) WHERE content <> ''", schema


def _parquet(
    catalog: Catalog, files: list[str], given: Any, parts: list[tuple[str, list[str]]], paths: list[str]
) -> tuple[str, str]:
    import pyarrow.parquet as pq
    from pyspark.sql.pandas.types import from_arrow_schema

    if not files:
        if given:
            return _empty(given)
        raise faults.analysis(
            "UNABLE_TO_INFER_SCHEMA",
            "42KD9",
            {"format": "parquet"},
            "Unable to infer schema for Parquet. It must be specified manually.",
        )
    arrow = pq.read_schema(files[0])
    stored = (arrow.metadata or {}).get(b"org.apache.spark.sql.parquet.row.metadata")
    own = json.loads(stored) if stored else json.loads(from_arrow_schema(arrow).json())
    for field in own["fields"]:
        field["nullable"] = True
    source = f"read_parquet({_list(files)}, hive_partitioning={'true' if parts else 'false'}, hive_types_autocast=false, union_by_name=false)"
    fields = list(own["fields"])
    texts = ['"' + field["name"].replace('"', '""') + '"' for field in fields]
    for name, values in parts:
        kind = _kind_of(values)
        fields.append(_field(name, kind))
        cell = '"' + name.replace('"', '""') + '"'
        cell = f"CASE WHEN {cell} = '__HIVE_DEFAULT_PARTITION__' THEN NULL ELSE {cell} END"
        texts.append(f"CAST({cell} AS {_PHYSICAL[kind]})")
    if given is not None:
        names = {field["name"].lower(): (text, field) for field, text in zip(fields, texts, strict=True)}
        chosen = []
        for field in given["fields"]:
            text, had = names.get(field["name"].lower(), ("NULL", field))
            if had["type"] != field["type"]:
                raise faults.unsupported("A schema for Parquet files that differs from theirs")
            chosen.append(text)
        return f"SELECT {', '.join(chosen)} FROM {source}", json.dumps(given)
    return f"SELECT {', '.join(texts)} FROM {source}", json.dumps({"type": "struct", "fields": fields})


_PHYSICAL = {
    "integer": "INTEGER", "long": "BIGINT", "double": "DOUBLE", "string": "VARCHAR", "date": "DATE", "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ", "float": "FLOAT", "short": "SMALLINT", "byte": "TINYINT", "binary": "BLOB",
}  # fmt: skip


def _kind_of(values: list[str]) -> str:
    values = [value for value in values if value != "__HIVE_DEFAULT_PARTITION__"]

    def all_are(test: Any) -> bool:
        try:
            return bool(values) and all(test(value) for value in values)
        except ValueError:
            return False

    if all_are(lambda value: -(2**31) <= int(value) < 2**31 and "_" not in value):
        return "integer"
    if all_are(lambda value: -(2**63) <= int(value) < 2**63 and "_" not in value):
        return "long"
    if all_are(lambda value: float(value) == float(value) and "_" not in value):
        return "double"
    import datetime

    if all_are(lambda value: len(value) == 10 and bool(datetime.date.fromisoformat(value))):
        return "date"
    return "string"


def _mode(options: dict[str, str]) -> str:
    mode = options.get("mode", "PERMISSIVE").upper()
    if mode not in ("PERMISSIVE", "DROPMALFORMED", "FAILFAST"):
        mode = "PERMISSIVE"
    return mode


def _csv(catalog: Catalog, files: list[str], given: Any, options: dict[str, str]) -> tuple[str, str]:
    """Cells are read as text by the executor; inference and casts are Spark's."""
    from pyrite._frames.running import run_sql

    if options.get("encoding", options.get("charset", "utf-8")).lower() not in ("utf-8", "utf8"):
        raise faults.unsupported("The encoding of these CSV files")
    if not files:
        return _empty(given)
    header = options.get("header", "false").lower() == "true"
    sep = options.get("sep", options.get("delimiter", ",")).replace("\\t", "\t")
    quote, escape = options.get("quote", '"'), options.get("escape", "\\")
    if len(sep) != 1 or len(quote) != 1 or len(escape) != 1 or options.get("comment"):
        raise faults.unsupported("A separator, quote or escape of several characters, or comments, in CSV files")
    first = _first_line(files)
    if first is None:
        return (
            _empty(given or {"type": "struct", "fields": []})
            if given
            else ("SELECT 1 WHERE false", json.dumps({"type": "struct", "fields": []}))
        )
    width = len(first.split(sep)) if quote not in first else _width(first, sep, quote)
    names = [f"_c{at}" for at in range(width)]
    columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in names)
    source = (
        f"read_csv({_list(files)}, auto_detect=false, columns={{{columns}}}, header={str(header).lower()}, delim={_quoted(sep)}, "
        f"quote={_quoted(quote)}, escape={_quoted(quote if escape == quote else escape)}, nullstr={_quoted(options.get('nullvalue', ''))}, "
        "null_padding=true, strict_mode=false, parallel=false)"
    )
    if header:
        shown = run_sql(
            catalog, source_query(source.replace(f"header={str(header).lower()}", "header=false"), names) + " LIMIT 1"
        )
        titles = [shown.column(at)[0].as_py() for at in range(width)]
        titles = _named(titles)
    else:
        titles = names
    cells = [f'"{name}"' for name in names]
    if given is not None:
        fields = given["fields"]
        if len(fields) > width:
            cells += ["NULL"] * (len(fields) - width)
    elif options.get("inferschema", "false").lower() == "true":
        fields = [_field(title, _inferred(catalog, source, cell)) for title, cell in zip(titles, cells, strict=True)]
    else:
        fields = [_field(title, "string") for title in titles]
    mode = _mode(options)
    texts, tests = [], []
    for field, cell in zip(fields, cells, strict=False):
        text = _cell(cell, field["type"])
        texts.append(text)
        if field["type"] != "string":
            tests.append(f"({cell} IS NOT NULL AND {text} IS NULL)")
    if mode == "FAILFAST" and tests:
        bad = " OR ".join(tests)
        texts[0] = (
            f"CASE WHEN {bad} THEN CAST(error('[MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION] Malformed records are detected in record parsing. Parse Mode: FAILFAST. SQLSTATE: 22023') AS VARCHAR) END"
            if False
            else texts[0]
        )
        raise faults.unsupported("The mode FAILFAST of CSV files with types other than STRING")
    where = f" WHERE NOT ({' OR '.join(tests)})" if mode == "DROPMALFORMED" and tests else ""
    schema = {"type": "struct", "fields": [{**field, "nullable": True} for field in fields]}
    return f"SELECT {', '.join(texts)} FROM {source}{where}", json.dumps(schema)


def source_query(source: str, names: list[str]) -> str:
    """All cells of a source."""
    return "SELECT " + ", ".join(f'"{name}"' for name in names) + f" FROM {source}"


def _first_line(files: list[str]) -> str | None:
    for file in files:
        with open(file, encoding="utf-8", newline="") as lines:
            for line in lines:
                if line.strip("\r\n"):
                    return line.strip("\r\n")
    return None


def _width(line: str, sep: str, quote: str) -> int:
    import csv

    return len(next(csv.reader([line], delimiter=sep, quotechar=quote)))


def _named(titles: list[str | None]) -> list[str]:
    """A header's names as Spark makes them unique."""
    lower = [title.lower() if title else title for title in titles]
    return [
        f"_c{at}" if not title else f"{title}{at}" if lower.count(title.lower()) > 1 else title
        for at, title in enumerate(titles)
    ]


def _cell(cell: str, kind: Any) -> str:
    if kind == "string":
        return cell
    if kind in ("byte", "short", "integer", "long"):
        return f"TRY_CAST(p_whole({cell}) AS {_PHYSICAL[kind]})"
    if kind in ("float", "double"):
        return f"TRY_CAST(p_fraction({cell}) AS {_PHYSICAL[kind]})"
    if kind == "boolean":
        return f"CASE lower({cell}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if kind == "date":
        return f"p_date({cell})"
    if kind == "timestamp":
        return f"TRY_CAST(p_moment({cell}) AS TIMESTAMPTZ)"
    if isinstance(kind, str) and kind.startswith("decimal"):
        return f"TRY_CAST(p_number({cell}) AS {kind.upper()})"
    raise faults.unsupported(f"The type {kind} in CSV files")


def _inferred(catalog: Catalog, source: str, cell: str) -> str:
    """The type that all cells of a column have, in Spark's order of trying."""
    from pyrite._frames.running import run_sql

    kinds = ["integer", "long", "double", "date", "timestamp", "boolean"]
    tests = []
    for kind in kinds:
        text = _cell(cell, kind)
        if kind == "date":
            text = f"CASE WHEN regexp_full_match({cell}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') THEN {text} END"
        tests.append(f"count({text}) = count({cell})")
    row = run_sql(catalog, f"SELECT count({cell}), {', '.join(tests)} FROM {source}").to_pylist()[0]
    filled, *fits = row.values()
    if not filled:
        return "string"
    return next((kind for kind, fit in zip(kinds, fits, strict=True) if fit), "string")


def _moments(column: Any, kind: Any, zone: str) -> Any:
    """Texts like `2024-01-02T03:04:05.678Z`; without a zone they are the session's."""
    import datetime
    import zoneinfo

    import pyarrow as pa

    made: list[datetime.datetime | None] = []
    for text in column.to_pylist():
        try:
            value = None if text is None else datetime.datetime.fromisoformat(text)
        except ValueError:
            raise faults.unsupported(f"The text {text[:40]!r} as a TIMESTAMP of JSON files") from None
        if value is not None and kind.tz is None:
            value = value.replace(tzinfo=None)
        elif value is not None and value.tzinfo is None:
            value = value.replace(tzinfo=zoneinfo.ZoneInfo(zone))
        made.append(value)
    return pa.array(made, kind)


def _json(catalog: Catalog, files: list[str], given: Any, options: dict[str, str]) -> tuple[str, str]:
    """Documents are read by PyArrow, whose types are widened to Spark's; fields come out in the order of their names."""
    import pyarrow as pa
    import pyarrow.json as pj

    if (
        options.get("multiline", "false").lower() == "true"
        or options.get("primitivesasstring", "false").lower() == "true"
    ):
        raise faults.unsupported("The option multiLine or primitivesAsString of JSON files")
    if given is not None and not files:
        return _empty(given)
    # PyArrow would read moments by rules of its own.
    moments = (
        [field["name"] for field in given["fields"] if field["type"] in ("timestamp", "timestamp_ntz")] if given else []
    )
    texts = pa.schema([(name, pa.string()) for name in moments]) if moments else None
    tables = []
    for file in files:
        if os.path.getsize(file):
            try:
                tables.append(
                    pj.read_json(file, parse_options=pj.ParseOptions(newlines_in_values=False, explicit_schema=texts))
                )
            except pa.ArrowInvalid:
                raise faults.unsupported("JSON files with malformed or mixed records") from None
    table = pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})
    from pyspark.sql.pandas.types import from_arrow_schema

    if given is not None:
        from pyspark.sql.pandas.types import to_arrow_schema
        from pyspark.sql.types import StructType

        wanted = to_arrow_schema(StructType.fromJson(given), timezone="UTC")
        columns = []
        for field in wanted:
            if field.name in moments and field.name in table.column_names:
                columns.append(_moments(table.column(field.name), field.type, catalog.settings.zone))
                continue
            try:
                columns.append(
                    table.column(field.name).cast(field.type)
                    if field.name in table.column_names
                    else pa.nulls(table.num_rows, field.type)
                )
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                raise faults.unsupported(f"Values of JSON files that don't fit {field.name}'s type") from None
        table, schema = pa.table(columns, names=wanted.names), json.dumps(given)
    else:
        names = sorted(table.column_names)
        table = table.select(names)
        if any(pa.types.is_timestamp(field.type) for field in table.schema):
            fields = [
                field.with_type(pa.string()) if pa.types.is_timestamp(field.type) else field for field in table.schema
            ]
            raise faults.unsupported(f"Texts like moments in JSON files without a schema ({fields[0].name})")
        schema = from_arrow_schema(table.schema).json()
    return f"SELECT * FROM {catalog.opened(table)}", schema
