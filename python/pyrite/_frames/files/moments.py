"""Dates and times in texts: as Spark casts them, or by one of Java's patterns."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Callable, Mapping
from typing import TypeVar

from pyrite._frames import faults

__all__ = ["date_of", "moment_of", "parts_of", "pattern"]

Part = TypeVar("Part")

_DATE = re.compile(r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T].*)?)?)?\s*")
_MOMENT = re.compile(
    r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{1,2}:?\d{2})?)?)?)?\s*"
)
# Letters of Java's patterns as Python has them.
_LETTERS = {
    "yyyy": "%Y", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d", "HH": "%H", "H": "%H", "mm": "%M", "ss": "%S",
    "SSS": "%f", "SSSSSS": "%f", "MMM": "%b", "a": "%p", "hh": "%I",
}  # fmt: skip


def date_of(text: str) -> datetime.date:
    """A date; ValueError where it is none."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return datetime.date(int(found[1]), int(found[2] or 1), int(found[3] or 1))


def moment_of(text: str, zone: str) -> datetime.datetime:
    """A time of a zone, where the text names none; ValueError where it is none."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    parts = (int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), micros)
    return datetime.datetime(*parts, tzinfo=_zone(offset, zone))


def _zone(offset: str | None, zone: str) -> datetime.tzinfo:
    if offset is None:
        return zoneinfo.ZoneInfo(zone)
    if offset[0] not in "+-":
        return datetime.UTC
    hours, minutes = offset[1:].replace(":", "")[:-2], offset[-2:]
    away = datetime.timedelta(hours=int(hours), minutes=int(minutes))
    return datetime.timezone(-away if offset[0] == "-" else away)


def parts_of(java: str, option: str, letters: Mapping[str, Part], plain: Callable[[str], Part]) -> list[Part]:
    """What one of Java's patterns is made of: what stands for its letters, and what is made of the rest."""
    made: list[Part] = []
    for found in re.finditer(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']", java):
        text = found[0]
        if found[2] and text not in letters:
            raise faults.unsupported(f"The letters {text} in the option {option}")
        made.append(letters[text] if found[2] else plain(found[1] if text[0] == "'" else text))
    return made


def pattern(java: str, option: str) -> Callable[[str], datetime.datetime]:
    """What reads texts of a pattern of Java's; ValueError where one doesn't fit."""
    form = "".join(parts_of(java, option, _LETTERS, lambda text: text.replace("%", "%%")))
    return lambda text: datetime.datetime.strptime(text, form)
