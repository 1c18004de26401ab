"""Streaming queries beside PySpark's: small batches over many keys, windows with a watermark, a socket's words, memory."""

import json
import sys

from frames import python_of_frames
from report import Row, quantile
from setting import PROGRAMS, Setting, timed


def measure(setting: Setting) -> list[Row]:
    ours = python_of_frames()
    if ours is None:
        print("there is no Python with pyrite[sql] here (.venv-frames): queries are not measured", file=sys.stderr)
        return []
    count = 60 if setting.quick else 300
    rows = []
    for what, name, bar in (("words", "100 rows, 44,000 keys, update", 5), ("windows", "10,000 rows, windows", 15)):
        taken = told(ours, "pyrite", what, count)
        p50 = quantile(taken, 0.5)
        rows.append(Row(f"a batch of {name}, p50", f"{p50:.1f} ms", f"<= {bar} ms", p50 <= bar, {"ms": taken}))
        if setting.pyspark:
            theirs = told(setting.pyspark, "pyspark", what, 10)
            rows.append(Row(f"a batch of {name}, PySpark", f"{quantile(theirs, 0.5):.0f} ms", figures={"ms": theirs}))
    rate = told(ours, "pyrite", "rate", 200_000 if setting.quick else 2_000_000)
    if setting.pyspark:
        theirs = told(setting.pyspark, "pyspark", "rate", 100_000)
        times = rate / theirs
        rows.append(Row("words of a socket, lines/s", f"{rate:,.0f}, {times:.1f} x", ">= 20 x PySpark", times >= 20))
    else:
        rows.append(Row("words of a socket, lines/s", f"{rate:,.0f}"))
    batches = 2000 if setting.quick else 20_000
    grown = told(ours, "pyrite", "memory", batches) / (1 << 20)
    rows.append(Row(f"{batches} batches, memory", f"{grown:+.1f} MB", "< 20 MB", grown < 20))
    return rows


def told(python: str, engine: str, what: str, count: int):
    """What the program of `programs/queries.py` gives."""
    _, _, out = timed([python, str(PROGRAMS / "queries.py"), engine, what, str(count)])
    return json.loads(out.splitlines()[-1])
