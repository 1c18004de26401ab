"""A program with a write-ahead log is killed wherever it is: what a receiver was told is stored is counted, and once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "received.py"
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills as POSIX does")

# The log's own places, and those at which a batch says what it reads and that it is done.
PLACES = [
    "received.create.after",
    "received.write.before",
    "received.sync.before",
    "received.sync.after",
    "received.remove.before",
    "log.record.before",
    "log.record.write.after",
    "log.record.after",
    "output.place.before",
    "output.place.after",
    "log.settled.before",
    "log.settled.after",
    "checkpoint.rename.after",
    "checkpoint.remove.before",
]


def launch(place: Path, most: int, **environment: str) -> subprocess.Popen:
    with (place / "output").open("a") as output:
        return subprocess.Popen(
            [sys.executable, PROGRAM, place, str(most)],
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONHASHSEED": "0", **environment},
        )


def numbers(place: Path, name: str) -> list[int]:
    path = place / name
    return [int(n) for n in path.read_text().split()] if path.exists() else []


def check(place: Path) -> None:
    output = (place / "output").read_text()
    saved = Counter(
        int(line)
        for directory in place.glob("numbers-*")
        for part in directory.glob("part-*")
        for line in part.read_text().split()
    )
    twice = [n for n, count in saved.items() if count > 1]
    assert not twice, output
    acknowledged, tried = set(numbers(place, "acknowledged")), set(numbers(place, "tried"))
    assert acknowledged <= saved.keys(), (sorted(acknowledged - saved.keys()), output)
    assert saved.keys() <= tried
    assert "can't be read" not in output


@pytest.mark.slow
@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("time", [2, 9])
def test_killed_at_each_place(tmp_path, where, time):
    most = 400 if where != "received.remove.before" else 700
    first = launch(tmp_path, most, PYRITE_KILL_AT=f"{where}:{1 if where == 'received.remove.before' else time}")
    code = first.wait(60)
    assert code in (0, -signal.SIGKILL), (tmp_path / "output").read_text()
    assert code or where in ("received.create.after", "received.remove.before")
    done = len(numbers(tmp_path, "tried"))
    again = launch(tmp_path, max(most, done + 5))
    assert again.wait(60) == 0, (tmp_path / "output").read_text()
    check(tmp_path)


def killed_often(place: Path, kills: int) -> None:
    chance = random.Random(11)
    for _ in range(kills):
        (place / "started").unlink(missing_ok=True)
        child = launch(place, 10**6)
        begun = time.monotonic()
        while not (place / "started").exists():
            assert child.poll() is None, (place / "output").read_text()
            assert time.monotonic() < begun + 60
            time.sleep(0.02)
        time.sleep(chance.uniform(0.0, 0.8))
        assert child.poll() is None, (place / "output").read_text()
        child.kill()
        child.wait()
    child = launch(place, len(numbers(place, "tried")) + 20)
    assert child.wait(60) == 0, (place / "output").read_text()
    check(place)
    assert len(numbers(place, "acknowledged")) > 10 * kills


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_random(tmp_path):
    killed_often(tmp_path, 20)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_200_times_at_random(tmp_path):
    killed_often(tmp_path, 200)
