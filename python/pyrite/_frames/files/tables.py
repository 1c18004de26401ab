"""What both kinds of files share: modes, the column of bad records, tables of rows."""

from __future__ import annotations

from typing import Any

from pyrite._frames import faults

__all__ = ["arrow_type", "corrupt_column", "field", "malformed", "mode", "quoted", "table_of"]


def quoted(text: str) -> str:
    """A text as the executor's literal."""
    return "'" + text.replace("'", "''") + "'"


def field(name: str, kind: Any) -> dict[str, Any]:
    """A field of a schema's JSON."""
    return {"name": name, "type": kind, "nullable": True, "metadata": {}}


def mode(options: dict[str, str]) -> str:
    """What becomes of bad records. A word that is none of the modes is PERMISSIVE, as in Spark."""
    word = options.get("mode", "PERMISSIVE").upper()
    return word if word in ("DROPMALFORMED", "FAILFAST") else "PERMISSIVE"


def corrupt_column(options: dict[str, str]) -> str:
    """The name of the column that takes the texts of bad records, if the schema has it."""
    return options.get("columnnameofcorruptrecord", "_corrupt_record")


def malformed(file: str, text: str, when: str) -> Exception:
    """Mode FAILFAST has met a bad record."""
    condition = "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"
    shown = text if len(text) <= 200 else text[:200] + "..."
    return faults.exception(
        "SparkRuntimeException", condition, "22023", {"badRecord": text, "failFastMode": "FAILFAST"},
        f"[{condition}] Malformed records are detected in {when}: {shown} (in {file}). Parse Mode: FAILFAST. To process malformed "
        "records as null result, try setting the option 'mode' as 'PERMISSIVE'. SQLSTATE: 22023",
    )  # fmt: skip


def arrow_type(kind: Any, *, read: bool = False) -> Any:
    """Arrow's type of a type in a schema's JSON; `read`: as which it is read, before times and numbers are made of it."""
    import pyarrow as pa

    if isinstance(kind, dict):
        if kind["type"] == "array":
            return pa.list_(arrow_type(kind["elementType"], read=read))
        if kind["type"] == "map":
            return pa.map_(pa.string(), arrow_type(kind["valueType"], read=read))
        return pa.struct([(each["name"], arrow_type(each["type"], read=read)) for each in kind["fields"]])
    if read and kind in ("date", "timestamp"):
        return pa.string()
    if read and kind == "integer":
        return pa.int64()
    simple = {
        "string": pa.string(), "byte": pa.int8(), "short": pa.int16(), "integer": pa.int32(), "long": pa.int64(),
        "float": pa.float32(), "double": pa.float64(), "boolean": pa.bool_(), "binary": pa.binary(), "date": pa.date32(),
        "timestamp": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    if kind in simple:
        return simple[kind]
    precision, scale = (int(each) for each in kind.removeprefix("decimal(").rstrip(")").split(","))
    return pa.decimal128(precision, scale)


def table_of(columns: list[tuple[dict[str, Any], list[Any]]], rows: int) -> Any:
    """A table of the values of fields."""
    import pyarrow as pa

    if not columns:
        return pa.table({}).select([]) if not rows else pa.table({"none": pa.nulls(rows)})
    arrays = [pa.array(values, arrow_type(each["type"])) for each, values in columns]
    return pa.Table.from_arrays(arrays, names=[each["name"] for each, _ in columns])
