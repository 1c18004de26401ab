"""Tables whose rows are files: a stream's `toTable` makes them. Their names are the session's, as in Spark without Hive."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyrite._frames import faults

if TYPE_CHECKING:
    from pyrite._frames.service import Service

__all__ = ["FORMATS", "Stored", "check_name", "drop", "files_by_name", "key_of", "made", "not_in_memory", "plain_name"]

FORMATS = frozenset(("csv", "json", "parquet", "text"))


@dataclass(frozen=True)
class Stored:
    """A table: where its files are, and what they are."""

    name: str
    form: str
    path: str
    # Spark's JSON; partition columns come last.
    schema: str
    # Whether the files go with the table.
    managed: bool

    def relation(self) -> bytes:
        """The plan that reads it."""
        from pyspark.sql.connect.proto import Relation

        relation = Relation()
        source = relation.read.data_source
        source.format, source.schema = self.form, self.schema
        source.paths.append(self.path)
        return bytes(relation.SerializeToString())


_NAME = re.compile(r"(`(?:[^`]|``)+`|\w+)(?:\.|$)")


def plain_name(text: str) -> list[str]:
    """The parts of a name.

    Raises
    ------
    ParseException
        It is none.
    """
    parts: list[str] = []
    at = 0
    while at < len(text) or not parts or text.endswith("."):
        found = _NAME.match(text, at)
        if found is None or (found.end() == len(text) and text.endswith(".")):
            word = (text[at:].split() or ["end of input"])[-1]
            raise faults.parse(
                "PARSE_SYNTAX_ERROR", "42601", {"error": f"'{word}'"},
                f"Syntax error at or near '{word}': extra input '{word}'.",
            )  # fmt: skip
        part = found[1]
        parts.append(part[1:-1].replace("``", "`") if part.startswith("`") else part)
        at = found.end()
    return parts


def key_of(parts: list[str]) -> str | None:
    """The key of a table's name; None where it is of another database."""
    if parts[:-1] in ([], ["default"], ["spark_catalog", "default"]):
        return parts[-1].lower()
    return None


def files_by_name(parts: list[str]) -> bytes | None:
    """The plan of ``csv.`path` ``, which reads files without a table's name; None for other names."""
    from pyspark.sql.connect.proto import Relation

    form = parts[0].lower()
    if len(parts) != 2 or form not in {*FORMATS, "kafka", "rate", "socket"}:
        return None
    if form not in FORMATS:
        raise faults.analysis(
            "UNSUPPORTED_DATASOURCE_FOR_DIRECT_QUERY", "0A000", {"dataSourceType": form},
            f"Unsupported data source type for direct query on files: {form}",
        )  # fmt: skip
    if not parts[1]:
        raise faults.analysis(
            "INVALID_EMPTY_LOCATION", "42K05", {"location": ""}, "The location name cannot be empty string, but `` was given.",
        )  # fmt: skip
    relation = Relation()
    relation.read.data_source.format = form
    relation.read.data_source.paths.append(parts[1])
    return bytes(relation.SerializeToString())


def made(service: Service, name: str, form: str, path: str | None, schema: Any, partitions: list[str]) -> Stored:
    """A table of that name: the one that is there, or a new one.

    Raises
    ------
    AnalysisException
        It is a view's name, another database's or another format's.
    """
    parts = plain_name(name)
    key = key_of(parts)
    if key is None:
        raise _no_schema(parts)
    if key in service.catalog.views:
        not_in_memory(service.catalog.views[key], "toTable")
    if len(parts) == 1 and key in service.catalog.views:
        raise faults.exception(
            "AnalysisException", "_LEGACY_ERROR_TEMP_1190", None, {"viewName": parts[-1]},
            f"Temporary view {parts[-1]} doesn't support streaming write.",
        )  # fmt: skip
    found = service.catalog.stored.get(key)
    if found is not None:
        if found.form != form.lower():
            raise faults.exception(
                "AnalysisException", "_LEGACY_ERROR_TEMP_1192", None, {},
                f"The input source({form}) is different from the table {name}'s data source provider({found.form}).",
            )  # fmt: skip
        return found
    return _new(service, key, form, path, schema, partitions)


def not_in_memory(plan: bytes, method: str) -> None:
    """What `saveAsTable` made has no files here, which streams would be of."""
    from pyspark.sql.connect.proto import Relation

    if Relation.FromString(plan).WhichOneof("rel_type") == "cached_remote_relation":
        raise faults.unsupported(f"{method} of a table of saveAsTable, whose rows the session keeps in memory,")


def _new(service: Service, key: str, form: str, path: str | None, schema: Any, partitions: list[str]) -> Stored:
    from pyrite import _engine
    from pyrite._frames.reading import local_path
    from pyrite._frames.running import taken

    if form.lower() in ("console", "noop"):
        condition = "CANNOT_CREATE_DATA_SOURCE_TABLE.EXTERNAL_METADATA_UNSUPPORTED"
        raise faults.exception(
            "UnsupportedOperationException", condition, "42KDE", {"tableName": f"`default`.`{key}`", "provider": form},
            f"[{condition}] Failed to create data source table `default`.`{key}`: provider '{form}' does not support external "
            "metadata but a schema is provided. Please remove the schema when creating the table. SQLSTATE: 42KDE",
        )  # fmt: skip
    if form.lower() in ("kafka", "rate", "socket", "orc", "avro", "delta"):
        raise faults.unsupported(f"toTable with the format {form}")
    if form.lower() not in FORMATS:
        raise faults.no_such_source(form)
    fields = json.loads(taken(_engine.frame_schema_text(schema.SerializeToString())))["fields"]
    names = [field["name"] for field in fields]
    for name in partitions:
        if name.lower() not in [each.lower() for each in names]:
            shown = ", ".join(f"`{each}`" for each in names)
            raise faults.analysis(
                "COLUMN_NOT_DEFINED_IN_TABLE", "42703", {},
                f"partition column `{name}` is not defined in table `spark_catalog`.`default`.`{key}`, defined table columns "
                f"are: {shown}.",
            )  # fmt: skip
    check_name(key)
    last = [name.lower() for name in partitions]
    fields.sort(key=lambda field: last.index(field["name"].lower()) + 1 if field["name"].lower() in last else 0)
    text = json.dumps({"type": "struct", "fields": [{**field, "nullable": True} for field in fields]})
    where = os.path.abspath(local_path(path) if path else os.path.join(_root(service), key))
    if path is None and os.path.isdir(where) and os.listdir(where):
        shown = f"`spark_catalog`.`default`.`{key}`"
        raise faults.exception(
            "SparkRuntimeException", "LOCATION_ALREADY_EXISTS", "42710", {"location": f"'file:{where}'", "identifier": shown},
            f"[LOCATION_ALREADY_EXISTS] Cannot name the managed table as {shown}, as its associated location 'file:{where}' "
            "already exists. Please pick a different table name, or remove the existing location first. SQLSTATE: 42710",
        )  # fmt: skip
    os.makedirs(where, exist_ok=True)
    table = Stored(key, form.lower(), where, text, managed=path is None)
    service.catalog.stored[key] = table
    return table


def check_name(name: str) -> None:
    """A new table's, which is its folder's, too."""
    if re.fullmatch(r"[A-Za-z0-9_]+", name):
        return
    parts = name.split(".")
    if "`" in name or not all(parts):
        raise faults.analysis(
            "INVALID_ATTRIBUTE_NAME_SYNTAX", "42601", {"name": name},
            f"Syntax error in the attribute name: {name}. Check that backticks appear in pairs, a quoted string is a complete name part "
            "and use a backtick only inside quoted name parts.",
        )  # fmt: skip
    shown = ".".join(f"`{part}`" for part in parts)
    raise faults.analysis(
        "INVALID_SCHEMA_OR_RELATION_NAME", "42602", {"name": shown},
        f"{shown} is not a valid name for tables/schemas. Valid names only contain alphabet characters, numbers and _.",
    )  # fmt: skip


def _root(service: Service) -> str:
    from pyrite._frames.reading import local_path

    return local_path(service.settings.get("spark.sql.warehouse.dir") or "spark-warehouse")


def drop(service: Service, parts: list[str]) -> bool:
    """Without its files, where they are its own; whether there was one."""
    key = key_of(parts)
    found = None if key is None else service.catalog.stored.pop(key, None)
    if found is None:
        return False
    if found.managed:
        shutil.rmtree(found.path, ignore_errors=True)
    return True


def _no_schema(parts: list[str]) -> Exception:
    shown = ".".join(f"`{each}`" for each in (["spark_catalog", *parts[:-1]] if len(parts) == 2 else parts[:-1]))
    return faults.analysis(
        "SCHEMA_NOT_FOUND", "42704", {"schemaName": shown},
        f"The schema {shown} cannot be found. Verify the spelling and correctness of the schema and catalog.\n"
        "If you did not qualify the name with a catalog, verify the current_schema() output, or qualify the name with the "
        "correct catalog.\nTo tolerate the error on drop use DROP SCHEMA IF EXISTS.",
    )  # fmt: skip
