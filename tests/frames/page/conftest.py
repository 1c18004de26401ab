"""Streaming queries in a program of their own, and a browser to look at their page with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "python" / "page"))
import browser  # noqa: E402

_left_out = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def chromium(request):
    """A real browser. Where there is none its tests don't run, and that is said loudly in the end."""
    if browser.program() is None:
        request.config.stash[_left_out] = True
        pytest.skip("there is no Chromium here")
    with browser.launched() as launched:
        yield launched


class Program:
    """The program of running.py; `base` is where its page is."""

    def __init__(self):
        command = [sys.executable, "-W", "ignore", "-m", "pyrite", str(Path(__file__).with_name("running.py"))]
        paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=paths)
        self.base = self.line()

    def line(self):
        """The next line that it says."""
        return self._process.stdout.readline().strip()

    def stop(self):
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        self._process.stdout.close()


@pytest.fixture(scope="session")
def program(chromium):
    program = Program()
    yield program
    program.stop()


def pytest_terminal_summary(terminalreporter, config):
    if config.stash.get(_left_out, False):
        terminalreporter.write_line(
            "=== THERE IS NO CHROMIUM HERE: the page of streaming queries was NOT opened in a browser ===", red=True
        )
