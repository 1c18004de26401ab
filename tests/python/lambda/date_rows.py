"""Random dates, naive times, differences and texts of them, the odd ones among them."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

_DAYS = [
    date.min,
    date.max,
    date(1970, 1, 1),
    date(2000, 2, 29),
    date(1900, 2, 28),
    date(1999, 12, 31),
    date(2020, 12, 28),
]
_TIMES = [datetime.min, datetime.max, datetime(1970, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 999999)]
_SPANS = [timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(days=-1), timedelta.max]
_FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d",
    "%d/%b/%Y:%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%d.%m.%y",
    "%B %d, %Y",
    "%a %b %d %H:%M:%S %Y",
    "%I:%M %p %Y-%m-%d",
]
_TEXTS = [
    "",
    " ",
    "n/a",
    "2020-02-30",
    "2020-1-1",
    "2020-01-01 ",
    "31/Feb/2020:10:00:00",
    "2020-13-01",
    "１２-01-01",
    "0000-01-01",
    "2020-01-01T25:00:00",
    "2020-01-01 10:20:61",
]


class Rows:
    """Values by a letter each: d, m, x, t, i, f, b."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def row(self, signature: str, odd: float) -> tuple[Any, ...]:
        return tuple(self.value(letter, odd) for letter in signature)

    def value(self, letter: str, odd: float) -> Any:
        pick = self.random
        if odd and pick.random() < odd:
            if pick.random() < 0.2:
                return pick.choice([None, 1, "a", 2.5, True, date(2020, 1, 1), datetime(2020, 1, 1), timedelta(1)])
            many = {
                "d": _DAYS,
                "m": _TIMES,
                "x": _SPANS,
                "t": _TEXTS,
                "i": [0, -1, 2**31, -(2**62), 2**63],
                "f": [0.0, -0.0, 0.5e-6, 1.5e-6, 2.5e-6, 1e300, float("nan"), 1.9999999],
            }
            return pick.choice(many.get(letter, [None]))
        if letter == "d":
            return date.fromordinal(pick.randint(*pick.choice([(1, 3652059), (730000, 740000)])))
        if letter == "m":
            day = self.value("d", 0)
            micro = pick.choice([0, pick.randint(0, 999_999)])
            return datetime(
                day.year,
                day.month,
                day.day,
                pick.randint(0, 23),
                pick.randint(0, 59),
                pick.choice([0, pick.randint(0, 59)]),
                micro,
            )
        if letter == "x":
            return timedelta(
                pick.choice([0, pick.randint(-9999, 9999)]),
                pick.randint(-90000, 90000),
                pick.choice([0, pick.randint(0, 999_999)]),
            )
        if letter == "t":
            moment = self.value("m", 0)
            text = moment.strftime(pick.choice(_FORMATS)) if moment.year > 999 else moment.isoformat(pick.choice("T "))
            return pick.choice([text, text.replace("0", "", 1), text.upper()]) if pick.random() < 0.1 else text
        if letter == "i":
            return pick.choice(
                [pick.randint(-5, 40), pick.randint(1, 12), pick.randint(1900, 2100), pick.randint(-(10**9), 2 * 10**9)]
            )
        if letter == "f":
            return pick.choice([pick.uniform(-5, 5), pick.uniform(-2e9, 4e9), float(pick.randint(-99, 99)) / 2])
        return pick.random() < 0.5
