"""What a slide of reduceByKeyAndWindow(60 s, 1 s) costs beside a plain reduceByKey of that second's data, and what
PySpark takes for the same."""

import statistics

from report import Row
from setting import Setting
from streamed import figures, figures_of_pyspark

BARS = {"inverse": 1.5, "sums": 3.0, "largest": 3.0, "floats": None, "floats with an inverse": None}
BESIDE = ("plain", "inverse", "sums")


def measure(setting: Setting) -> list[Row]:
    # As many slides as the window has, so that what is put off has its turn.
    slides, window = (60, 60) if setting.quick else (180, 60)
    measured = figures(slides, window, program="windowed.py")
    plain = statistics.mean(measured["plain"])
    rows = [Row("one slide's data, plain reduceByKey", f"{plain:.2f} ms", figures={"ms": measured["plain"]})]
    for name, bar in BARS.items():
        spent = measured[name]
        times = statistics.mean(spent) / plain
        said = f"{statistics.mean(spent):.2f} ms, {times:.2f} x (slowest {max(spent):.1f} ms)"
        reached = None if bar is None else times <= bar
        rows.append(
            Row(f"a slide of a {window} s window, {name}", said, f"<= {bar} x" if bar else "", reached, {"ms": spent})
        )
    return rows + beside(setting, measured)


def beside(setting: Setting, ours: dict[str, list[float]]) -> list[Row]:
    """PySpark's slides; its windows are shorter in the quick form, since each has to be filled first."""
    slides, window = (3, 10) if setting.quick else (10, 60)
    theirs = figures_of_pyspark(setting, slides, window, *BESIDE, program="windowed.py")
    rows = []
    for name in BESIDE if theirs else ():
        took = statistics.mean(theirs[name])
        pace = "keeps pace" if took <= 1000 else "can't keep pace with 1 s"
        what = "plain reduceByKey" if name == "plain" else f"a {window} s window, {name}"
        times = took / statistics.mean(ours[name])
        rows.append(
            Row(f"PySpark, {what}", f"{took:.0f} ms: {pace} ({times:.0f} x ours)", figures={"ms": theirs[name]})
        )
    return rows
