"""The word count job over the corpus: Pyrite on both paths, plain Rust, a plain Python loop and PySpark, whole processes."""

import sys
from collections import defaultdict

from corpus import corpus
from report import Row, median
from setting import PROGRAMS, Setting, timed


def measure(setting: Setting) -> list[Row]:
    file = str(corpus(setting.folder, 100_000 if setting.quick else 1_000_000))
    job = str(PROGRAMS / "word_count_job.py")
    programs = {
        "pyrite": [sys.executable, job, file, "pyrite"],
        "pyrite, native off": [sys.executable, job, file, "pyrite-off"],
        "plain Python loop": [sys.executable, str(PROGRAMS / "plain_loop.py"), file],
    }
    if setting.plain_rust:
        programs["plain Rust"] = [str(setting.plain_rust), file]
        programs["tuned Rust"] = [str(setting.plain_rust), file, "--tuned"]
    if setting.pyspark:
        programs["PySpark"] = [setting.pyspark, job, file, "pyspark"]
    seconds = run_interleaved(programs, setting)
    return [*others(seconds), *ours(seconds)]


def run_interleaved(programs: dict[str, list[str]], setting: Setting) -> dict[str, list[float]]:
    """Every program in turn, again and again, so that a slow minute of the machine is everybody's; answers must agree."""
    seconds, answers = defaultdict(list), {}
    for round_ in range(setting.runs):
        for name, command in programs.items():
            if name == "PySpark" and round_ >= setting.slow_runs:
                continue
            spent, answers[name] = timed(command)
            seconds[name].append(spent)
    reference = answers["plain Python loop"]
    wrong = [name for name, answer in answers.items() if answer != reference]
    if wrong:
        raise RuntimeError(
            f"{wrong} count differently from the plain loop: {[answers[n] for n in wrong]} != {reference}"
        )
    return seconds


def others(seconds: dict[str, list[float]]) -> list[Row]:
    names = [name for name in seconds if not name.startswith("pyrite")]
    return [Row(f"word count, {n}", f"{median(seconds[n]):.2f} s", figures={"seconds": seconds[n]}) for n in names]


def ours(seconds: dict[str, list[float]]) -> list[Row]:
    native, off = median(seconds["pyrite"]), median(seconds["pyrite, native off"])
    rows = [ratio_row("word count, Pyrite", native, "plain Rust", seconds, 1.0)]
    if "tuned Rust" in seconds:
        ratio = native / median(seconds["tuned Rust"])
        rows.append(Row("word count, Pyrite", f"{native:.2f} s, {ratio:.2f} x tuned Rust", "(goal <= 2)"))
    if "PySpark" in seconds:
        ratio = median(seconds["PySpark"]) / native
        rows.append(Row("word count, Pyrite", f"PySpark takes {ratio:.1f} x as long", ">= 12 x", ratio >= 12))
    rows.append(ratio_row("word count, Pyrite, native off", off, "plain Python loop", seconds, 1.1))
    rows[0].figures, rows[-1].figures = {"seconds": seconds["pyrite"]}, {"seconds": seconds["pyrite, native off"]}
    return rows


def ratio_row(name: str, ours: float, other: str, seconds: dict[str, list[float]], bar: float) -> Row:
    if other not in seconds:
        return Row(name, f"{ours:.2f} s", f"<= {bar} x {other}")
    ratio = ours / median(seconds[other])
    return Row(name, f"{ours:.2f} s, {ratio:.2f} x {other}", f"<= {bar} x {other}", ratio <= bar)
