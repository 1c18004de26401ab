"""What a batch of the notebook's pipeline costs more with its page open and its metrics read each second: by a process that
asks what the open page asks, and by Chromium, which draws on the same cores. Runs with and without take turns.
"""

import shutil

from report import Row, median, quantile
from setting import Setting
from streamed import figures

WAYS = {"nobody": 0, "asked as the open page asks": 1, "open in Chromium": 2}


def measure(setting: Setting) -> list[Row]:
    ways = [way for way in WAYS if way != "open in Chromium" or shutil.which("chromium")]
    costs: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(2 if setting.quick else 7):
        for way in ways:
            full = figures("one-batch", 100 if setting.quick else 300, WAYS[way])["full"]
            costs[way].append(quantile(full, 0.5))
    alone = median(costs["nobody"])
    rows = [Row("one batch, nobody looks at the page, p50", f"{alone:.3f} ms", figures={"ms": costs["nobody"]})]
    for way in ways[1:]:
        more = median(costs[way]) / alone - 1
        bar, reached = ("<= 5 % more", more <= 0.05) if WAYS[way] == 1 else ("", None)
        told = f"{median(costs[way]):.3f} ms, {more * 100:+.1f} %"
        rows.append(Row(f"the same, page {way}", told, bar, reached, {"ms": costs[way]}))
    return rows
