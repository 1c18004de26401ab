"""Runs the examples of a page of the documentation: its ```python blocks, one after the other, as one program.

A block may say what it prints in a ```text block right behind it (`...` stands for anything), or in a comment behind a
`print(...)`. Where it is typed as in Python's shell (`>>>`) it is a doctest. A comment with a file's name in the first
line is that file's name. Words behind `python` say more:

    python no-test              is not run: it needs what isn't here
    python feed="a line; one"   a stream from a socket on port 9999: these lines are sent to it, and when it has
                                printed what the page says, it is interrupted, as a person would do

    python docs/extensions/examples.py PAGE ...    runs pages; Sphinx runs all of them, and so does tests/python/docs
"""

from __future__ import annotations

import contextlib
import doctest
import io
import linecache
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```python *([^\n]*)\n(.*?)^```$(?:\n+^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)
_SECONDS = 60


@dataclass
class Example:
    """A block of a page."""

    words: str
    code: str
    prints: str | None
    line: int

    @property
    def runs(self) -> bool:
        """Whether it is to be run."""
        return self.words != "no-test"

    @property
    def feed(self) -> list[str] | None:
        """The lines that its stream is given."""
        found = re.fullmatch(r'feed="(.*)"', self.words)
        return found[1].split(";") if found else None


class Failed(Exception):
    """An example didn't do what its page says."""


def pages() -> list[Path]:
    """All pages that have examples."""
    found = (path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
    return sorted(path for path in found if any(each.runs for each in examples(path)))


def examples(page: Path) -> Iterator[Example]:
    """The Python blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        yield Example(found[1], found[2], found[3], text.count("\n", 0, found.start()) + 2)


def check(page: Path) -> str | None:
    """Run a page in a process of its own, as a reader would; what went wrong."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONUTF8": "1", "COLUMNS": "80"}
    command = [sys.executable, "-W", "error", str(Path(__file__)), str(page)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300)
    # Messages of Pyrite's own are no fault: a stream says that it has connected, or what it gave up on.
    said = re.sub(r"^(pyrite: |Interrupted: the StreamingContext).*\n", "", done.stderr, flags=re.MULTILINE)
    return None if done.returncode == 0 and not said else done.stderr or done.stdout


def run(page: Path) -> None:
    """Run the examples of a page in this process; for one process, once."""
    program = types.ModuleType("__main__")
    sys.modules["__main__"] = program
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, contextlib.chdir(folder):
        for number, example in enumerate(examples(page), 1):
            if not example.runs:
                continue
            try:
                _run(example, f"{page.stem}_{number}.py", program)
            except Failed as failed:
                raise Failed(f"{page}:{example.line}: {failed}") from None
        _end()


def _run(example: Example, name: str, program: types.ModuleType) -> None:
    if example.code.startswith(">>>"):
        test = doctest.DocTestParser().get_doctest(example.code, program.__dict__, name, name, 0)
        test.globs = program.__dict__
        said = io.StringIO()
        if doctest.DocTestRunner(verbose=False).run(test, out=said.write, clear_globs=False).failed:
            raise Failed(said.getvalue())
        return
    named = re.match(r"# (\w+\.py)$", example.code, re.MULTILINE)
    name, code = named[1] if named else name, example.code
    screen, terminal = io.StringIO(), None
    with contextlib.ExitStack() as stack:
        if example.feed is not None:
            terminal = stack.enter_context(_Terminal(example.feed, lambda: _agrees(screen.getvalue(), example)))
            code = code.replace("9999", str(terminal.port))
            code = re.sub(r"(StreamingContext\(\w+, )\d+\)", r"\g<1>0.5)", code)
        stack.enter_context(contextlib.redirect_stdout(screen))
        Path(name).write_text(code, encoding="utf-8")
        linecache.checkcache(name)
        exec(compile(code, name, "exec"), program.__dict__)
    if not (terminal and terminal.agreed) and not _agrees(screen.getvalue(), example):
        raise Failed(f"it printed\n{screen.getvalue()}")


def _agrees(printed: str, example: Example) -> bool:
    shown = re.findall(r"print\(.*\)\s+# (.+)", example.code)
    return all(each in printed for each in shown) and (
        example.prints is None or re.fullmatch(_pattern(example.prints), printed) is not None
    )


def _pattern(prints: str) -> str:
    """What a page says is printed: a line of `...` stands for any lines, `...` in a line for anything there."""
    return "".join(
        "(?:.*\n)*" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
        for line in prints.splitlines()
    )


class _Terminal:
    """Feeds the stream of an example and ends its wait, as a person at a second terminal does."""

    def __init__(self, lines: list[str], seen) -> None:
        from pyrite.netcat import LineServer

        self._lines, self._seen, self._done, self.agreed = lines, seen, threading.Event(), False
        self._server = LineServer("127.0.0.1", 0)
        self.port = self._server.port

    def __enter__(self) -> _Terminal:
        self._thread = threading.Thread(target=self._sit, daemon=True)
        self._thread.start()
        return self

    def _sit(self) -> None:
        end = time.monotonic() + _SECONDS
        self._server.send("".join(f"{line.strip()}\n" for line in self._lines).encode())
        while time.monotonic() < end and not self._done.wait(0.05):
            if self._seen():
                self.agreed = True
                break
        if not self._done.is_set():
            signal.raise_signal(signal.SIGINT)

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._server.close()


def _end() -> None:
    from pyrite import SparkContext

    active = SparkContext._active_spark_context
    if active is not None:
        active.stop()


def setup(app) -> dict[str, bool]:
    """Sphinx: run all pages first."""
    from sphinx.util import logging
    from sphinx.util.display import status_iterator

    log = logging.getLogger(__name__)

    def run_all(app) -> None:
        found = pages()
        for page in status_iterator(found, "running examples... ", length=len(found), stringify_func=lambda p: p.stem):
            wrong = check(page)
            if wrong:
                log.warning("%s", wrong, location=str(page))

    app.connect("builder-inited", run_all)
    return {"parallel_read_safe": True}


def main() -> int:
    """Run the pages that are named."""
    for name in sys.argv[1:]:
        try:
            run(Path(name).resolve())
        except Failed as failed:
            print(failed, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
