"""Runs the examples of a page of the documentation: its ```python blocks, one after the other, as one program.

A block may say what it prints in a ```text block right behind it (`...` stands for anything), or in a comment behind a
`print(...)`. Where it is typed as in Python's shell (`>>>`) it is a doctest. A comment with a file's name in the first
line is that file's name. Words behind `python` say more:

    python no-test              is not run: it needs what isn't here
    python feed="a line; one"   a stream from a socket on port 9999: these lines are sent to it, and when it has
                                printed what the page says, it is interrupted, as a person would do
    python kafka="topic: m; m"  the same of a stream from Kafka on port 9092: these messages are written to the topic

    python docs/extensions/page_examples.py PAGE ...    runs pages; Sphinx runs all of them, tests/python/docs too
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
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
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

    def visitor(self, seen: Callable[[], bool]) -> Visitor | None:
        """Who feeds its stream."""
        found = re.fullmatch(r'(feed|kafka)="(.*)"', self.words)
        return {"feed": Terminal, "kafka": Broker}[found[1]](found[2], seen) if found else None


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
    # A stream that is interrupted says what it was at; and messages of Pyrite's own are no fault.
    interrupted = any(each.words.startswith(("feed", "kafka")) for each in examples(page))
    said = "" if interrupted else re.sub(r"^pyrite: .*\n", "", done.stderr, flags=re.MULTILINE)
    return None if done.returncode == 0 and not said else done.stderr or done.stdout


def run(page: Path) -> None:
    """Run the examples of a page in this process; for one process, once."""
    import pyrite
    import pyrite.streaming.kafka  # before threads of ours import parts of it

    # A shell starts what runs in the background with interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pyrite.init()
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
    screen = io.StringIO()
    visitor = example.visitor(lambda: _agrees(screen.getvalue(), example))
    with contextlib.ExitStack() as stack:
        if visitor is not None:
            stack.enter_context(visitor)
            code = re.sub(r"(StreamingContext\(\w+, )\d+\)", r"\g<1>0.5)", visitor.changed(code))
        stack.enter_context(contextlib.redirect_stdout(screen))
        Path(name).write_text(code, encoding="utf-8")
        linecache.checkcache(name)
        exec(compile(code, name, "exec"), program.__dict__)
    _end(but=vars(program).values())  # what the page can't name any more was another program's
    if not (visitor and visitor.agreed) and not _agrees(screen.getvalue(), example):
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


class Visitor:
    """Feeds the stream of an example and ends its wait, as a person at a second terminal does."""

    def __init__(self, given: str, seen: Callable[[], bool]) -> None:
        self.given, self.agreed = given, False
        self._seen, self._done = seen, threading.Event()

    def changed(self, code: str) -> str:
        """The code with the address that is there."""
        raise NotImplementedError

    def send(self) -> None:
        """Give the stream what it is to have, once it has started."""
        raise NotImplementedError

    def __enter__(self) -> Visitor:
        threading.Thread(target=self._sit, daemon=True).start()
        return self

    def _sit(self) -> None:
        from pyrite.streaming import StreamingContext

        end = time.monotonic() + _SECONDS
        while StreamingContext.getActive() is None and time.monotonic() < end and not self._done.wait(0.05):
            pass
        try:
            self.send()
            while time.monotonic() < end and not self._done.wait(0.05):
                if self._seen():
                    self.agreed = True
                    break
        finally:
            if not self._done.is_set():
                signal.raise_signal(signal.SIGINT)

    def __exit__(self, *_error: object) -> None:
        self._done.set()


class Terminal(Visitor):
    """Lines for a socket."""

    def __enter__(self) -> Visitor:
        from pyrite.netcat import LineServer

        self._server = LineServer("127.0.0.1", 0)
        return super().__enter__()

    def changed(self, code: str) -> str:
        """With the port."""
        return code.replace("9999", str(self._server.port))

    def send(self) -> None:
        """All lines at once."""
        self._server.send("".join(f"{line.strip()}\n" for line in self.given.split(";")).encode())

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._server.close()


class Broker(Visitor):
    """Messages for a topic: librdkafka's own stand-in for a broker takes them."""

    def __enter__(self) -> Visitor:
        from pyrite._engine import KafkaMock

        self._mock = KafkaMock()  # only this thread may ask it
        self._address = self._mock.address
        for topic in (self.given.partition(":")[0], "totals"):
            self._mock.make_topic(topic, 1)
        return super().__enter__()

    def changed(self, code: str) -> str:
        """With the address."""
        return code.replace("localhost:9092", self._address)

    def send(self) -> None:
        """All messages at once."""
        from pyrite import SparkContext

        topic, _, messages = self.given.partition(":")
        rows = [each.strip() for each in messages.split(";")]
        SparkContext.getOrCreate().parallelize(rows, 1).saveToKafka(topic, {"bootstrap.servers": self._address})


def _end(but: Iterable[object] = ()) -> None:
    from pyrite import SparkContext

    active = SparkContext._active_spark_context
    if active is not None and not any(each is active for each in but):
        active.stop()


def setup(app) -> dict[str, bool]:
    """Sphinx: run all pages first."""
    from sphinx.util import logging
    from sphinx.util.display import status_iterator

    log = logging.getLogger(__name__)

    def run_all(_app) -> None:
        found = pages()
        with ThreadPoolExecutor(os.cpu_count()) as several:
            done = zip(found, several.map(check, found), strict=True)
            show = {"length": len(found), "stringify_func": lambda pair: pair[0].stem}
            for page, wrong in status_iterator(done, "running examples... ", **show):
                if wrong:
                    log.warning("%s: %s", page.relative_to(DOCS), wrong)

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
