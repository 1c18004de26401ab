"""A fresh interpreter for each test: import names and hash seeds are a process's own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a user's shell: no hash seed."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONHASHSEED"}


@pytest.fixture
def python(environment: dict[str, str]) -> Run:
    """`python("-c", code)`: runs this interpreter and gives what it printed."""

    def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        given = {"env": environment, "capture_output": True, "text": True, "encoding": "utf-8", "timeout": 60} | options
        return subprocess.run(command, **given)

    return run


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """Writes a script and gives its path."""

    def write(text: str) -> str:
        path = tmp_path / "program.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write
