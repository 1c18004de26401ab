"""DataFrames beside PySpark's: from a cold process, small ones again and again, a million rows, and what they keep of memory.

They run in a Python that has the extra `pyrite[sql]` ($PYRITE_FRAMES, else .venv-frames, which `make bench` makes).
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from report import Row, median, quantile
from setting import PROGRAMS, ROOT, Setting, environment, timed
from sides import Program, Side, run

ROWS = 1_000_000
TIMES = 4.0  # what a million rows must be faster by

SETUP = """
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
facts, names = (spark.read.parquet("{folder}/" + name) for name in ("facts.parquet", "names.parquet"))
"""

PROGRAMS_OF_TABLES = [
    ("groupBy", 'sorted(map(tuple, facts.groupBy("k").agg(F.sum("v"), F.count("*"), F.max("i")).collect()))', TIMES),
    ("join", 'sorted(map(tuple, facts.join(names, "k").groupBy("name").agg(F.sum("v")).collect()))', TIMES),
    ("top 10", 'facts.orderBy(F.desc("v"), "i").limit(10).collect()', TIMES),
    (
        "string keys",
        'facts.groupBy("s").agg(F.count("*").alias("n")).orderBy(F.desc("n"), "s").limit(10).collect()',
        TIMES,
    ),
]
COLLECT = 'len(facts.select("i", "s", "v").collect())'
NUMBERS = Program(
    "df.rdd.map(lambda r: r.v * 2).sum()", "numbers", "from pyspark.sql import SparkSession\nspark = SparkSession.builder"
    '.getOrCreate()\nnumbers = spark.range(n).withColumnRenamed("id", "v")', "numbers.rdd.map(lambda r: r.v * 2).sum()", 5_000_000,
    bar=20.0, slow=True,
)  # fmt: skip


def python_of_frames() -> str | None:
    python = Path(os.environ.get("PYRITE_FRAMES") or ROOT / ".venv-frames" / "bin" / "python")
    return str(python) if python.exists() else None


def measure(setting: Setting) -> list[Row]:
    ours = python_of_frames()
    if ours is None:
        print("there is no Python with pyrite[sql] here (.venv-frames): DataFrames are not measured", file=sys.stderr)
        return []
    rows = [first(setting, ours, "pyrite", 1.0)]
    if setting.pyspark:
        rows.append(first(setting, setting.pyspark, "pyspark", None))
    rows += small(setting, ours)
    rows += tables(setting, ours)
    count = 1000 if setting.quick else 10_000
    grown = told(ours, "pyrite", "memory", count) / (1 << 20)
    rows.append(Row(f"{count} small queries, memory", f"{grown:+.1f} MB", "< 20 MB", grown < 20))
    return rows


def told(python: str, engine: str, what: str, count: int):
    import json

    _, _, out = timed([python, str(PROGRAMS / "frames.py"), engine, what, str(count)])
    return json.loads(out.splitlines()[-1])


def first(setting: Setting, python: str, engine: str, bar: float | None) -> Row:
    """From the start of a process until its table is there."""
    taken = []
    for _ in range(setting.slow_runs if bar is None else setting.runs):
        begin = time.perf_counter()
        command = [python, str(PROGRAMS / "frames.py"), engine, "first", "1"]
        with subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            shown = [line for line in iter(process.stdout.readline, "") if line.startswith("|  2|")]
            taken.append(time.perf_counter() - begin)
        if not shown:
            raise RuntimeError(f"{engine} didn't show its rows")
    spent = median(taken)
    if bar is None:
        return Row("first show() of a process, PySpark", f"{spent:.1f} s", figures={"seconds": taken})
    return Row("first show() of a process", f"{spent:.2f} s", f"<= {bar} s", spent <= bar, {"seconds": taken})


def small(setting: Setting, ours: str) -> list[Row]:
    count, slow = (100, 10) if setting.quick else (500, 30)
    made, words = told(ours, "pyrite", "small", count), told(ours, "pyrite", "words", count)
    rows = []
    for how, taken in made.items():
        p50 = quantile(taken, 0.5)
        name = f"100 rows {how}, groupBy, collect, p50"
        rows.append(Row(name, f"{p50:.2f} ms", "<= 3 ms", p50 <= 3, {"ms": taken}))
    p50, p99 = quantile(words, 0.5), quantile(words, 0.99)
    rows.append(Row("a batch's words by SQL, p50", f"{p50:.2f} ms", "<= 5 ms", p50 <= 5, {"ms": words}))
    rows.append(Row("a batch's words by SQL, p99", f"{p99:.2f} ms", "<= 15 ms", p99 <= 15))
    if setting.pyspark:
        theirs = told(setting.pyspark, "pyspark", "small", slow)
        for how, taken in theirs.items():
            rows.append(Row(f"100 rows {how}, PySpark, p50", f"{quantile(taken, 0.5):.0f} ms", figures={"ms": taken}))
        taken = told(setting.pyspark, "pyspark", "words", slow)
        rows.append(
            Row("a batch's words by SQL, PySpark, p50", f"{quantile(taken, 0.5):.0f} ms", figures={"ms": taken})
        )
    return rows


def tables(setting: Setting, ours: str) -> list[Row]:
    folder = written(setting)
    setup = SETUP.format(folder=folder)
    programs = [
        Program(f"1 M rows: {name}", "tables", setup, code, ROWS, bar) for name, code, bar in PROGRAMS_OF_TABLES
    ]
    collect = Program("1 M rows of 3, collect", "tables", setup, COLLECT, ROWS, slow=True)
    running = (
        {"PySpark": Side("PySpark", [setting.pyspark, str(PROGRAMS / "side.py"), "pyspark"], setting)}
        if setting.pyspark
        else {}
    )
    running["Pyrite"] = Side("Pyrite-frames", [ours, str(PROGRAMS / "side.py"), "pyrite"], setting)
    rows = []
    try:
        for program in [*programs, collect, NUMBERS]:
            if setting.wants(program.name):
                rows.append(compared(program, run(running, program, setting)))
    finally:
        for side in running.values():
            side.close()
    return rows


def compared(program: Program, outcome) -> Row:
    if outcome.errors:
        return Row(program.name, f"failed: {outcome.errors}", reached=False)
    if len(set(outcome.answers.values())) > 1:
        return Row(program.name, f"other answers: {outcome.answers}", reached=False)
    spent, theirs = outcome.median("Pyrite"), outcome.median("PySpark")
    figures = {"seconds": outcome.seconds, "work": outcome.work}
    shown = f"{spent:.3f} s" + (f", PySpark {theirs:.2f} s: {theirs / spent:.1f} x" if theirs else "")
    if program.code == COLLECT:
        return Row(program.name, shown, "<= 1.0 s", spent <= 1.0, figures)
    reached = theirs / spent >= program.bar if theirs else None
    return Row(program.name, shown, f">= {program.bar:g} x PySpark", reached, figures)


def written(setting: Setting) -> Path:
    """The tables as Parquet, the same for both."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = setting.folder / "frames"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "names.parquet").exists():
        rows, seeded = range(ROWS), random.Random(7)
        facts = {
            "i": pa.array(rows, pa.int64()),
            "k": pa.array([seeded.randrange(1000) for _ in rows], pa.int64()),
            "s": pa.array([f"key-{seeded.randrange(100_000):06}" for _ in rows]),
            "v": pa.array([seeded.randrange(1 << 40) for _ in rows], pa.int64()),
        }
        pq.write_table(pa.table(facts), folder / "facts.parquet")
        names = {"k": pa.array(range(1000), pa.int64()), "name": pa.array([f"name {i % 100}" for i in range(1000)])}
        pq.write_table(pa.table(names), folder / "names.parquet")
    return folder
