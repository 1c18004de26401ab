"""A notebook in a real Jupyter kernel, fed by a real netcat."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbclient.util import run_sync

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


See = Callable[[str, float], str]


class Terminal:
    """The feeding terminal: Debian's netcat with lines typed into it."""

    def __init__(self, port: int) -> None:
        netcat = shutil.which("nc")
        if netcat is None:
            pytest.fail("These tests need netcat (Debian's package netcat-openbsd; `make netcat` installs it as root).")
        self._process = subprocess.Popen([netcat, "-lk", "127.0.0.1", str(port)], stdin=subprocess.PIPE)
        time.sleep(0.2)
        if self._process.poll() is not None:
            pytest.fail(f"netcat can't listen on port {port}: is it in use?")

    def type(self, text: str) -> None:
        """Type lines."""
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def close(self) -> None:
        """Ctrl-C."""
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait()


class Student:
    """Runs a notebook's cells in order, and watches and interrupts the one that runs."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client
        self._all = [(at, cell) for at, cell in enumerate(client.nb.cells) if cell.cell_type == "code"]
        self._cells = list(self._all)

    def run_until(self, text: str) -> list[str]:
        """Run the cells before the next code cell that holds the text and give what each printed; none may fail."""
        said = []
        while text not in self._cells[0][1].source:
            said.append(self.run())
        return said

    def back_to(self, text: str) -> None:
        """Go to the first code cell that holds the text."""
        self._cells = list(self._all)
        while text not in self._cells[0][1].source:
            self._cells.pop(0)

    def restart(self) -> None:
        """Restart the kernel, whether it is alive or not; the notebook stays as it is."""
        run_sync(self._client.km.restart_kernel)(now=True)
        run_sync(self._client.kc.wait_for_ready)(timeout=60)

    def run(self) -> str:
        """Run the next cell and give what it printed; it must not fail."""
        cell = self._run()
        errors = [output for output in cell.outputs if output.output_type == "error"]
        assert not errors, f"{cell.source}\n{errors[0].ename}: {errors[0].evalue}"
        return printed(cell)

    def run_watched(self, watch: Callable[[See], None], killed: bool = False) -> tuple[str, float]:
        """Run a cell that waits while `watch` looks on, then interrupt it: what it printed, seconds until it ended.

        Or kill its kernel, which leaves no time to tell of.
        """
        cell = self._cells[0][1]
        failure: list[BaseException] = []

        def see(pattern: str, seconds: float) -> str:
            end = time.monotonic() + seconds
            while not re.search(pattern, printed(cell)):
                assert time.monotonic() < end, f"{pattern!r} was not printed:\n{printed(cell)}"
                time.sleep(0.02)
            return printed(cell)

        def look_on() -> None:
            try:
                watch(see)
            except BaseException as error:  # noqa: BLE001 - raised again below, in the test's thread
                failure.append(error)
            self.interrupted_at = datetime.now(UTC)
            os.kill(self._client.km.provisioner.pid, signal.SIGKILL if killed else signal.SIGINT)

        # What it printed when it ran before is not to be seen.
        cell["outputs"] = []
        watcher = threading.Thread(target=look_on)
        watcher.start()
        try:
            self._run()
        except DeadKernelError:
            assert killed or failure
        watcher.join()
        if failure:
            raise failure[0]
        if killed:
            return printed(cell), 0.0
        # The kernel's own time of the message: reading it here takes longer than the interrupt.
        ended = datetime.fromisoformat(cell.metadata["execution"]["iopub.status.idle"])
        return printed(cell), (ended - self.interrupted_at).total_seconds()

    def _run(self) -> nbformat.NotebookNode:
        at, cell = self._cells.pop(0)
        self._client.execute_cell(cell, at)
        return cell


def printed(cell: nbformat.NotebookNode) -> str:
    """What a cell has printed so far."""
    return "".join(output.text for output in cell.get("outputs", ()) if output.output_type == "stream")


def batches(text: str) -> list[list[str]]:
    """The records of every batch that pprint printed and that wasn't empty."""
    rule = "-" * 43
    blocks = re.split(rf"^{rule}\nTime: .+\n{rule}\n", text, flags=re.MULTILINE)[1:]
    records = [block.partition("\n\n")[0].splitlines() for block in blocks if not block.startswith("\n")]
    return [each for each in records if each]


@pytest.fixture(name="batches")
def _batches() -> Callable[[str], list[list[str]]]:
    """What a text that pprint has printed holds."""
    return batches


@pytest.fixture
def code() -> Callable[[str], list[str]]:
    """The code cells of the notebook of that name."""

    def read(name: str) -> list[str]:
        cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
        return [cell.source for cell in cells if cell.cell_type == "code"]

    return read


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def terminal() -> Iterator[Callable[[int], Terminal]]:
    """Opens the feeding terminal on a port."""
    opened: list[Terminal] = []

    def start(port: int) -> Terminal:
        opened.append(Terminal(port))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


@pytest.fixture
def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Opens a notebook on a kernel, with some texts of its cells changed."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    install = [sys.executable, "-m", "pyrite", "kernel", "install", "--prefix", str(tmp_path)]
    subprocess.run(install, check=True, capture_output=True)

    @contextmanager
    def open_notebook(
        name: str | list[str], kernel: str = "pyrite", first: str | None = None, **changes: str
    ) -> Iterator[Student]:
        """Opens the notebook of that name, or one that holds these cells."""
        if isinstance(name, str):
            notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
        else:
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in name])
        for cell in notebook.cells:
            for old, new in changes.items():
                cell.source = cell.source.replace(old.removeprefix("_"), new)
        if first is not None:
            notebook.cells.insert(0, nbformat.v4.new_code_cell(first))
        client = NotebookClient(
            notebook,
            kernel_name=kernel,
            allow_errors=True,
            timeout=120,
            resources={"metadata": {"path": str(tmp_path)}},
        )
        with client.setup_kernel():
            yield Student(client)

    return open_notebook
