"""`RDD.histogram` on all paths, against counting row by row as PySpark does."""

from __future__ import annotations

import math
import random
from bisect import bisect_right

import pytest

r = random.Random(5)
NAN = math.nan
ROWS = {
    "ints": [r.randrange(-1000, 1000) for _ in range(500)],
    "floats": [r.uniform(-10, 10) for _ in range(500)],
    "floats and nan": [NAN if i % 7 == 0 else r.gauss(0, 5) for i in range(300)],
    "nones": [None if i % 5 == 0 else i % 50 for i in range(300)],
    "ints and floats": [i if i % 3 else i / 2 for i in range(300)],
    "bools": [i % 3 == 0 for i in range(30)],
    "large ints": [2**60 + i * 7 for i in range(100)],
    "larger ints": [2**70 + i * 7 for i in range(100)],
    "some large": [*range(300), 2**53 + 1],
    "zeros": [0.0, -0.0, 0, False],
    "one value": [3, 3, 3],
    "infinite at the end": [1.0, 2.0, math.inf],
}
BORDERS = {
    "even": [-1000, 0, 1000],
    "even floats": [-10.0, -5.0, 0.0, 5.0, 10.0],
    "uneven": [-20, 0, 1, 25, 49.5, 500],
    "a tuple": (0, 10, 30, 40),
    "large": [0, 2**60, 2**61],
    "infinite": [-math.inf, 0.0, math.inf],
    "two": [0, 49],
}


def counted(rows, borders):
    """How many rows are in each bucket, by PySpark's own steps."""
    steps = [b - a for a, b in zip(borders, borders[1:], strict=False)]
    width = (borders[-1] - borders[0]) / len(steps) if max(steps) - min(steps) < 1e-10 else None
    return buckets(rows, borders, borders[0], borders[-1], width)


def buckets(rows, borders, least, most, width):
    counts = [0] * len(borders)
    for x in rows:
        if x is None or (isinstance(x, float) and math.isnan(x)) or x > most or x < least:
            continue
        counts[int((x - least) / width) if width else bisect_right(borders, x) - 1] += 1
    return [*counts[:-2], counts[-2] + counts[-1]]


def made(rows, number):
    rows = [x for x in rows if not (x is None or (type(x) is float and math.isnan(x)))]
    least, most = min(rows), max(rows)
    if least == most or number == 1:
        return [least, most], [len(rows)]
    width = int((most - least) / number)
    if width * number != most - least:
        width = (most - least) * 1.0 / number
    borders = [*(i * width + least for i in range(number)), most]
    return borders, buckets(rows, borders, least, most, width)


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("borders", BORDERS.values(), ids=BORDERS)
def test_given_borders(sc, rows, borders):
    assert sc.parallelize(rows, 3).histogram(borders) == (borders, counted(rows, borders))


@pytest.mark.parametrize("rows", [rows for name, rows in ROWS.items() if "infinite" not in name])
@pytest.mark.parametrize("number", [1, 2, 7, 20])
def test_so_many(sc, rows, number):
    found = sc.parallelize(rows, 3).histogram(number)
    assert repr(found) == repr(made(rows, number))


def test_texts(sc):
    assert sc.parallelize(["ab", "ac", "b", "bd", "ef"], 2).histogram(["a", "b", "c"]) == (["a", "b", "c"], [2, 2])
    with pytest.raises(TypeError, match="Can not generate buckets with non-number in RDD"):
        sc.parallelize(["ab", "ac"], 1).histogram(2)
    with pytest.raises(TypeError):
        sc.parallelize(["ab", "ac"], 1).histogram([1, 2])


def test_nothing_to_count(sc):
    with pytest.raises(ValueError, match="empty RDD"):
        sc.parallelize([], 2).histogram(3)
    with pytest.raises(ValueError, match="empty RDD"):
        sc.parallelize([NAN, None], 2).histogram(3)
    assert sc.parallelize([], 2).histogram([1, 2]) == ([1, 2], [0])
    assert sc.parallelize([NAN, None, NAN], 2).histogram([1, 2]) == ([1, 2], [0])
    with pytest.raises(ValueError, match="infinite"):
        sc.parallelize([1.0, math.inf], 2).histogram(2)


def test_changed_rows_of_a_cache(sc):
    rows = sc.parallelize(range(1000), 4).map(lambda i: i * 7 % 100).cache()
    assert rows.histogram(4) == made(rows.collect(), 4)
    some = rows.filter(lambda i: i > 50)
    assert some.histogram([51, 60, 99]) == ([51, 60, 99], counted(some.collect(), [51, 60, 99]))
