"""What of the executor's queries needs no executor: to pick columns of a table, and to add numbers up."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

__all__ = ["merger", "picked"]

_SELECT = re.compile(r"SELECT ([\w, *]+?) FROM (?:\((.*?)\)(?: AS t\(([\w, ]+)\))?|(\w+))$", re.DOTALL)
_ITEM = re.compile(r"(\w+)(?: AS (\w+))?$")


@functools.lru_cache(maxsize=256)
def picked(sql: str) -> tuple[str, tuple[str | int, ...] | None] | None:
    """The table and its columns that a query only picks: names, places, or None for all; None where it does more."""
    found = _SELECT.match(sql)
    if found is None:
        return None
    items, inner, names, table = found.groups()
    wanted: list[tuple[str, str]] | None = None
    if items != "*":
        wanted = []
        for item in items.split(", "):
            one = _ITEM.match(item)
            if one is None or item[:1].isdigit():
                return None
            wanted.append((one[1], one[2] or one[1]))
    if table is not None:
        return table, None if wanted is None else tuple(name for name, _ in wanted)
    below = _columns(inner, None if names is None else names.split(", "))
    if below is None:
        return None
    where, known, all_of = below
    if wanted is None:
        return where, all_of
    if known is None:
        return where, tuple(name for name, _ in wanted)
    if any(name not in known for name, _ in wanted):
        return None
    return where, tuple(known[name] for name, _ in wanted)


def _columns(
    sql: str, names: list[str] | None
) -> tuple[str, dict[str, str | int] | None, tuple[str | int, ...] | None] | None:
    """The table of an inner query, what its columns are there, and all of them in order."""
    found = picked(sql)
    if found is None:
        return None
    table, columns = found
    if names is not None:
        places: tuple[str | int, ...] = tuple(range(len(names))) if columns is None else columns
        return (table, dict(zip(names, places, strict=True)), places) if len(names) == len(places) else None
    if columns is None:
        return table, None, None
    outer = _names(sql)
    return None if outer is None else (table, dict(zip(outer, columns, strict=True)), columns)


def _names(sql: str) -> list[str] | None:
    """What a query that picks calls its columns."""
    found = _SELECT.match(sql)
    if found is None:
        return None
    items, inner, names, _ = found.groups()
    if items != "*":
        return [item.split(" AS ")[-1] for item in items.split(", ")]
    return names.split(", ") if names else (None if inner is None else _names(inner))


def merger(sql: str, table: str, schema: Any, width: int) -> Callable[[Any, list[Any]], Any] | None:
    """What a query that merges partial results does, as a function of the batch's columns and the kept ones; None where it is more.

    The function gives None where numbers get too large: then the query says so.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    def added(old: Any, new: Any) -> Any:
        return pc.coalesce(pc.add_checked(old, new), new, old)

    ways = []
    texts = [field.name for field in list(schema)[:width]]
    for field in list(schema)[width:]:
        name = field.name
        text = f"CASE WHEN o_{name} IS NULL THEN p_{name} WHEN p_{name} IS NULL THEN o_{name} ELSE CAST({{}} AS {{}}) END AS {name}"
        kinds = {pa.int64(): "BIGINT", pa.float64(): "DOUBLE", pa.int32(): "INTEGER"}
        if field.type not in kinds:
            return None
        forms = {text.format(f"o_{name} + p_{name}", kinds[field.type]): added}
        if pa.types.is_integer(field.type):
            case = f"CASE WHEN o_{name} {{}} p_{name} THEN o_{name} ELSE p_{name} END"
            forms[text.format(case.format("<="), kinds[field.type])] = pc.min_element_wise
            forms[text.format(case.format(">="), kinds[field.type])] = pc.max_element_wise
        found = next((each for each in forms if f"{each}" in sql), None)
        if found is None:
            return None
        texts.append(found)
        ways.append((forms[found], field.type))
    if sql != f"SELECT {', '.join(texts)} FROM {table}":
        return None

    def merged(part: Any, before: list[Any]) -> Any:
        columns = list(part.columns[:width])
        try:
            for at, (way, kind) in enumerate(ways, width):
                old = pa.array([None if row is None else row[at] for row in before], kind)
                columns.append(way(old, part.column(at)))
        except pa.ArrowInvalid:
            return None
        return pa.Table.from_arrays(columns, schema=part.schema)

    return merged
