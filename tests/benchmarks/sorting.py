"""sortByKey of five million pairs of integers against PySpark and against a plain Rust program over the same rows.

The pairs are cached before. Timed is `sortByKey()` with its own look at the keys, and the sum of all values in their new
order: a count needs no sort.
"""

import json
import subprocess

from against_pyspark import row
from report import Row, median
from setting import Setting, plain_rust
from sides import Program, run, sides

PAIRS = """
pairs = sc.parallelize(range(n)).map(lambda i: (i * 2654435761 % 4294967291 * 40503 % 2147483647, i)).cache()
pairs.count()
"""
SORT = Program(
    "sortByKey of 5 M (int, int)", "sorting", PAIRS, "pairs.sortByKey().values().sum()", 5_000_000, 40, slow=True
)


def measure(setting: Setting) -> list[Row]:
    with sides(setting, "PySpark", "Pyrite") as running:
        outcome = run(running, SORT, setting)
    rows = [row(SORT.name, "Pyrite", SORT.bar, outcome)]
    ours, program = outcome.median("Pyrite"), plain_rust("plain-sort")
    if ours is not None and program is not None:
        count = SORT.rows // 10 if setting.quick else SORT.rows
        command = [str(program), str(count), str(setting.runs + 1)]
        seconds = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)[1:]
        ratio = ours / median(seconds)
        measured = f"{ratio:.2f} ({ours:.3f} s : {median(seconds):.3f} s)"
        rows.append(Row("sortByKey : plain Rust", measured, "<= 2", ratio <= 2, {"seconds": seconds}))
    return rows
