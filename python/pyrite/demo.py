"""`pyrite demo`: the course's word count runs against a line server on this machine, for a look at what Pyrite does."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
import warnings
from pathlib import Path
from types import CodeType
from typing import Any

import pyrite
from pyrite._script import keep_source
from pyrite.netcat import LineServer

__all__ = ["TEXTS", "run_demo"]

# What the feeding terminal "types": one text a batch, over and over.
TEXTS = (
    "Strike pyrite on steel and a spark flies.\nA spark, a spark, and the tinder glows!",
    "The river runs to the sea; the sea does not run to the river.\nThe stream is the river that never waits.",
    "Count the words, count them again.\nWords come, words go: count, count, count the words!",
    "One line, two lines, three lines more.\nTwo lines make a verse, and a verse makes two lines of song.",
    "반짝 반짝 작은 불꽃, 반짝 이는 불꽃.\n작은 불꽃 하나, spark 하나.",
)

_PROGRAM = Path(__file__).with_name("demo_program.txt")


def run_demo(seconds: float = 15.0, interval: float = 3.0) -> int:
    """Run the program for some batches; gives the exit code."""
    paint = _Paint()
    batches = max(1, round(seconds / interval))
    source = _PROGRAM.read_text(encoding="utf-8")
    server = LineServer()
    _show(paint, source, server.port, batches, interval)

    code = _compile(source.replace("9999", str(server.port)).replace("(sc, 10)", f"(sc, {interval})"))
    pyrite.init()
    program: dict[str, Any] = {"__name__": "pyrite_demo_program"}
    stop = threading.Event()
    # Start right behind a batch's end, so that every text has a whole batch to itself.
    time.sleep(interval - time.time() % interval)
    try:
        exec(code, program)
        if program["sc"].uiWebUrl:
            print(f"See it move in a browser: {program['sc'].uiWebUrl}/streaming/\n", flush=True)
        feeder = threading.Thread(target=_feed, args=(server, paint, batches, interval, stop), daemon=True)
        feeder.start()
        now = time.time()
        program["ssc"].awaitTerminationOrTimeout(batches * interval - now % interval + min(0.5, interval / 2))
    except KeyboardInterrupt:
        print()
    finally:
        stop.set()
        if "ssc" in program:
            program["ssc"].stop(stopSparkContext=True, stopGraceFully=False)
        server.close()
    _say_what_next(paint)
    return 0


class _Paint:
    """Colours, where the output is a terminal that shows them."""

    def __init__(self) -> None:
        self._on = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def dim(self, text: str) -> str:
        return f"\x1b[2m{text}\x1b[0m" if self._on else text

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._on else text

    def warm(self, text: str) -> str:
        return f"\x1b[33m{text}\x1b[0m" if self._on else text


def _compile(source: str) -> CodeType:
    """Compile the program under a name that `linecache` knows, so that its lambdas' source is found."""
    name = "<pyrite demo>"
    keep_source(name, source)
    with warnings.catch_warnings():
        # The course writes "\W+" without r; its notebooks show no warning for that either.
        warnings.simplefilter("ignore")
        return compile(source, name, "exec", dont_inherit=True)


def _show(paint: _Paint, source: str, port: int, batches: int, interval: float) -> None:
    print(paint.bold(f"\nPyrite {pyrite.__version__}: the course's word count, on a real socket.\n"))
    for line in source.splitlines():
        print(paint.dim("  | ") + line)
    print(f"\nA line server on port {port} types the lines; where it says 9999 the program uses that port,")
    print(f"and a batch lasts {interval:g} s instead of 10. {batches} batches are to come.\n", flush=True)


def _feed(server: LineServer, paint: _Paint, batches: int, interval: float, stop: threading.Event) -> None:
    """Send one text at the beginning of each batch."""
    if not server.wait_for_client(timeout=interval):
        return
    end = time.time() // interval * interval
    for number in range(batches):
        text = TEXTS[number % len(TEXTS)]
        sys.stdout.write("".join(paint.warm(f"nc> {line}\n") for line in text.splitlines()))
        sys.stdout.flush()
        server.send(text.encode() + b"\n")
        end += interval
        # A moment behind the batch's end, so that its counts are printed first.
        if stop.wait(max(0.0, end + min(0.2, interval / 5) - time.time())):
            return


def _say_what_next(paint: _Paint) -> None:
    here = Path(sys.executable).parent
    command = "pyrite" if shutil.which("pyrite") else str(_short(here / "pyrite"))
    python = "python" if shutil.which("pyrite") else str(_short(here / "python"))
    print(paint.bold("That was it. Now try:"))
    for what, why in (
        (f"{python} -m pyrite your_script.py", "a PySpark script of yours, as it is"),
        (f"{command} nc -lk 9999", "a terminal to type lines in, for socketTextStream"),
        (f"{command} kernel install", "then notebooks/01_word_count.ipynb in Jupyter"),
        ("import pyrite; pyrite.init()", "in any notebook or program, before `import pyspark`"),
    ):
        print(f"  {what:42} {paint.dim(why)}")


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
