"""The tables that generated plans read: nulls, NaN, -0.0, decimals, dates, timestamps, unicode, and one without rows."""

import datetime
import decimal

_D, _T, _N = datetime.date, datetime.datetime, decimal.Decimal
_NAN = float("nan")

_MANY = (
    "id int, i int, l bigint, d double, s string, b boolean, dt date, ts timestamp, n decimal(10,2), a array<int>, "
    "w array<string>"
)
_FEW = "id int, i int, x float, s string, n decimal(5,1), dt date, h smallint"
# Doubles are sums of quarters: in whatever order they are added, the sum is the same.
_MANY_ROWS = [
    (1, 1, 10, 1.5, "a", True, _D(2024, 1, 31), _T(2024, 1, 31, 10, 20, 30), _N("1.25"), [1, 2], ["x"]),
    (2, 1, 20, -0.0, "b", False, _D(2024, 2, 29), _T(2024, 2, 29, 0, 0, 0), _N("-3.10"), [], ["y", "x"]),
    (3, 2, None, _NAN, "a", None, None, _T(1999, 12, 31, 23, 59, 59, 250000), _N("0.00"), None, None),
    (4, None, 40, 0.0, None, True, _D(1970, 1, 1), None, None, [3, None], []),
    (5, 2, 20, 2.25, "Ünï", False, _D(2024, 1, 31), _T(2024, 1, 31, 10, 20, 30), _N("1.25"), [2], ["Ü", None]),
    (6, 3, -5, None, "", True, _D(2023, 7, 4), _T(2023, 7, 4, 12, 0, 0), _N("99999999.99"), [4, 4, 1], ["z"]),
    (7, None, 10, -2.5, "b", None, _D(2024, 2, 29), None, _N("2.50"), [1], None),
    (8, 1, 2**40, 1.5, "日本", False, None, _T(2024, 3, 10, 2, 30, 0), _N("-0.05"), [9, 8, 7], ["x", "x"]),
]
_FEW_ROWS = [
    (1, 1, 0.5, "a", _N("1.3"), _D(2024, 1, 31), 1),
    (2, 2, _NAN, "b", None, _D(2024, 2, 29), -2),
    (3, None, 1.5, "a", _N("-3.1"), None, 3),
    (4, 4, None, None, _N("2.5"), _D(1970, 1, 1), None),
    (5, 2, -0.0, "日本", _N("0.0"), _D(2025, 12, 1), 5),
    (6, 7, 2.25, "c", _N("1.3"), _D(2024, 1, 31), 1),
]

TABLES = {
    "t1": (_MANY_ROWS, _MANY),
    "t2": (_FEW_ROWS, _FEW),
    "t3": (_MANY_ROWS[2:6] + _MANY_ROWS[:2], _MANY),
    "t0": ([], _FEW),
}


def columns(table):
    """Names and kinds of a table's columns."""
    kinds = {"bigint": "long", "timestamp": "ts", "boolean": "bool", "array<int>": "ints", "array<string>": "strings"}
    kinds |= {"smallint": "short", "decimal(10,2)": "dec", "decimal(5,1)": "dec", "float": "float"}
    fields = (
        "decimal(10,2)".join(part.split("decimal(10;2)")).rsplit(" ", 1)
        for part in TABLES[table][1].replace("10,2", "10;2").replace("5,1", "5;1").split(", ")
    )
    return [(name, kinds.get(kind.replace(";", ","), kind)) for name, kind in fields]


def frames(spark):
    """The tables as DataFrames, which are views too."""
    made = {name: spark.createDataFrame(rows, schema).coalesce(1) for name, (rows, schema) in TABLES.items()}
    for name, frame in made.items():
        frame.createOrReplaceTempView(name)
    return made
