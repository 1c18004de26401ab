"""Hostile values by what a function takes: numbers at every border, every plane of Unicode, wrong types."""

from __future__ import annotations

from random import Random
from typing import Any

TEXTS = [
    *(
        "",
        "a",
        "b",
        "ab",
        "a b",
        "the fox the dog",
        " a  b ",
        "A,b,,c",
        "x=1 y=2",
        "a=b=c",
        "k=v",
        "\t\n",
        "12",
        "-3",
        "1.5",
        "nan",
    ),
    *("é", "ﬁ", "ß", "한국", "𝔘", "🦀 🦀", "\x1c", "\u2003", "İ", "ǅ", "٣", "a\tb\nc\td", "_x1", "1x", "O'Hara"),
    *("2020-01-31", "2020-02-30", "2021-2-3", "2020-01-31 10:20:30", "2020-01-31T10:20:30", "0001-01-01 00:00:00"),
    *(
        "9999-12-31 23:59:59",
        "2020-12-31 24:00:00",
        " 2020-01-01",
        "2020-01-01 1:2:3",
        "2020-01-01  10:20:30",
        "31/Jan/2020",
        "1/jAN/2020",
    ),
    *("2020-01-01 10:20:60", "2020-01-01 10:20:61", "2020-001-1", "20200131", "2020013", "202011", "2020-01-3１"),
]
INTS = [
    0,
    1,
    2,
    3,
    -1,
    -2,
    5,
    26,
    64,
    2**31,
    2**53 - 1,
    2**53,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    2**63,
    10**30,
    -(10**30),
    True,
    False,
]
FLOATS = [0.0, -0.0, 1.0, 2.0, 1.5, -2.5, 2.0**53, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"), 9.3e18]
ODD: list[Any] = [None, b"a", (), (1,), [], [1], {"a": 1}, {1}, object, 1j]


class Rows:
    """Makes rows for the letters of a signature: t text, i int, x float, n number, k key, T, I, X, K lists, P pairs."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)

    def row(self, signature: str, wrong: float) -> tuple[Any, ...]:
        return tuple(self.value(letter, wrong) for letter in signature)

    def value(self, letter: str, wrong: float = 0.0) -> Any:
        r = self.r
        if r.random() < wrong:
            return r.choice([*ODD, *TEXTS[:9], *INTS, *FLOATS])
        match letter:
            case "t":
                return r.choice(TEXTS) if r.random() < 0.8 else "".join(r.choice(TEXTS) for _ in range(3))
            case "i":
                return r.choice(INTS[:9]) if r.random() < 0.7 else r.choice(INTS)
            case "x":
                return r.choice(FLOATS)
            case "n":
                return r.choice([*INTS[:8], *FLOATS, True, False])
            case "k":
                return r.choice([*TEXTS[:7], *INTS[:9], 1.0, True, None, -0.0, (1, "a"), (True, "a"), (1.0, "a")])
            case "P":
                return [(self.value("t"), self.value("i")) for _ in range(r.randint(0, 4))]
            case _:
                return [self.value(letter.lower(), wrong / 3) for _ in range(r.randint(0, 5))]
