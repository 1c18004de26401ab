"""Programs and their answers: text files of small programs, run in any engine, answers as stable text.

A file of programs holds blocks of Python separated by blank lines; the value of a block's last expression is its answer.
A first line `#: mark, mark` marks a block. Both real PySpark (record.py) and Pyrite (tests/python/recorded) run them through here.
"""

import ast
import bz2
import contextlib
import gzip
import io
import json
import linecache
import math
import operator
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from itertools import count
from pathlib import Path
from uuid import UUID

HERE = Path(__file__).parent
# The answer depends on the running Python: float `sum` is compensated from 3.12 on.
FLOAT_SUM = "float sum"
# The error's type is the answer, its text is the engine's own.
WORDING = "wording"
# Other Pythons word their own errors differently.
RECORDED_ON = (3, 11)
_numbers = count()


@dataclass(frozen=True)
class Program:
    source: str
    marks: frozenset = frozenset()

    def value(self, mark: str, default: str) -> str:
        """`9` for the mark `batches 9`."""
        return next((m.split()[1] for m in self.marks if m.startswith(mark + " ")), default)


def read(path: Path) -> list[Program]:
    programs = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        lines = block.strip("\n").split("\n")
        marks = frozenset(m.strip() for line in lines if line.startswith("#:") for m in line[2:].split(","))
        source = "\n".join(line for line in lines if not line.startswith("#"))
        if source:
            programs.append(Program(source, marks))
    return programs


def names(**engine) -> dict:
    """The names that a program sees besides the engine's."""
    return {
        "__name__": "__main__",
        **{f.__name__: f for f in (Decimal, Enum, Fraction, IntEnum, UUID, date, datetime, time, timedelta, timezone)},
        **{m.__name__: m for m in (bz2, gzip, math, operator, os, re)},
        "add": operator.add,
        "itemgetter": operator.itemgetter,
        **engine,
    }


def answer(source: str, **engine) -> str:
    """Runs a program in a directory of its own and shows its value, or its error."""
    tmp = tempfile.mkdtemp(prefix="recorded-")
    try:
        return _scrub(show(run(source, names(tmp=tmp, **engine))), tmp)
    except Exception as error:  # noqa: BLE001 - an error is an answer too
        return _scrub("raises " + describe(error), tmp)
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def run(source: str, scope: dict):
    # Lambdas are compiled from their source, so `linecache` has to know it, as it knows a notebook's cells.
    name = f"<recorded-{next(_numbers)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    tree = ast.parse(source, name)
    last = tree.body.pop()
    exec(compile(tree, name, "exec"), scope)
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([last], []), name, "exec"), scope)
        return None
    return eval(compile(ast.Expression(last.value), name, "eval"), scope)


def show(value) -> str:
    """A text that two equal answers share: sets in order, lists of values for what groupByKey gives."""
    kind = type(value)
    if kind is tuple:
        return "(" + ", ".join(map(show, value)) + ("," if len(value) == 1 else "") + ")"
    if kind is list:
        return "[" + ", ".join(map(show, value)) + "]"
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{show(k)}: {show(v)}" for k, v in value.items()) + "}"
        return text if kind is dict else f"{kind.__name__}({text})"
    if kind in (set, frozenset):
        return f"{kind.__name__}({sorted(map(show, value))})"
    if kind.__name__ in ("ResultIterable", "RDD", "PipelinedRDD"):
        return f"ResultIterable({show(list(value))})" if kind.__name__ == "ResultIterable" else "RDD"
    return repr(value)


def describe(error: BaseException) -> str:
    """Type and message. An error of a task is shown as the user's own exception: PySpark buries it in a Java one."""
    java = getattr(error, "java_exception", None)
    if java is None:
        cause = f": {error}" if str(error) else ""
        return type(error).__name__ + cause
    text = str(error)
    if "Traceback (most recent call last)" in text:
        return _innermost(text)
    # Pyrite adds a sentence that says what to do.
    return "Py4JJavaError " + java.toString().split(". ")[0]


def _innermost(text: str) -> str:
    """The error that started it all: the line under the last Python traceback in a Java error's text."""
    traceback = text[text.rindex("Traceback (most recent call last)") :]
    line = next(line for line in traceback.splitlines()[1:] if line and not line.startswith(" "))
    return re.sub(r"^[\w.]+\.(\w+)", r"\1", line)


def _scrub(text: str, tmp: str) -> str:
    return re.sub(r" at 0x[0-9a-f]+", " at 0x", text.replace(tmp, "TMP"))


def cases(folder: str) -> list:
    """A test's parameters for each program of a folder: the program, and what was recorded for it (None if nothing was)."""
    import pytest

    parameters = []
    for file in sorted((HERE / folder).glob("*.txt")):
        answers = load_answers(file.with_suffix(".jsonl"))
        for number, program in enumerate(read(file), 1):
            parameters.append(pytest.param(program, answers.get(program.source), id=f"{file.stem}-{number}"))
    return parameters


def load_answers(path: Path) -> dict[str, dict]:
    """For each program its answers by number of threads; "any" where they agree."""
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["program"]: row["answers"] for row in rows[1:]}  # the first row says who answered


def for_threads(answers: dict[str, str], threads: int) -> str:
    return answers["any"] if "any" in answers else answers[str(threads)]


def streaming_answer(program: Program, ssc, step, **engine) -> str:
    """What a program's watched streams hold batch by batch, what it prints, its notes and its error.

    `ssc` is a context on a manual clock at 0 and `step()` runs it to the end of one more batch.
    """
    tmp = tempfile.mkdtemp(prefix="recorded-")
    seen, notes = [], []

    def watch(stream):
        number = count_of_watched.__next__()
        stream.foreachRDD(lambda time, rdd: seen.append((_milliseconds(time), number, rdd.glom().collect())))

    count_of_watched = count()
    printed, out = io.StringIO(), sys.stdout
    sys.stdout = printed
    try:
        if "state" in program.marks:
            _set_checkpoint_directory(engine["sc"], ssc, tmp)
        run(program.source, names(tmp=tmp, ssc=ssc, watch=watch, note=notes.append, **engine))
        ssc.start()
        for _ in range(int(program.value("batches", "4"))):
            step()
        error = _error_of(ssc)
        lines = [f"{time} #{number} {show(rows)}" for time, number, rows in seen]
        lines += [f"note {show(n())}" for n in notes]
        lines += [f"error {error}"] if error else []
        return _scrub("\n".join([*lines, printed.getvalue()]), tmp)
    except Exception as error:  # noqa: BLE001 - an error is an answer too
        return _scrub("raises " + describe(error), tmp)
    finally:
        sys.stdout = out
        ssc.stop(False)
        shutil.rmtree(tmp, ignore_errors=True)


def _set_checkpoint_directory(sc, ssc, folder: str) -> None:
    """PySpark streams with a state don't start without one; what watches them can't be written into it."""
    try:
        sc.setCheckpointDir(folder)
    except (AttributeError, NotImplementedError):
        with contextlib.suppress(AttributeError, NotImplementedError):
            # Known to the SparkContext from now on; nothing is written.
            ssc.checkpoint(folder)
            ssc.checkpoint(None)


def _milliseconds(local: datetime) -> int:
    return round(local.timestamp() * 1000)


def _error_of(ssc) -> str | None:
    try:
        ssc.awaitTerminationOrTimeout(0.01)
    except Exception as error:  # noqa: BLE001 - an error is an answer too
        return describe(error)
    return None
