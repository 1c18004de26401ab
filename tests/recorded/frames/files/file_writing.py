"""Files that are written with options: the cases, and what stands in the files. Both Pyrite and real PySpark run this."""

import datetime
import glob
import gzip
import os
from decimal import Decimal

SCHEMA = "i int, s string, d double, f float, b boolean, dt date, ts timestamp, n timestamp_ntz, c decimal(10,2), x binary, l array<double>, m map<string,int>, t struct<a:int,b:string>"
ROWS = [
    (1, "a,b", 1.5, 0.1, True, datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4, 5), datetime.datetime(2024, 1, 2, 3, 4, 5), Decimal("1.50"), bytearray(b"abc"), [1.0, None], {"n": None}, (1, None)),
    (2, None, None, None, None, None, None, None, None, None, None, None, None),
    (3, 'q"x\\y', float("nan"), 1e10, False, datetime.date(2024, 12, 31), datetime.datetime(2024, 1, 2, 3, 4, 5, 678900), datetime.datetime(2024, 1, 2, 3, 4, 5, 1000), Decimal("-0.07"), bytearray(b""), [], {}, (None, "é")),
    (4, "", 1e-5, float("inf"), True, datetime.date(1, 1, 1), datetime.datetime(1969, 12, 31, 23, 59, 59), datetime.datetime(2024, 1, 1), Decimal("12345678.90"), bytearray(b"\xff"), [float("nan")], {"a": 2}, (2, "")),
    (-5, " pad ", 12345678.9, -0.0, False, None, None, None, None, None, [1e7], None, (None, None)),
    (6, "two\nlines", 100.0, 3.4e38, None, None, None, None, None, None, None, None, None),
    (7, "#no 'quote'; tab\t한글", -1e-3, 16777216.0, None, None, None, None, None, None, None, None, None),
]  # fmt: skip
PLAIN = ["i", "s", "d", "f", "b", "dt", "ts", "n", "c"]

# name: (format, columns, options)
CASES = {
    "csv": ("csv", PLAIN, {}),
    "csv header": ("csv", PLAIN, {"header": "true"}),
    "csv separator": ("csv", ["i", "s"], {"sep": ";"}),
    "csv tab": ("csv", ["i", "s"], {"delimiter": "\\t"}),
    "csv all quoted": ("csv", PLAIN, {"quoteAll": "true", "header": "true"}),
    "csv nulls": ("csv", ["i", "s", "d"], {"nullValue": "NA"}),
    "csv empties": ("csv", ["i", "s", "d"], {"emptyValue": "E"}),
    "csv other quote": ("csv", ["i", "s"], {"quote": "'"}),
    "csv other escape": ("csv", ["i", "s"], {"escape": '"'}),
    "csv quotes not escaped": ("csv", ["i", "s"], {"escapeQuotes": "false"}),
    "csv blanks kept": ("csv", ["i", "s"], {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}),
    "csv formats": ("csv", ["dt", "ts", "n"], {"dateFormat": "dd/MM/yyyy", "timestampFormat": "yyyy/MM/dd HH:mm:ss"}),
    "csv line separator": ("csv", ["i", "c"], {"lineSep": "|"}),
    "csv latin": ("csv", ["i", "c"], {"encoding": "ISO-8859-1"}),
    "csv one column of nulls": ("csv", ["s"], {}),
    "csv packed": ("csv", ["i", "c"], {"compression": "gzip"}),
    "json": ("json", [*PLAIN, "x", "l", "m", "t"], {}),
    "json nulls": ("json", [*PLAIN, "l", "m", "t"], {"ignoreNullFields": "false"}),
    "json formats": ("json", ["dt", "ts", "n"], {"dateFormat": "dd/MM/yyyy", "timestampFormat": "yyyy/MM/dd HH:mm:ss"}),
    "json line separator": ("json", ["i"], {"lineSep": ","}),
    "json packed": ("json", ["i", "c"], {"compression": "gzip"}),
    "text": ("text", ["s"], {}),
    "text line separator": ("text", ["s"], {"lineSep": ";"}),
}


def written(spark, name, folder):
    """What stands in the one file."""
    form, columns, options = CASES[name]
    frame = spark.createDataFrame(ROWS, SCHEMA).select(*columns).coalesce(1)
    path = os.path.join(folder, "out")
    try:
        frame.write.format(form).options(**options).save(path)
    except Exception as error:  # noqa: BLE001 - which one is the answer
        return {"error": getattr(error, "getCondition", lambda: None)() or type(error).__name__}
    (file,) = glob.glob(os.path.join(path, "part-*"))
    with (gzip.open if file.endswith(".gz") else open)(file, "rb") as opened:
        return {"text": opened.read().decode(options.get("encoding", "utf-8"))}
