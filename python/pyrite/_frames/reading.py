"""Files as the executor reads them: text, CSV, JSON and Parquet, with Spark's options; another option is declined by name."""

from __future__ import annotations

import glob
import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from pyrite._frames import faults
from pyrite._frames.files import csv_files, json_files, tables
from pyrite._frames.files.tables import quoted

if TYPE_CHECKING:
    from pyrite._frames.catalog import Catalog

__all__ = ["files_of", "local_path", "read"]

_KNOWN = {
    "text": {"wholetext", "linesep", "encoding"},
    "csv": csv_files.OPTIONS,
    "json": json_files.OPTIONS,
    "parquet": {"mergeschema"},
}
_NOT_YET = {
    "orc",
    "avro",
    "xml",
    "jdbc",
    "binaryfile",
    "delta",
    "libsvm",
    "image",
    "statestore",
    "rate",
    "socket",
    "iceberg",
}
# What Spark calls them in a sentence.
_SHOWN = {"csv": "CSV", "json": "JSON", "parquet": "Parquet", "text": "Text"}
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


def _list(files: list[str]) -> str:
    return "[" + ", ".join(quoted(file) for file in files) + "]"


def read(
    catalog: Catalog, form: str, schema: str | None, paths: list[str], options: dict[str, str], base: str | None = None
) -> tuple[str, str]:
    """The SQL that reads files, and the JSON of their schema. Folders below `base`, or the only path, may give columns."""
    named, form = form, {"org.apache.spark.sql.parquet": "parquet"}.get(form, form.lower())
    if form == "kafka":
        from pyrite._frames.kafka import read as read_kafka

        return read_kafka(catalog, options)
    if form not in _KNOWN:
        pickled = catalog.data_sources.find(form)
        if pickled is not None:
            from pyrite._frames.data_sources.reading import read as read_python

            return read_python(catalog, pickled, schema, paths, options)
        if form in _NOT_YET:
            raise faults.unsupported(f"The format {form}")
        raise faults.no_such_source(named)
    unknown = sorted(set(options) - _KNOWN[form] - _COMMON)
    if unknown:
        raise faults.unsupported(f"The option {unknown[0]} of {form} files")
    paths = paths or [options["path"]] if paths or "path" in options else []
    if not paths:
        raise _not_inferred(form)
    # Spark's scan takes the largest first.
    files = sorted(files_of(paths, options), key=os.path.getsize, reverse=True)
    given = json.loads(schema) if schema else None
    parts = _partitions(files, [base] if base else paths)
    if parts and form != "parquet":
        from pyrite._frames.partitioned import read_by_folder

        one = _text_of(options) if form == "text" else _csv if form == "csv" else _json
        if given is None and form == "json":
            found = [{**field, "nullable": True} for field in json_files.fields_of(catalog, files, options)]
            whole = {"type": "struct", "fields": found}
            return read_by_folder(catalog, files, whole, base or paths[0], options, one, inferred=True)
        return read_by_folder(catalog, files, given, base or paths[0], options, one)
    if form == "text":
        return _text(files, options, given)
    if form == "parquet":
        return _parquet(catalog, files, given, parts, paths)
    if not files and given is None:
        raise _not_inferred(form)
    return (_csv if form == "csv" else _json)(catalog, files, given, options)


def _not_inferred(form: str) -> Exception:
    return faults.analysis(
        "UNABLE_TO_INFER_SCHEMA",
        "42KD9",
        {"format": form},
        f"Unable to infer schema for {_SHOWN.get(form, form)}. It must be specified manually.",
    )


def _text_of(options: dict[str, str]) -> Any:
    return lambda catalog, files, given, _: _text(files, options, given)


def _empty(given: Any) -> tuple[str, str]:
    return "SELECT " + ", ".join("NULL" for _ in given["fields"]) + " WHERE false", json.dumps(given)


def _text(files: list[str], options: dict[str, str], given: Any) -> tuple[str, str]:
    schema = json.dumps({"type": "struct", "fields": [tables.field("value", "string")]})
    if given is not None:
        if [field["type"] for field in given["fields"]] != ["string"]:
            raise faults.unsupported("A schema of text files with other than one STRING column")
        schema = json.dumps(given)
    if options.get("encoding", "utf-8").lower() not in ("utf-8", "utf8"):
        raise faults.unsupported("The option encoding of text files")
    if not files:
        return "SELECT NULL::VARCHAR WHERE false", schema
    if options.get("wholetext", "false").lower() == "true":
        return f"SELECT content FROM read_text({_list(files)})", schema
    lines = (
        "string_split_regex(CASE WHEN ends_with(content, chr(10)) THEN content[:-2] ELSE content END, '\\r\\n|\\n|\\r')"
    )
    sep = options.get("linesep")
    if sep:
        end = f"CASE WHEN ends_with(content, {quoted(sep)}) THEN content[:-{len(sep) + 1}] ELSE content END"
        lines = f"string_split({end}, {quoted(sep)})"
    return f"SELECT unnest({lines}) FROM read_text({_list(files)}) WHERE content <> ''", schema


def _parquet(
    catalog: Catalog, files: list[str], given: Any, parts: list[tuple[str, list[str]]], paths: list[str]
) -> tuple[str, str]:
    import pyarrow.parquet as pq
    from pyspark.sql.pandas.types import from_arrow_schema

    if not files:
        if given:
            return _empty(given)
        raise _not_inferred("parquet")
    arrow = pq.read_schema(files[0])
    stored = (arrow.metadata or {}).get(b"org.apache.spark.sql.parquet.row.metadata")
    own = json.loads(stored) if stored else json.loads(from_arrow_schema(arrow).json())
    for field in own["fields"]:
        field["nullable"] = True
    source = f"read_parquet({_list(files)}, hive_partitioning={'true' if parts else 'false'}, hive_types_autocast=false, union_by_name=false)"
    fields = list(own["fields"])
    texts = ['"' + field["name"].replace('"', '""') + '"' for field in fields]
    wanted = {field["name"].lower(): field["type"] for field in given["fields"]} if given else {}
    for name, values in parts:
        kind = wanted.get(name.lower())
        kind = kind if isinstance(kind, str) and kind in _PHYSICAL else _kind_of(values)
        fields.append(tables.field(name, kind))
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


def _csv(catalog: Catalog, files: list[str], given: Any, options: dict[str, str]) -> tuple[str, str]:
    if not files:
        return _empty(given)
    sql, fields = csv_files.Csv(catalog, options).query(files, given["fields"] if given else None)
    return _answer(sql, fields, options)


def _json(catalog: Catalog, files: list[str], given: Any, options: dict[str, str]) -> tuple[str, str]:
    if not files:
        return _empty(given)
    found, fields = json_files.read(catalog, files, given["fields"] if given else None, options)
    failed = next((each for each in found if isinstance(each, Exception)), None)
    if failed is not None:
        return _answer(
            f"SELECT {', '.join('NULL' for _ in fields)} WHERE error({quoted(str(failed))})", fields, options
        )
    if not fields:
        return _answer(f"SELECT 1 FROM range({sum(table.num_rows for table in found)})", fields, options)
    groups: list[list[Any]] = []
    for table in found:
        if groups and groups[-1][0].schema.equals(table.schema):
            groups[-1].append(table)
        else:
            groups.append([table])
    return _answer(" UNION ALL ".join(_rows_of(catalog, group, fields) for group in groups), fields, options)


def _rows_of(catalog: Catalog, group: list[Any], fields: list[dict[str, Any]]) -> str:
    """The rows of tables of JSON; times that were read as texts are made here."""
    import pyarrow as pa

    table = pa.concat_tables(group)
    texts = []
    for field in fields:
        cell = '"' + field["name"].replace('"', '""') + '"'
        if field["type"] in ("date", "timestamp") and pa.types.is_string(table.schema.field(field["name"]).type):
            cell = csv_files.date(cell) if field["type"] == "date" else f"TRY_CAST(p_moment({cell}) AS TIMESTAMPTZ)"
        texts.append(cell)
    return f"SELECT {', '.join(texts) or '1'} FROM {catalog.opened(table)}"


def _answer(sql: str, fields: list[dict[str, Any]], options: dict[str, str]) -> tuple[str, str]:
    """The query, and the schema. A column of bad records alone can't be asked for."""
    if [field["name"] for field in fields] == [tables.corrupt_column(options)]:
        condition = "UNSUPPORTED_FEATURE.QUERY_ONLY_CORRUPT_RECORD_COLUMN"
        told = (
            f"[{condition}] The feature is not supported: Queries from raw JSON/CSV/XML files are disallowed when the referenced "
            "columns only include the internal corrupt record column. SQLSTATE: 0A000"
        )
        sql = f"SELECT CAST(error({quoted(told)}) AS VARCHAR)"
    return sql, json.dumps({"type": "struct", "fields": [{**field, "nullable": True} for field in fields]})
