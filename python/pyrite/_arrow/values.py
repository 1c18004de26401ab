"""Python values of what Arrow's arrays hold where they are no plain numbers or texts. The engine calls this."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from pyrite._row import Row, _create_row

_DAY = 86_400_000
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_EPOCH = datetime(1970, 1, 1)
_FIRST_DAY = date(1970, 1, 1).toordinal()


def made(kind: str, numbers: list[Any], more: str, column: str) -> list[Any]:
    """The values of one column: `more` is the unit that numbers count, with a time zone, or a decimal's scale.

    Raises
    ------
    ValueError
        A number has no exact value of this type.
    """
    make = _makers(kind, more)
    try:
        return [None if number is None else make(number) for number in numbers]
    except (OverflowError, ValueError) as error:
        raise ValueError(f"the column {column}: {error}") from None


def rows(names: list[str], tuples: list[tuple[Any, ...] | None]) -> list[Row | None]:
    """Rows with these names."""
    return [None if row is None else _create_row(names, row) for row in tuples]


def _makers(kind: str, more: str) -> Callable[[Any], Any]:
    if kind == "int":
        return int
    if kind == "decimal":
        return lambda digits: Decimal(f"{digits}E{-int(more)}")
    unit, _, zone = more.partition(" ")
    if kind == "date":
        return lambda days: date.fromordinal(_FIRST_DAY + (days // _DAY if unit == "ms" else days))
    if kind == "timedelta":
        return lambda ticks: timedelta(microseconds=_microseconds(ticks, unit))
    if kind == "time":
        return lambda ticks: _time(_microseconds(ticks, unit))
    if not zone:
        return lambda ticks: _EPOCH + timedelta(microseconds=_microseconds(ticks, unit))
    utc, place = _EPOCH.replace(tzinfo=UTC), zone_of(zone)
    return lambda ticks: (utc + timedelta(microseconds=_microseconds(ticks, unit))).astimezone(place)


def _microseconds(ticks: int, unit: str) -> int:
    if unit != "ns":
        return ticks * _MICROSECONDS[unit]
    whole, rest = divmod(ticks, 1000)
    if rest:
        raise ValueError(
            f"{ticks} nanoseconds are no whole microseconds, and Python's datetime has no more: cast it to us"
        )
    return whole


def _time(microseconds: int) -> time:
    seconds, rest = divmod(microseconds, 1_000_000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, rest)


def zone_of(name: str) -> tzinfo:
    """The time zone that Arrow calls so: `UTC`, an offset as `+05:30`, or a name of the tz database."""
    if name in ("UTC", "Z"):
        return UTC
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except zoneinfo.ZoneInfoNotFoundError as error:
        raise ValueError(
            f"the time zone {name!r} isn't known here ({error}); the package tzdata has all of them"
        ) from None
