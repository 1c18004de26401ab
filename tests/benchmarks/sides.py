"""Engines side by side and warm: every one a process that stays, each program run by all in turn, again and again."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from processes import worked
from report import median
from setting import PROGRAMS, Setting, environment


@dataclass(frozen=True)
class Program:
    """The same text for both engines. `setup` makes the input that is named; `code` is the expression that is timed."""

    name: str
    input: str
    setup: str
    code: str
    rows: int
    bar: float = 1.0  # so many times PySpark's speed
    slow: bool = False  # fewer runs


@dataclass
class Outcome:
    """Seconds of every warm run by side and how long processors worked for it, the answers, and what failed."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    work: dict[str, list[float]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def median(self, side: str) -> float | None:
        return median(self.seconds[side]) if side in self.seconds else None


class Side:
    def __init__(self, name: str, command: list[str], setting: Setting) -> None:
        setting.folder.mkdir(parents=True, exist_ok=True)
        with (setting.folder / f"{name.replace(' ', '-')}.log").open("w") as log:
            self.process = subprocess.Popen(
                command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def run(self, program: Program, rows: int) -> dict:
        asked = {"input": program.input, "setup": program.setup, "code": program.code, "n": rows}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        return json.loads(answer) if answer else {"error": f"the process has ended: {self.process.wait()}"}

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


DEFAULT = ("PySpark", "Pyrite", "Pyrite, native off")


@contextlib.contextmanager
def sides(setting: Setting, *wanted: str) -> Iterator[dict[str, Side]]:
    """Those wanted, in this order; `DEFAULT` if none are named. PySpark only where it is here."""
    program = str(PROGRAMS / "side.py")
    commands = {
        "PySpark": [setting.pyspark, program, "pyspark"],
        "Pyrite": [sys.executable, program, "pyrite"],
        "Pyrite, native off": [sys.executable, program, "pyrite", "pyrite.native=off"],
        "Pyrite, one process": [sys.executable, program, "pyrite", "pyrite.python.workers=0"],
    }
    running: dict[str, Side] = {}
    try:
        for name, command in commands.items():
            if name in (wanted or DEFAULT) and (name != "PySpark" or setting.pyspark):
                running[name] = Side(name, command, setting)
        yield running
    finally:
        for side in running.values():
            side.close()


def size(program: Program, setting: Setting) -> int:
    return program.rows // 10 if setting.quick else program.rows


def run(running: dict[str, Side], program: Program, setting: Setting) -> Outcome:
    """All sides in turn; the first round is cold and isn't counted. A side that fails is not asked again."""
    rows = size(program, setting)
    outcome = Outcome()
    for round_ in range(1 + (setting.slow_runs if program.slow else setting.runs)):
        for name, side in running.items():
            if name in outcome.errors:
                continue
            before = worked(side.process.pid)
            told = side.run(program, rows)
            if "error" in told:
                outcome.errors[name] = told["error"]
                outcome.seconds.pop(name, None)
            else:
                outcome.answers[name] = told["answer"]
                if round_:
                    outcome.seconds.setdefault(name, []).append(told["seconds"])
                    outcome.work.setdefault(name, []).append(worked(side.process.pid) - before)
    return outcome
