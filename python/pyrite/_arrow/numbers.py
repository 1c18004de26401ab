"""What Python values come to in Arrow's arrays where the engine has no column of them. The engine calls this.

Nothing is changed on the way: a value whose type Arrow doesn't have exactly, or values of several types, are an error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from pyrite._lambda.node import article
from pyrite.resultiterable import ResultIterable

# What becomes of the values of a column, and what is to be known of them all: a time zone, a decimal's digits.
Found = tuple[str, list[Any], str]

_KNOWN = (
    "Arrow gets None, bool, int (64 bits), float, str, bytes, date, datetime, time, timedelta, Decimal, and tuples, "
    "Rows, lists and dicts of them"
)
_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_DAY = date(1970, 1, 1).toordinal()


def names_of(row: Any, place: str) -> list[str]:
    """The names of a tuple's items: a Row's or a named tuple's own, else `_1`, `_2` and so on, as Spark has them.

    Raises
    ------
    TypeError
        It is no tuple, and others were.
    """
    if not isinstance(row, tuple):
        raise TypeError(
            f"{place} is {article(type(row).__name__)}, and before it one is a tuple: map them to one type first"
        )
    names = getattr(row, "__fields__", None) if hasattr(row, "__fields__") else getattr(row, "_fields", None)
    if names is None or len(names) != len(row):
        return [f"_{i + 1}" for i in range(len(row))]
    return [str(name) for name in names]


def by_key(rows: list[Any]) -> list[tuple[str, list[Any]]]:
    """The columns of rows that are dicts: a key each, in the order of their names, None where a row lacks it.

    Raises
    ------
    TypeError
        A row is no dict, or a key no str.
    """
    names: set[str] = set()
    for row in rows:
        if type(row) is not dict:
            kind = article(type(row).__name__)
            raise TypeError(
                f"a row is {kind}, and others are dicts, of which Arrow makes columns: map all to one type first"
            )
        names.update(row)
    odd = next((name for name in names if type(name) is not str), None)
    if odd is not None:
        raise TypeError(
            f"a row is a dict with the key {odd!r}, and columns are named by str: map the rows to dicts with such "
            "keys, to tuples or to Rows first"
        )
    return [(name, [row.get(name) for row in rows]) for name in sorted(names)]


def read(rows: list[Any], place: str) -> Found:
    """What values that aren't all tuples or all dicts come to; `place` says in errors what they are.

    Raises
    ------
    TypeError
        They are of several types, or of one that Arrow doesn't have.
    ValueError
        A value of a type that it has is too large, or can't be written as it is.
    """
    there = [row for row in rows if row is not None]
    kind = type(there[0])
    for row in there:
        if type(row) is not kind:
            raise TypeError(
                f"{place} is {article(kind.__name__)} in some rows and {article(type(row).__name__)} in others "
                f"({row!r:.60}): a column of Arrow has one type, so map all to one first, for instance with str or "
                "float"
            )
    known = _READERS.get(kind)
    if known is not None:
        return known(rows, place)
    numpy = sys.modules.get("numpy")
    if numpy is not None and issubclass(kind, numpy.generic):
        plain = [None if row is None else row.item() for row in rows]
        if all(type(row) in (bool, int, float, str, bytes) for row in plain if row is not None):
            return "again", plain, ""
    raise TypeError(f"{place} is {article(kind.__name__)} ({there[0]!r:.60}): {_KNOWN}. Map it to one of these first")


def _each(kind: str, number: Callable[[Any], Any]) -> Callable[[list[Any], str], Found]:
    return lambda rows, place: (kind, [None if row is None else number(row) for row in rows], "")


def _int(rows: list[Any], place: str) -> Found:
    large = next(row for row in rows if row is not None and not -(2**63) <= row < 2**63)
    raise ValueError(
        f"{place} is an int that doesn't fit into 64 bits ({large!r:.60}): map it to str, float or Decimal first"
    )


def _str(rows: list[Any], place: str) -> Found:
    odd = next(row for row in rows if row is not None and any("\ud800" <= c <= "\udfff" for c in row))
    raise ValueError(
        f"{place} is a str with a lone surrogate ({odd!r:.60}), which is no text in UTF-8: map it first, for instance "
        'with .encode("utf-8", "surrogatepass")'
    )


def _lists(rows: list[Any], place: str) -> Found:
    return "lists", [None if row is None else list(row) for row in rows], ""


def _time(rows: list[Any], place: str) -> Found:
    if any(row is not None and row.tzinfo is not None for row in rows):
        raise ValueError(
            f"{place} is a time with a time zone, which Arrow doesn't have: map it to a datetime or a str first"
        )
    return _each("time", lambda row: ((row.hour * 60 + row.minute) * 60 + row.second) * 1_000_000 + row.microsecond)(
        rows, place
    )


def _datetime(rows: list[Any], place: str) -> Found:
    zones = {_zone(row, place) for row in rows if row is not None}
    if len(zones) > 1:
        shown = " and ".join(sorted(zone or "none" for zone in zones))
        raise ValueError(
            f"{place} is a datetime of several time zones ({shown}), and a column of Arrow has one: map them to one "
            "first, with astimezone"
        )
    zone = zones.pop()
    if not zone:
        return "datetime", [None if row is None else (row - _EPOCH) // _MICROSECOND for row in rows], ""
    epoch = _EPOCH.replace(tzinfo=UTC)
    return "datetime", [None if row is None else (row - epoch) // _MICROSECOND for row in rows], zone


def _zone(value: datetime, place: str) -> str:
    """What Arrow calls a datetime's time zone; nothing where it has none."""
    zone = value.tzinfo
    if zone is None:
        return ""
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)  # zoneinfo's, pytz's
    if isinstance(name, str):
        return name
    offset = value.utcoffset()
    if type(zone) is not timezone or offset is None or offset % timedelta(minutes=1):
        raise ValueError(
            f"{place} is a datetime of a time zone that Arrow has no name for ({zone!r:.60}): map it first, for "
            "instance with astimezone(datetime.timezone.utc)"
        )
    if not offset:
        return "UTC"
    minutes = offset // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _decimal(rows: list[Any], place: str) -> Found:
    parts = [None if row is None else row.as_tuple() for row in rows]
    odd = next((row for row in rows if row is not None and not row.is_finite()), None)
    if odd is not None:
        raise ValueError(f"{place} is {odd!r}, which Arrow's decimals don't have: map it to None or to float first")
    there = [(p.digits, int(p.exponent)) for p in parts if p is not None]
    scale = max(0, *(-exponent for _, exponent in there))
    whole = max(len(digits) + exponent for digits, exponent in there)
    precision = max(scale + max(whole, 0), 1)
    if precision > 76:
        raise ValueError(
            f"{place} is a Decimal of {precision} digits, and Arrow's have 76 at most: map it to str first"
        )
    numbers = [
        None
        if p is None
        else str((-1 if p.sign else 1) * int("".join(map(str, p.digits))) * 10 ** (int(p.exponent) + scale))
        for p in parts
    ]
    return "decimal", numbers, f"{precision} {scale}"


_READERS: dict[type, Callable[[list[Any], str], Found]] = {
    int: _int,
    str: _str,
    list: _lists,
    ResultIterable: _lists,
    bytearray: _each("bytes", bytes),
    date: _each("date", lambda row: row.toordinal() - _FIRST_DAY),
    time: _time,
    timedelta: _each("timedelta", lambda row: row // _MICROSECOND),
    datetime: _datetime,
    Decimal: _decimal,
}
