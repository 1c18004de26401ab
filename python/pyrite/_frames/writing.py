"""DataFrames into files: text, CSV, JSON and Parquet, made beside the target and moved there whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pyrite._frames import faults, warehouse
from pyrite._frames.files.text_rows import CSV_OPTIONS, JSON_OPTIONS, csv_lines, json_lines

if TYPE_CHECKING:
    from pyrite._frames.service import Service

__all__ = ["write"]

_KNOWN = {
    "text": {"compression", "linesep", "encoding"},
    "csv": CSV_OPTIONS,
    "json": JSON_OPTIONS,
    "parquet": {"compression", "mode"},
}
_NOT_YET = {"orc", "avro", "xml", "jdbc", "delta", "console", "memory", "libsvm", "iceberg"}
_MODES = {0: "errorifexists", 1: "append", 2: "overwrite", 3: "errorifexists", 4: "ignore"}


def write(service: Service, message: Any) -> None:
    """Write, unless the mode says otherwise of what is there."""
    form = (message.source or "parquet").lower()
    if form == "noop":
        service.rows(message.input)
        return
    if message.WhichOneof("save_type") == "table":
        _table(service, message)
        return
    options = {key.lower(): value for key, value in message.options.items()}
    if form == "kafka":
        from pyrite._frames import kafka

        kafka.write(service, *service.rows(message.input), options)
        return
    if form not in _KNOWN and (found := service.catalog.data_sources.find(form)):
        from pyrite._frames.data_sources.writing import write as write_python

        told = {"path": message.path, **message.options} if message.path else dict(message.options)
        write_python(service, found, message.source, message.input, told, _MODES[message.mode])
        return
    path = message.path or options.pop("path", "")
    options.pop("path", None)
    if form not in _KNOWN:
        if form in _NOT_YET:
            raise faults.unsupported(f"The format {form}")
        raise faults.no_such_source(message.source)
    check_options(form, options)
    if message.sort_column_names or message.HasField("bucket_by") or message.clustering_columns:
        raise faults.unsupported("bucketBy, sortBy and clusterBy of writers")
    from pyrite._frames.reading import local_path

    target = os.path.abspath(local_path(path))
    mode = _MODES[message.mode]
    if os.path.exists(target) and mode == "errorifexists":
        raise faults.analysis(
            "PATH_ALREADY_EXISTS",
            "42K04",
            {"outputPath": f"file:{target}"},
            f'Path file:{target} already exists. Set mode as "overwrite" to overwrite the existing path.',
        )
    if os.path.exists(target) and mode == "ignore":
        return
    table, schema = service.rows(message.input)
    folder = f"{target}._pyrite_{uuid.uuid4().hex}"
    os.makedirs(folder)
    try:
        identity = uuid.uuid4()
        by = list(message.partitioning_columns)
        write_files(service, table, schema, form, options, by, folder, lambda: f"part-00000-{identity}-c000", [])
        with open(os.path.join(folder, "_SUCCESS"), "wb"):
            pass
        _moved(folder, target, mode)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_options(form: str, options: dict[str, str]) -> None:
    """Options that writers of the format don't have are declined by name."""
    unknown = sorted(set(options) - _KNOWN[form])
    if unknown:
        raise faults.unsupported(f"The option {unknown[0]} of writing {form} files")


def _moved(folder: str, target: str, mode: str) -> None:
    """The new files in place at once; with append, beside those that are there."""
    if mode == "append" and os.path.isdir(target):
        for here, _, names in os.walk(folder):
            there = os.path.join(target, os.path.relpath(here, folder))
            os.makedirs(there, exist_ok=True)
            for name in names:
                os.replace(os.path.join(here, name), os.path.join(there, name))
        return
    if os.path.exists(target):
        old = f"{target}._pyrite_old_{uuid.uuid4().hex}"
        os.rename(target, old)
        try:
            os.rename(folder, target)
        except OSError:
            os.rename(old, target)
            raise
        if os.path.isdir(old):
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.unlink(old)
        return
    os.rename(folder, target)


def write_files(
    service: Service,
    table: Any,
    schema: Any,
    form: str,
    options: dict[str, str],
    by: list[str],
    folder: str,
    name: Callable[[], str],
    written: list[str],
) -> None:
    """A file, or one for each value of the columns `by`; `written` gets each before it is made."""
    if not by:
        _file(service, table, schema, form, options, os.path.join(folder, name()), written)
    else:
        lower = {field.name.lower(): at for at, field in enumerate(schema.struct.fields)}
        missing = [name for name in by if name.lower() not in lower]
        if missing:
            names = ", ".join(f"`{field.name}`" for field in schema.struct.fields)
            raise faults.analysis(
                "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                "42703",
                {"objectName": f"`{missing[0]}`", "proposal": names},
                f"A column, variable, or function parameter with name `{missing[0]}` cannot be resolved. Did you mean one of the following? [{names}].",
            )
        places = [lower[name.lower()] for name in by]
        rest = [at for at in range(table.num_columns) if at not in places]
        if not rest:
            raise faults.analysis(
                "ALL_PARTITION_COLUMNS_NOT_ALLOWED", "KD005", {}, "Cannot use all columns for partition columns."
            )
        from pyrite._frames.showing import cells

        texts = [cells(table.column(at), schema.struct.fields[at].data_type, service.settings.zone) for at in places]
        nulls = [[value is None for value in table.column(at).to_pylist()] for at in places]
        groups: dict[tuple[str, ...], list[int]] = {}
        for row in range(table.num_rows):
            key = tuple(
                f"{schema.struct.fields[at].name}="
                + (
                    "__HIVE_DEFAULT_PARTITION__"
                    if null[row] or not text[row]
                    else quote(text[row], safe=" +-_.,~()!@$&;")
                )
                for at, text, null in zip(places, texts, nulls, strict=True)
            )
            groups.setdefault(key, []).append(row)
        inner = type(schema)()
        for at in rest:
            inner.struct.fields.add().CopyFrom(schema.struct.fields[at])
        for key, rows in groups.items():
            here = os.path.join(folder, *key)
            os.makedirs(here, exist_ok=True)
            part = table.select(rest).take(rows)
            _file(service, part, inner, form, options, os.path.join(here, name()), written)


def _file(
    service: Service, table: Any, schema: Any, form: str, options: dict[str, str], path: str, written: list[str]
) -> None:
    packed = options.get("compression", "snappy" if form == "parquet" else "none").lower()
    if form == "parquet":
        import pyarrow.parquet as pq

        from pyrite import _engine
        from pyrite._frames.running import taken

        if packed not in ("snappy", "gzip", "zstd", "lz4", "none", "uncompressed"):
            raise faults.unsupported(f"The compression {packed}")
        text = taken(_engine.frame_schema_text(schema.SerializeToString()))
        table = table.replace_schema_metadata({"org.apache.spark.sql.parquet.row.metadata": text})
        kind = "none" if packed == "uncompressed" else packed
        end = {"none": "parquet"}.get(kind, f"{kind}.parquet")
        written.append(f"{path}.{end}")
        pq.write_table(table, written[-1], compression=kind)
        return
    if packed not in ("none", "uncompressed", "gzip"):
        raise faults.unsupported(f"The compression {packed} of {form} files")
    end = {"text": "txt"}.get(form, form) + (".gz" if packed == "gzip" else "")
    zone = service.settings.zone
    if form == "text":
        lines = _text_lines(table, schema)
    else:
        lines = (csv_lines if form == "csv" else json_lines)(table, schema, options, zone)
    sep = options.get("linesep", "\n")
    try:
        data = "".join(line + sep for line in lines).encode(
            options.get("encoding", options.get("charset", "utf-8")), "replace"
        )
    except LookupError:
        raise faults.unsupported(f"The encoding {options.get('encoding', options.get('charset'))}") from None
    if packed == "gzip":
        import gzip

        data = gzip.compress(data)
    written.append(f"{path}.{end}")
    with open(written[-1], "wb") as file:
        file.write(data)
        file.flush()
        with contextlib.suppress(OSError):
            os.fsync(file.fileno())


def _text_lines(table: Any, schema: Any) -> list[str]:
    fields = schema.struct.fields
    for field in fields:
        if field.data_type.WhichOneof("kind") != "string":
            from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

            kind = proto_schema_to_pyspark_data_type(field.data_type).simpleString().upper()
            raise faults.analysis(
                "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", "0A000",
                {"format": "Text", "columnName": f"`{field.name}`", "columnType": f'"{kind}"'},
                f'The Text datasource doesn\'t support the column `{field.name}` of the type "{kind}".',
            )  # fmt: skip
    if len(fields) != 1 or fields[0].data_type.WhichOneof("kind") != "string":
        raise faults.analysis(
            "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE" if len(fields) == 1 else "_LEGACY_ERROR_TEMP_1290",
            "0A000",
            {"format": "Text"},
            f"Text data source supports only a single column of strings, and you have {len(fields)} columns.",
        )
    return ["" if value is None else value for value in table.column(0).to_pylist()]


def _table(service: Service, message: Any) -> None:
    """`saveAsTable` keeps the rows in this session, under the name."""
    from pyspark.sql.connect.proto import Relation

    from pyrite import _engine
    from pyrite._frames.running import taken

    name = message.table.table_name.replace("`", "").lower().removeprefix("default.")
    mode = _MODES[message.mode]
    views = service.catalog.views
    stored = service.catalog.stored
    if (name in views or name in stored) and mode == "ignore":
        return
    if (name in views or name in stored) and mode == "errorifexists":
        raise faults.analysis(
            "TABLE_OR_VIEW_ALREADY_EXISTS",
            "42P07",
            {"relationName": f"`spark_catalog`.`default`.`{name}`"},
            f"Cannot create table or view `spark_catalog`.`default`.`{name}` because it already exists.",
        )
    if (name in views or name in stored) and mode == "append":
        raise faults.unsupported("saveAsTable with append")
    if name not in views:
        warehouse.check_name(name)
    table, schema = service.rows(message.input)
    kept = service.catalog.keep(table, taken(_engine.frame_schema_text(schema.SerializeToString())))
    warehouse.drop(service, [name])
    relation = Relation()
    relation.cached_remote_relation.relation_id = kept
    views[name] = relation.SerializeToString()
