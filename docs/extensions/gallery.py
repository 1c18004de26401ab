"""Executes the notebooks of `notebooks/` on the kernel 'Python (Pyrite)' and puts them, with what they printed, into
the documentation (`docs/notebooks`, which is made anew each time).

Where a notebook reads from a terminal or from Kafka, somebody types here what it says; a cell that waits for its
stream is interrupted once it has shown what it should. Seconds are shortened for that and shown as they stand. A Korean
edition has the same code (the tests hold that) and gets the same output.

With PYRITE_DOCS_KEEP=1 notebooks that haven't changed are not executed again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient import NotebookClient

DOCS = Path(__file__).parents[1]
NOTEBOOKS = DOCS.parent / "notebooks"
MADE = DOCS / "notebooks"
_SECONDS = 60


@dataclass
class Visit:
    """What is typed once a stream has started, and what is to be shown after that, as a pattern."""

    typed: str
    shows: str


@dataclass
class Reader:
    """How a notebook is read: its texts that are other ones here, and what is typed into each of its streams."""

    changes: dict[str, str] = field(default_factory=dict)
    visits: list[list[Visit]] = field(default_factory=list)
    kafka: bool = False
    # It needs more than these pages are made with: what is stored with it is shown, which the tests hold.
    stored: bool = False


_WORDS = "to be or not to be\n"
READERS = {
    "01_word_count": Reader(
        {"(sc,10)": "(sc,1)", "Timeout(25)": "Timeout(3)"},
        [
            [Visit("the cat and the dog and the bird\n", r"\('the', 3\)(?s:.)*\n\n"), Visit("a bird\n", r"\('a', 1\)")],
            [Visit("one two two three three three\n", "")],
        ],
    ),
    "02_windows": Reader(
        {"(sc,2)": "(sc,0.5)", ", 6, 2": ", 1.5, 0.5", ", 10, 2": ", 2.5, 0.5", "(6, 2)": "(1.5, 0.5)"},
        [[Visit(_WORDS, r"\('be', 2\)(?s:.)*\('last ten seconds'(?s:.)*\('lines', 1\)")]],
    ),
    "03_state_and_recovery": Reader(
        {"(sc,2)": "(sc,0.5)", "timeout(10)": "timeout(1)"},
        [
            [Visit(_WORDS, r"\('be', 2\)"), Visit(_WORDS, r"\('be', 4\)")],
            [Visit("to be\nto\n", "'not heard for a while'")],
            [Visit(_WORDS, r"\('be', 2\)"), Visit("be\n", r"\('be', 3\)")],
        ],
    ),
    "04_kafka": Reader({"(sc,2)": "(sc,0.5)"}, [[Visit("", r"\('question', 1\)(?s:.)*\n\n")]], kafka=True),
    "08_dataframes": Reader(stored=True),
    "09_structured_streaming": Reader(stored=True),
}


def execute(path: Path) -> nbformat.NotebookNode:
    """The notebook with what its cells print; a cell that fails is an error."""
    shown = nbformat.read(path, as_version=4)
    reader = READERS.get(path.stem, Reader())
    if reader.stored:
        return shown
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        changes = {**reader.changes, **_surroundings(reader, stack)}
        played = nbformat.from_dict(shown)
        for cell in played.cells:
            for old, new in changes.items():
                cell.source = cell.source.replace(old, new)
        client = NotebookClient(
            played,
            kernel_name="pyrite",
            timeout=_SECONDS * 2,
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        )
        stack.enter_context(client.setup_kernel())
        streams, started = iter(reader.visits), 0
        for at, cell in enumerate(played.cells):
            if cell.cell_type == "code":
                # A stream prints below the cell that waits for it, and until one does below the one that started it.
                started = at if ".start()" in cell.source else started
                _execute(client, at, lambda since=started: printed(played.cells[since:]), streams)
    for cell, done in zip(shown.cells, played.cells, strict=True):
        if cell.cell_type == "code":
            # A progress bar that has gone leaves an empty display.
            cell.outputs = [output for output in done.outputs if output.output_type != "display_data"]
            cell.execution_count = done.execution_count
    return shown


_server = None


def _surroundings(reader: Reader, stack: contextlib.ExitStack) -> dict[str, str]:
    """What the notebook needs beside it: a terminal with lines, a broker."""
    global _server
    from pyrite.netcat import LineServer

    _server = stack.enter_context(contextlib.closing(LineServer("127.0.0.1", 0)))
    changes = {"9999": str(_server.port)}
    if reader.kafka:
        from pyrite._engine import KafkaMock

        mock = KafkaMock()
        stack.callback(lambda: mock)
        for topic in ("words", "counts"):
            mock.make_topic(topic, 1)
        changes["localhost:9092"] = mock.address
    return changes


def _execute(client: NotebookClient, at: int, screen: Callable[[], str], streams: Iterator[list[Visit]]) -> None:
    cell = client.nb.cells[at]
    if "awaitTermination" not in cell.source:
        client.execute_cell(cell, at)
        return
    waits = "OrTimeout" not in cell.source
    failed: list[str] = []

    def visit() -> None:
        for each in next(streams):
            _server.send(each.typed.encode())
            end = time.monotonic() + _SECONDS
            while each.shows and not re.search(each.shows, screen()):
                if time.monotonic() > end:
                    failed.append(f"{each.shows!r} was not printed:\n{screen()}")
                    break
                time.sleep(0.05)
        if waits:
            asyncio.run(client.km.interrupt_kernel())

    visitor = threading.Thread(target=visit)
    visitor.start()
    client.execute_cell(cell, at)
    visitor.join()
    if failed:
        raise RuntimeError(failed[0])


def printed(cells: list[nbformat.NotebookNode]) -> str:
    """What cells have printed so far."""
    outputs = (output for cell in cells for output in cell.get("outputs", ()))
    return "".join(output.text for output in outputs if output.output_type == "stream")


@contextlib.contextmanager
def _kernel() -> Iterator[None]:
    """The kernel 'Python (Pyrite)' of this Python, for as long as the notebooks run."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        said = {"JUPYTER_PATH": str(place / "share" / "jupyter"), "IPYTHONDIR": str(place / "ipython")}
        before = {name: os.environ.get(name) for name in (*said, "PYTHONHASHSEED")}
        os.environ.update(said)
        os.environ.pop("PYTHONHASHSEED", None)
        install = [sys.executable, "-m", "pyrite", "kernel", "install", "--prefix", str(place)]
        subprocess.run(install, check=True, capture_output=True)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def make(tell=print) -> Iterator[tuple[Path, Exception]]:
    """Execute all notebooks and put them into the documentation; those that fail."""
    keep = os.environ.get("PYRITE_DOCS_KEEP", "") not in ("", "0")
    if not keep:
        shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir(exist_ok=True)
    with _kernel():
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            if path.stem.endswith(".ko"):
                continue
            korean = path.with_suffix(".ko.ipynb")
            print_of = hashlib.sha256(path.read_bytes() + korean.read_bytes()).hexdigest()
            mark = MADE / f".{path.stem}"
            if mark.exists() and mark.read_text() == print_of:
                continue
            tell(f"executing {path.name}")
            try:
                done = execute(path)
            except Exception as error:  # noqa: BLE001 - told of, with the notebook's name
                yield path, error
                continue
            _write(done, MADE / path.name)
            _write(translated(done, korean), MADE / korean.name.replace(".ko.", "_ko."))
            mark.write_text(print_of)


def translated(done: nbformat.NotebookNode, korean: Path) -> nbformat.NotebookNode:
    """The Korean edition with the output of the same code."""
    edition = nbformat.read(korean, as_version=4)
    outputs = [cell for cell in done.cells if cell.cell_type == "code"]
    for cell in edition.cells:
        if cell.cell_type == "code":
            same = outputs.pop(0)
            cell.outputs, cell.execution_count = same.outputs, same.execution_count
    return edition


def _write(notebook: nbformat.NotebookNode, path: Path) -> None:
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when each cell began and ended
        # Links among the editions and notebooks lead to pages here.
        cell.source = re.sub(r"(\]\(\w+)\.ko(\.ipynb\))", r"\1_ko\2", cell.source)
    nbformat.write(notebook, path)


def setup(app) -> dict[str, bool]:
    """Sphinx: execute them before the pages are read."""
    from sphinx.util import logging

    log = logging.getLogger(__name__)

    def execute_all(_app) -> None:
        for path, error in make(log.info):
            log.warning("%s: %s", path.name, error)

    app.connect("builder-inited", execute_all)
    return {"parallel_read_safe": True}
