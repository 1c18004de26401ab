"""A program with a write-ahead log is killed wherever it is: what a receiver was told is stored is counted, and once."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from kills import finish, launch, lives, needs_kills, printed, run

PROGRAM = "received.py"
pytestmark = needs_kills

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


def numbers(place: Path, name: str) -> list[int]:
    path = place / name
    return [int(n) for n in path.read_text().split()] if path.exists() else []


def check(place: Path) -> None:
    output = printed(place)
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
    number = 1 if where == "received.remove.before" else time
    ended = run(PROGRAM, tmp_path, str(most), PYRITE_KILL_AT=f"{where}:{number}")
    assert not ended or where in ("received.create.after", "received.remove.before")
    done = len(numbers(tmp_path, "tried"))
    finish(launch(PROGRAM, tmp_path, str(max(most, done + 5))), tmp_path)
    check(tmp_path)


def killed_often(place: Path, kills: int, catching_up: float = 60) -> None:
    """The last run has so many seconds for the batches of all those before."""
    chance = random.Random(11)
    # The first run's settings are those of all.
    patience = {"CATCHING_UP": f"{catching_up:.0f}s"}
    for _ in lives(kills, PROGRAM, place, str(10**6), **patience):
        time.sleep(chance.uniform(0.0, 0.8))
    finish(launch(PROGRAM, place, str(len(numbers(place, "tried")) + 20), **patience), place, catching_up)
    check(place)
    assert len(numbers(place, "acknowledged")) > 10 * kills


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_random(tmp_path):
    killed_often(tmp_path, 20)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_200_times_at_random(tmp_path, scaled, told):
    kills = scaled(200)
    # Some ten batches of each life have not run, and each takes a few hundredths of a second.
    killed_often(tmp_path, kills, 600)
    told(f"a write-ahead log killed {kills} times: {len(numbers(tmp_path, 'acknowledged'))} numbers saved once each")
