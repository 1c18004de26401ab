"""A receiver with a write-ahead log and checkpoints, killed and started again: what was acknowledged is counted, once."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "received_with_checkpoints.py"
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills as POSIX does")
STORED = 10  # rows that a call of `store` has


def launch(place: Path, **environment: str) -> subprocess.Popen:
    (place / "started").unlink(missing_ok=True)
    with (place / "output").open("a") as output:
        return subprocess.Popen(
            [sys.executable, PROGRAM, place],
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONHASHSEED": "0", "TZ": "UTC", **environment},
        )


def wait(place: Path, child: subprocess.Popen, condition) -> bool:
    """Until something is so; False when the program was killed before."""
    end = time.monotonic() + 60
    while not condition():
        if child.poll() is not None:
            assert child.returncode == -signal.SIGKILL, (place / "output").read_text()
            return False
        assert time.monotonic() < end, (place / "output").read_text()
        time.sleep(0.02)
    return True


def acknowledged(place: Path) -> int:
    """How many numbers were: a line is theirs if it is whole."""
    path = place / "acknowledged"
    lines = path.read_text().splitlines() if path.exists() else []
    return max((int(line) for line in lines if line.endswith("9")), default=-1) + 1


def finish(place: Path, kills: int) -> None:
    child = launch(place)
    before = acknowledged(place)
    assert wait(place, child, lambda: acknowledged(place) > before + 200)
    (place / "enough").touch()
    time.sleep(0.3)
    (place / "over").touch()
    assert child.wait(60) == 0, (place / "output").read_text()
    # A batch that ran again had the same rows in the same order.
    batches: dict[float, list[int]] = {}
    for line in (place / "journal").read_text().splitlines():
        try:
            at, rows = json.loads(line)
        except ValueError:
            continue  # killed while it wrote
        assert batches.setdefault(at, rows) == rows, at
    times = Counter(n for rows in batches.values() for n in rows)
    count = acknowledged(place)
    assert set(times) >= set(range(count)), "what was acknowledged is there"
    # What was stored and not acknowledged was sent again.
    again = [n for n, seen in times.items() if seen > 1]
    assert len(again) <= STORED * kills
    newest = max(place.glob("totals-*.json"), key=lambda path: float(path.stem.removeprefix("totals-")))
    assert dict(json.loads(newest.read_text())) == dict(Counter(times.values())), "the state has all batches, each once"


def killed_often(place: Path, kills: int) -> None:
    chance = random.Random(3)
    for _ in range(kills):
        child = launch(place)
        assert wait(place, child, (place / "started").exists)
        time.sleep(chance.uniform(0.0, 1.2))
        child.kill()
        child.wait()
    finish(place, kills)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_killed_three_times(tmp_path):
    killed_often(tmp_path, 3)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_200_times(tmp_path, scaled, told):
    kills = scaled(200)
    killed_often(tmp_path, kills)
    told(
        f"a receiver with a write-ahead log killed {kills} times: {acknowledged(tmp_path)} acknowledged numbers counted"
    )


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("where", ["received.write.before", "received.sync.before", "received.sync.after"])
@pytest.mark.parametrize("number", [1, 40])
def test_killed_at_the_logs_own_places(tmp_path, where, number):
    child = launch(tmp_path, PYRITE_KILL_AT=f"{where}:{number}")
    assert not wait(tmp_path, child, lambda: acknowledged(tmp_path) > 5000)
    finish(tmp_path, 1)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_killed_at_many_numbers(tmp_path):
    for number in range(1, 120):
        place = tmp_path / str(number)
        place.mkdir()
        child = launch(place, PYRITE_KILL_AT=str(number))
        assert not wait(place, child, lambda place=place: acknowledged(place) > 20_000)
        finish(place, 1)
