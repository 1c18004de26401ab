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
        "Pyrite": [sys.executable, job, file, "pyrite"],
        "Pyrite, native off": [sys.executable, job, file, "pyrite-off"],
        "Pyrite, native off, one process": [sys.executable, job, file, "pyrite-alone"],
        "plain Python loop": [sys.executable, str(PROGRAMS / "plain_loop.py"), file],
        "loop that calls the lambdas": [sys.executable, str(PROGRAMS / "lambda_loop.py"), file],
    }
    if setting.plain_rust:
        programs["plain Rust"] = [str(setting.plain_rust), file]
        programs["tuned Rust"] = [str(setting.plain_rust), file, "--tuned"]
    if setting.pyspark:
        programs["PySpark"] = [setting.pyspark, job, file, "pyspark"]
    seconds, work = run_interleaved(programs, setting)
    rows = []
    for name, spent in seconds.items():
        # PySpark's Java and its workers are not children that anybody waits for.
        worked = f" ({median(work[name]):.2f} s of work)" if name != "PySpark" else ""
        rows.append(
            Row(f"word count, {name}", f"{median(spent):.2f} s{worked}", figures={"seconds": spent, "work": work[name]})
        )
    return [*rows, *ratios({name: median(s) for name, s in seconds.items()})]


def run_interleaved(programs: dict[str, list[str]], setting: Setting) -> tuple[dict, dict]:
    """Every program in turn, again and again, so that a slow minute of the machine is everybody's; answers must agree."""
    seconds, work, answers = defaultdict(list), defaultdict(list), {}
    for round_ in range(setting.runs):
        for name, command in programs.items():
            if name == "PySpark" and round_ >= setting.slow_runs:
                continue
            spent, worked, answers[name] = timed(command)
            seconds[name].append(spent)
            work[name].append(worked)
    reference = answers["plain Python loop"]
    wrong = [name for name, answer in answers.items() if answer != reference]
    if wrong:
        raise RuntimeError(
            f"{wrong} count differently from the plain loop: {[answers[n] for n in wrong]} != {reference}"
        )
    return seconds, work


def ratios(seconds: dict[str, float]) -> list[Row]:
    """Ours against theirs: at most so many times as long, or at least so many times as fast."""
    native, off, alone = (seconds[f"Pyrite{how}"] for how in ("", ", native off", ", native off, one process"))
    rows = []
    for name, ours, other, bar in (
        ("Pyrite : plain Rust", native, "plain Rust", 1.0),
        ("Pyrite : tuned Rust", native, "tuned Rust", None),
        ("Pyrite, native off, 2 workers : plain Python loop", off, "plain Python loop", 0.65),
        ("Pyrite, native off, one process : plain Python loop", alone, "plain Python loop", None),
        ("Pyrite, native off, one process : loop that calls the lambdas", alone, "loop that calls the lambdas", None),
    ):
        if other in seconds:
            ratio = ours / seconds[other]
            rows.append(Row(name, f"{ratio:.2f}", f"<= {bar}" if bar else "", bar and ratio <= bar))
    if "PySpark" in seconds:
        ratio = seconds["PySpark"] / native
        rows.append(Row("PySpark : Pyrite", f"{ratio:.1f}", ">= 12", ratio >= 12))
    return rows
