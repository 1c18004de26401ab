"""Dates, naive times and differences as the engine has them: a name and a number."""

from __future__ import annotations

import datetime
from typing import Any

#: By their exact class.
KINDS: dict[Any, str] = {datetime.datetime: "datetime", datetime.date: "date", datetime.timedelta: "timedelta"}
_DAY = datetime.timedelta(days=1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_BEGIN = datetime.datetime(1970, 1, 1)


def number(value: Any) -> tuple[str, int] | None:
    """What a value is, and its days or microseconds since 1970; None for what the engine has no number for."""
    kind = KINDS.get(type(value))
    if kind is None or getattr(value, "tzinfo", None) is not None or getattr(value, "fold", False):
        return None
    if kind == "date":
        return kind, (value - _BEGIN.date()) // _DAY
    micros = (value if kind == "timedelta" else value - _BEGIN) // _MICROSECOND
    return (kind, micros) if -(2**63) <= micros < 2**63 else None
