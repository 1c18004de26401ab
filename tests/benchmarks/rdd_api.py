"""Spark's pagerank and kmeans, draws, histograms, distinct strings and an access log: speed and peak memory by PySpark's.

Each program has its own processes, one a side, so that a peak is the program's: all memory of a side, its input's too.
"""

import json
import subprocess
import sys
from pathlib import Path

from against_pyspark import row, times
from processes import Peaks
from rdd_api_programs import MEASURED, Measured
from report import Row, median
from setting import Setting, plain_rust
from sides import Outcome, Program, run, sides, size

SHARE_OF_MEMORY = 1 / 3
SIDES = {"Pyrite": "", "Pyrite, native off": ", native off"}


def measure(setting: Setting) -> list[Row]:
    rows = []
    for measured in MEASURED:
        if setting.wants(measured.program.name):
            rows += rows_of_program(measured, setting)
    return rows


def rows_of_program(measured: Measured, setting: Setting) -> list[Row]:
    program, path = measured.at(setting.folder, size(measured.program, setting))
    with sides(setting) as running, Peaks({name: side.process.pid for name, side in running.items()}) as peaks:
        outcome = run(running, program, setting)
    print(f"  {program.name}: {times(outcome)}", file=sys.stderr, flush=True)
    rows = []
    for side, suffix in SIDES.items():
        bar = measured.bar_off if suffix else program.bar
        rows.append(row(program.name + suffix, side, bar, outcome))
        rows.append(memory(program.name + suffix, side, peaks.bytes))
    if measured.plain:
        rows += beside_plain_rust(measured, program, path, outcome, setting)
    return rows


def memory(name: str, side: str, peaks: dict[str, int]) -> Row:
    ours, theirs = peaks[side] / 1e6, peaks.get("PySpark", 0) / 1e6
    wanted = "<= 0.33 x PySpark"
    if not theirs:
        return Row(f"{name}, peak", f"{ours:.0f} MB", wanted, None, {"bytes": peaks})
    share = ours / theirs
    measured = f"{share:.2f} x ({ours:.0f} MB : {theirs:.0f} MB)"
    return Row(f"{name}, peak", measured, wanted, share <= SHARE_OF_MEMORY, {"bytes": peaks})


def beside_plain_rust(
    measured: Measured, program: Program, path: Path | None, outcome: Outcome, setting: Setting
) -> list[Row]:
    ours, plain = outcome.median("Pyrite"), plain_rust(measured.plain)
    if ours is None or plain is None:
        return []
    what = str(path or size(program, setting))
    command = [str(plain), what, str(setting.runs + 1)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    # The first fields of our answer are what the plain program tells.
    theirs, seconds = told["answer"], told["seconds"][1:]
    name = f"{program.name} : plain Rust"
    bar = f"<= {measured.times_plain:g}"
    if not outcome.answers["Pyrite"].strip("(").startswith(theirs):
        return [Row(name, f"answers differently: {theirs}", bar, False, {"answers": outcome.answers})]
    ratio = ours / median(seconds)
    text = f"{ratio:.2f} ({ours:.3f} s : {median(seconds):.3f} s)"
    return [Row(name, text, bar, ratio <= measured.times_plain, {"seconds": seconds})]
