"""Programs of the folder `programs` that are killed and started again: each works in a directory, prints into its file
`output` and writes `started` there once it runs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
needs_kills = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills as POSIX does")


def launch(program: str, place: Path, *arguments: str, **environment: str) -> subprocess.Popen:
    """Starts it."""
    (place / "started").unlink(missing_ok=True)
    with (place / "output").open("a") as output:
        return subprocess.Popen(
            [sys.executable, PROGRAMS / program, place, *arguments],
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONHASHSEED": "0", "TZ": "UTC", **environment},
        )


def printed(place: Path) -> str:
    """What all its runs have printed."""
    return (place / "output").read_text()


def run(program: str, place: Path, *arguments: str, seconds: float = 60, **environment: str) -> bool:
    """Runs it; whether it came to its end: if not, it was killed on the way."""
    child = launch(program, place, *arguments, **environment)
    try:
        code = child.wait(seconds)
    finally:
        child.kill()
    assert code in (0, -signal.SIGKILL), printed(place)
    return code == 0


def until(
    child: subprocess.Popen,
    place: Path,
    condition: Callable[[], bool],
    meanwhile: Callable[[], None] | None = None,
    pause: float = 0.02,
    patience: float = 60,
) -> bool:
    """Waits until something is so; False when the program was killed before."""
    end = time.monotonic() + patience
    while not condition():
        if child.poll() is not None:
            assert child.returncode == -signal.SIGKILL, printed(place)
            return False
        if time.monotonic() > end:
            child.kill()
            raise AssertionError(printed(place))
        if meanwhile is not None:
            meanwhile()
        time.sleep(pause)
    return True


def lives(
    kills: int,
    program: str,
    place: Path,
    *arguments: str,
    meanwhile: Callable[[], None] | None = None,
    **environment: str,
) -> Iterator[None]:
    """Starts it so many times; each time it lives for as long as the loop's body takes, and is killed."""
    for _ in range(kills):
        child = launch(program, place, *arguments, **environment)
        try:
            assert until(child, place, (place / "started").exists, meanwhile), printed(place)
            yield
            assert child.poll() is None, printed(place)
        finally:
            child.kill()
            child.wait()


def finish(child: subprocess.Popen, place: Path, seconds: float = 60) -> None:
    """Waits for its end."""
    assert child.wait(seconds) == 0, printed(place)


def journal(place: Path) -> dict[float, list]:
    """The rows of each batch by its time; one that ran again had the same rows in the same order."""
    batches: dict[float, list] = {}
    for line in (place / "journal").read_text().splitlines():
        try:
            at, rows = json.loads(line)
        except ValueError:
            continue  # killed while it wrote
        assert batches.setdefault(at, rows) == rows, at
    return batches
