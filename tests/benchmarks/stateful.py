"""What a batch of 10,000 records costs over a state of a million int keys, and how fast a program finds such a state
again. PySpark's Python API has no mapWithState, so its updateStateByKey stands beside both."""

import shutil
import subprocess
import sys
import time

from report import Row, median, quantile
from setting import PROGRAMS, Setting, environment
from streamed import figures, figures_of_pyspark

WAYS = [
    ("update", "updateStateByKey", 100),
    ("map", "mapWithState", 10),
    ("python", "mapWithState, a function that isn't compiled", None),
]


def measure(setting: Setting) -> list[Row]:
    batches, keys = (30, 100_000) if setting.quick else (100, 1_000_000)
    # The first batch brings the keys.
    beside = figures_of_pyspark(setting, "update", 6, keys, program="stateful.py")
    theirs = quantile(beside["ms"][1:], 0.5) if beside else None
    rows = []
    for what, name, bar in WAYS:
        costs = figures(what, batches, keys, program="stateful.py")["ms"][1:]
        p50, p99 = quantile(costs, 0.5), quantile(costs, 0.99)
        text = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"
        if theirs:
            text += f" ({theirs / p50:.0f} x PySpark)"
        reached = None if bar is None else p50 <= bar
        rows.append(Row(f"{name}, {keys:,} keys", text, f"p50 <= {bar} ms" if bar else "", reached, {"ms": costs}))
    if beside:
        rows.append(Row(f"PySpark's updateStateByKey, {keys:,} keys", f"p50 {theirs:.0f} ms", "", None, beside))
    return rows + recovery(setting, keys)


def recovery(setting: Setting, keys: int) -> list[Row]:
    """A program that was ended, and another that goes on: from its start to the end of its first batch."""
    seconds = []
    for _ in range(setting.slow_runs):
        directory = setting.folder / "recover"
        shutil.rmtree(directory, ignore_errors=True)
        written = figures("fill", directory, keys, program="recover.py")
        begin = time.perf_counter()
        command = [sys.executable, str(PROGRAMS / "recover.py"), "again", str(directory)]
        with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as program:
            for line in program.stdout:
                if line.startswith("done"):
                    seconds.append(time.perf_counter() - begin)
                elif line.startswith("keys:") and int(line[5:]) != keys:
                    raise RuntimeError(f"{keys} keys were kept, found were {line[5:]}")
        if program.returncode:
            raise RuntimeError("the program that goes on failed")
        shutil.rmtree(directory)
    share = written["changed"] / written["all"]
    text = f"{100 * share:.2f} % of {written['all'] / 2**20:.1f} MB"
    took = median(seconds)
    return [
        Row(f"{keys:,} keys found again: to the first batch", f"{took:.2f} s", "<= 2 s", took <= 2, {"s": seconds}),
        Row("a checkpoint when 1 % changed", text, "<= 5 % of all", share <= 0.05, written),
    ]
