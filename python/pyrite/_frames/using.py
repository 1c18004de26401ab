"""`CREATE TEMPORARY VIEW ... USING`: a view of what a data source has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyrite._frames import faults

if TYPE_CHECKING:
    from pyrite._frames.service import Service

__all__ = ["created"]

_NAME = r"`(?:[^`]|``)+`|\w+"
_STATEMENT = re.compile(
    rf"\s*CREATE\s+(?P<replace>OR\s+REPLACE\s+)?(?P<everywhere>GLOBAL\s+)?TEMP(?:ORARY)?\s+VIEW\s+(?P<name>{_NAME})\s*"
    rf"(?:\((?P<schema>.*)\)\s*)?\bUSING\s+(?P<form>(?:{_NAME})(?:\.(?:{_NAME}))*)\s*(?:\bOPTIONS\s*\((?P<options>.*)\))?\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_OPTION = re.compile(
    rf"\s*(?P<key>{_TEXT}|(?:{_NAME})(?:\.(?:{_NAME}))*)\s*(?:=?\s*(?P<value>{_TEXT}|[+-]?[\w.]+))?\s*(?P<end>,|\Z)",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a"}


def created(service: Service, text: str) -> bool:
    """Make the view, if the text is such a statement.

    Raises
    ------
    AnalysisException
        There is a view of that name, or the source can't be read.
    ParseException
        The options aren't keys with values, each once.
    """
    from pyspark.sql.connect.proto import Relation

    from pyrite._frames.commands import create_view

    found = _STATEMENT.fullmatch(text)
    if found is None:
        return False
    relation = Relation()
    source = relation.read.data_source
    source.format = found["form"].replace("`", "")
    if found["schema"]:
        source.schema = found["schema"].strip()
    for key, value in _options(found["options"] or "").items():
        if key.lower() == "path":
            source.paths.append(value)
        else:
            source.options[key] = value
    create_view(service, found["name"], relation, replace=bool(found["replace"]), everywhere=bool(found["everywhere"]))
    return True


def _options(text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    without = []
    at = 0
    while text[at:].strip():
        found = _OPTION.match(text, at)
        if found is None:
            word = text[at:].split()[0]
            raise faults.parse(
                "PARSE_SYNTAX_ERROR", "42601", {"error": f"'{word}'"}, f"Syntax error at or near '{word}'."
            )
        key = _plain(found["key"])
        if found["value"] is None:
            without.append(key)
        elif key in options:
            raise faults.parse("DUPLICATE_KEY", "23505", {"keyColumn": f"`{key}`"}, f"Found duplicate keys `{key}`.")
        else:
            value = _plain(found["value"])
            options[key] = value.lower() if value.lower() in ("true", "false") else value
        at = found.end()
    if without:
        raise faults.exception(
            "ParseException", "_LEGACY_ERROR_TEMP_0035", None, {},
            f"Operation not allowed: Values must be specified for key(s): [{','.join(without)}].",
        )  # fmt: skip
    return options


def _plain(token: str) -> str:
    """Without its quotes."""
    if token[0] in "'\"":
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), token[1:-1], flags=re.DOTALL)
    return re.sub(_NAME, lambda found: found[0].strip("`").replace("``", "`"), token)
