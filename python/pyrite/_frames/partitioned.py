"""Files of text, CSV and JSON whose folders' names are columns: `key=value`."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import unquote

from pyrite._frames import faults
from pyrite._frames.files.tables import field, quoted

__all__ = ["columns_of", "read_by_folder"]

_NULL = "__HIVE_DEFAULT_PARTITION__"


def columns_of(file: str, base: str) -> list[tuple[str, str]]:
    """The columns that the folders between the base and a file give."""
    folder = os.path.relpath(os.path.dirname(os.path.abspath(file)), os.path.abspath(base))
    pairs = (part.partition("=") for part in folder.split(os.sep) if "=" in part)
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def read_by_folder(
    catalog: Any, files: list[str], given: Any, base: str, options: dict[str, str], one: Any, *, inferred: bool = False
) -> tuple[str, str]:
    """The SQL and the schema's JSON: a folder's files are read as one, and its columns come last.

    What is `inferred` from the files says nothing of the folders' columns.
    """
    from pyrite._frames.reading import _PHYSICAL, _kind_of, local_path

    folders: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for file in files:
        folders.setdefault(tuple(columns_of(file, local_path(base))), []).append(file)
    names = [name for name, _ in next(iter(folders))]
    if any([name for name, _ in folder] != names for folder in folders):
        raise faults.unsupported("Folders of one DataFrame with different partition columns")
    lower = {name.lower() for name in names}
    wanted = {field["name"].lower(): field for field in given["fields"]} if given and not inferred else {}
    whole = given if given is not None else json.loads(one(catalog, files, None, options)[1])
    plain = [field for field in whole["fields"] if field["name"].lower() not in lower]
    own = {"type": "struct", "fields": plain}
    kinds = [
        wanted[name.lower()]["type"] if name.lower() in wanted else _kind_of([dict(folder)[name] for folder in folders])
        for name in names
    ]
    parts = []
    for folder, inside in folders.items():
        sql, _ = one(catalog, inside, own, options)
        cells = []
        for (_, value), kind in zip(folder, kinds, strict=True):
            if not isinstance(kind, str) or kind not in _PHYSICAL:
                raise faults.unsupported(f"A partition column of the type {kind}")
            text = "NULL" if value == _NULL else quoted(value)
            cells.append(f"CAST({text} AS {_PHYSICAL[kind]})")
        parts.append(f"SELECT *, {', '.join(cells)} FROM ({sql})")
    fields = plain + [field(name, kind) for name, kind in zip(names, kinds, strict=True)]
    return " UNION ALL ".join(parts), json.dumps({"type": "struct", "fields": fields})
