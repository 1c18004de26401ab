"""How far one machine carries: the same jobs on 1, 2, 4 ... cores up to all that are here, and what a key of a stream's state
takes in memory. Runs on different numbers of cores take turns."""

import os

from corpus import corpus
from report import Row, median
from setting import Setting
from streamed import figures

WAYS = {"lines": "words of text", "pairs": "sums by key", "python": "words of text, no function compiled"}


def measure(setting: Setting) -> list[Row]:
    file = corpus(setting.folder, 100_000 if setting.quick else 1_000_000)
    pairs = 500_000 if setting.quick else 5_000_000
    rows = []
    for what, name in WAYS.items():
        argument = pairs if what == "pairs" else file
        rates: dict[int, list[float]] = {cores: [] for cores in numbers_of_cores()}
        for _ in range(setting.slow_runs):
            for cores, seen in rates.items():
                run = figures(what, cores, 1 if what == "python" else 3, argument, program="one_machine.py")
                seen += [run["records"] / seconds for seconds in run["s"]]
        one = median(rates[1])
        for cores, seen in rates.items():
            told = f"{median(seen) / 1e6:.2f} M records/s"
            if cores > 1:
                told += f", {median(seen) / one:.2f} x one core"
            rows.append(Row(f"{name}, {cores} core{'s'[: cores > 1]}", told, figures={"records/s": seen}))
    keys = 200_000 if setting.quick else 2_000_000
    held = [figures("state", 2, 0, keys, program="one_machine.py")["bytes"] / keys for _ in range(setting.slow_runs)]
    rows.append(Row(f"a key of {keys:,} in a state", f"{median(held):.0f} bytes", figures={"bytes": held}))
    return rows


def numbers_of_cores() -> list[int]:
    """1, 2, 4 and so on, and all."""
    every = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    powers = [2**i for i in range(every.bit_length()) if 2**i <= every]
    return sorted({*powers, every})
