"""Real programs against PySpark, all warm on two cores: no program may be slower, compiled or not.

A row says what processors worked, too: while others use the machine, less work is what shows that a program is not slower.
"""

import json
import sys

from against_pyspark import row, times
from programs_of_lines import of_lines
from programs_of_rows import BOUND_PROGRAM, of_rows
from rdd_api import SIDES, beside_plain_rust
from rdd_api_programs import Measured
from report import Row, median
from setting import PROGRAMS, Setting, timed
from sides import Outcome, Side, run, sides, size

MEDIAN_OFF = 1.5
SHARE_OF_SPEED_UP = 0.85


def measure(setting: Setting) -> list[Row]:
    rows, off = [], []
    with sides(setting) as running:
        for measured in [*of_lines(), *of_rows()]:
            if setting.wants(measured.program.name):
                told, outcome = rows_of_program(running, measured, setting)
                rows += told
                off += times_pyspark(outcome, "Pyrite, native off")
    if len(off) > 1:
        ratio = median(off)
        bar = f">= {MEDIAN_OFF} x PySpark"
        rows.append(Row(f"median of {len(off)}, native off", f"{ratio:.2f} x", bar, ratio >= MEDIAN_OFF, {"all": off}))
    if setting.wants(BOUND_PROGRAM.name):
        rows += two_processes(setting)
    return rows


def rows_of_program(running: dict[str, Side], measured: Measured, setting: Setting) -> tuple[list[Row], Outcome]:
    program, path = measured.at(setting.folder, size(measured.program, setting))
    outcome = run(running, program, setting)
    print(f"  {program.name}: {times(outcome)}", file=sys.stderr, flush=True)
    rows = []
    for side, suffix in SIDES.items():
        bar = measured.bar_off if suffix else program.bar
        rows.append(with_work(row(program.name + suffix, side, bar, outcome), side, outcome))
    if measured.plain:
        rows += beside_plain_rust(measured, program, path, outcome, setting)
    return rows, outcome


def with_work(told: Row, side: str, outcome: Outcome) -> Row:
    if side in outcome.work and "PySpark" in outcome.work:
        ours, theirs = median(outcome.work[side]), median(outcome.work["PySpark"])
        told.measured += f", work {ours:.2f} : {theirs:.2f} s"
        told.figures["work"] = outcome.work
    return told


def times_pyspark(outcome: Outcome, side: str) -> list[float]:
    ours, theirs = outcome.median(side), outcome.median("PySpark")
    return [theirs / ours] if ours and theirs else []


def two_processes(setting: Setting) -> list[Row]:
    """What a second worker process gains a function of the interpreter's, beside what a second plain process gains it."""
    program = BOUND_PROGRAM
    with sides(setting, "PySpark", "Pyrite", "Pyrite, one process") as running:
        outcome = run(running, program, setting)
    print(f"  {program.name}: {times(outcome)}", file=sys.stderr, flush=True)
    rows = [with_work(row(program.name, "Pyrite", program.bar, outcome), "Pyrite", outcome)]
    alone, both = outcome.median("Pyrite, one process"), outcome.median("Pyrite")
    if alone and both:
        plain = [sys.executable, str(PROGRAMS / "plain_bound.py"), str(size(program, setting)), str(setting.slow_runs)]
        told = json.loads(timed(plain)[2])
        theirs = median(told["1"]) / median(told["2"])
        text = f"{alone / both:.2f} ({alone:.3f} : {both:.3f} s), plain {theirs:.2f}"
        reached = alone / both >= SHARE_OF_SPEED_UP * theirs
        rows.append(Row("speed-up by 2 workers", text, f">= {SHARE_OF_SPEED_UP} of plain Python's", reached, told))
    return rows
