"""What a slide of reduceByKeyAndWindow(60 s, 1 s) costs beside a plain reduceByKey of that second's data."""

import statistics

from report import Row
from setting import Setting
from streamed import figures

BARS = {"inverse": 1.5, "sums": 3.0, "largest": 3.0, "floats": None, "floats with an inverse": None}


def measure(setting: Setting) -> list[Row]:
    # As many slides as the window has, so that what is put off has its turn.
    measured = figures(60 if setting.quick else 180, program="windowed.py")
    plain = statistics.mean(measured["plain"])
    rows = [Row("one slide's data, plain reduceByKey", f"{plain:.2f} ms", figures={"ms": measured["plain"]})]
    for name, bar in BARS.items():
        spent = measured[name]
        times = statistics.mean(spent) / plain
        said = f"{statistics.mean(spent):.2f} ms, {times:.2f} x (slowest {max(spent):.1f} ms)"
        reached = None if bar is None else times <= bar
        rows.append(
            Row(f"a slide of a 60 s window, {name}", said, f"<= {bar} x" if bar else "", reached, {"ms": spent})
        )
    return rows
