"""1.5 GB of pairs sorted, grouped and joined under 256 MB of memory, and 500 MB kept under 128 MB: peak and time.

The peak is the resident memory of the program and all processes it starts, looked at every 50 ms. With `--quick` both
the data and the limit are a tenth, and what an idle process needs is a larger share.
"""

import json
import subprocess
import sys
import time

import psutil
from processes import LOOK_EVERY, resident
from report import Row
from setting import PROGRAMS, Setting, environment

MEGABYTE = 1_000_000
ALLOWED = 200 * MEGABYTE  # beyond the limit: the interpreter, the libraries, what tasks work on
TIMES_AS_LONG = 4
PATIENCE = 1800  # seconds


def measure(setting: Setting) -> list[Row]:
    scale = 10 if setting.quick else 1
    rows = []
    for what in ("sortByKey", "groupByKey", "join"):
        free = run(what, 1500 * MEGABYTE // scale, None)
        rows += rows_of(what, 256 // scale, free, run(what, 1500 * MEGABYTE // scale, 256 // scale))
    rows += kept(128 // scale, run("cached", 500 * MEGABYTE // scale, 128 // scale))
    return rows


def run(what: str, size: int, limit: int | None) -> dict:
    """The program's own figures, with `peak` in bytes; `error` if it failed."""
    arguments = [what, str(size), *([f"{limit}m"] if limit else [])]
    command = [sys.executable, str(PROGRAMS / "larger_than_memory.py"), *arguments]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        peak, root, end = 0, psutil.Process(process.pid), time.monotonic() + PATIENCE
        while process.poll() is None:
            if time.monotonic() > end:
                process.kill()
            peak = max(peak, resident(root))
            time.sleep(LOOK_EVERY)
        out, problem = process.communicate()
    if process.returncode:
        return {"error": problem[-2000:], "peak": peak}
    return {**json.loads(out.splitlines()[-1]), "peak": peak}


def rows_of(what: str, limit: int, free: dict, limited: dict) -> list[Row]:
    figures = {"free": free, "limited": limited}
    rows = [memory(f"{what} under {limit} MB, peak", limit, limited, figures)]
    if "error" in free or "error" in limited:
        return [*rows, Row(f"{what} under {limit} MB : without", "fails", f"<= {TIMES_AS_LONG}", False, figures)]
    ratio = limited["seconds"] / free["seconds"]
    measured = f"{ratio:.2f} ({limited['seconds']:.1f} s : {free['seconds']:.1f} s)"
    return [*rows, Row(f"{what} under {limit} MB : without", measured, f"<= {TIMES_AS_LONG}", ratio <= TIMES_AS_LONG)]


def kept(limit: int, limited: dict) -> list[Row]:
    figures = {"limited": limited}
    rows = [memory(f"cached and counted 5 times under {limit} MB, peak", limit, limited, figures)]
    made, partitions = limited.get("made"), 16
    rows.append(Row("partitions made for 5 counts", f"{made} of {partitions}", f"<= {partitions}", made == partitions))
    return rows


def memory(name: str, limit: int, told: dict, figures: dict) -> Row:
    bar = limit * MEGABYTE + ALLOWED
    right = "error" not in told and told["answer"] == told["expected"]
    measured = f"{told['peak'] / MEGABYTE:.0f} MB" + ("" if right else ", and a wrong answer or an error")
    return Row(name, measured, f"<= {bar / MEGABYTE:.0f} MB", right and told["peak"] <= bar, figures)
