"""Joins, aggregates, groups, totals and Python-bound programs against PySpark, all warm on two cores; native on and off."""

import sys

from rdd_programs import all_programs
from report import Row
from setting import Setting
from sides import Outcome, Program, run, sides


def measure(setting: Setting) -> list[Row]:
    rows = []
    with sides(setting) as running:
        for program in all_programs():
            if not setting.wants(program.name):
                continue
            outcome = run(running, program, setting)
            rows += rows_of(program, outcome)
            print(f"  {program.name}: {times(outcome)}", file=sys.stderr, flush=True)
    return rows


def rows_of(program: Program, outcome: Outcome) -> list[Row]:
    """A line for the program as it is and one with native off; both must be right and fast enough."""
    return [
        row(program.name, "Pyrite", program.bar, outcome),
        row(f"{program.name}, native off", "Pyrite, native off", 1.0, outcome),
    ]


def row(name: str, side: str, bar: float, outcome: Outcome) -> Row:
    wanted = f">= {bar:g} x PySpark"
    figures = {"seconds": outcome.seconds}
    if side in outcome.errors:
        return Row(name, "fails", wanted, False, {**figures, "error": outcome.errors[side]})
    ours, theirs = outcome.median(side), outcome.median("PySpark")
    if theirs is None:
        return Row(name, f"{ours:.4f} s", wanted, None, {**figures, "errors": outcome.errors})
    if outcome.answers[side] != outcome.answers["PySpark"]:
        return Row(name, "answers differently", wanted, False, {**figures, "answers": outcome.answers})
    ratio = theirs / ours
    return Row(name, f"{ratio:.1f} x ({ours:.4f} s : {theirs:.3f} s)", wanted, ratio >= bar, figures)


def times(outcome: Outcome) -> str:
    return ", ".join(f"{name} {outcome.median(name):.4f} s" for name in outcome.seconds)
