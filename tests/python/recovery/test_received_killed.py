"""A receiver with a write-ahead log and checkpoints, killed and started again: what was acknowledged is counted, once."""

import json
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from kills import finish, journal, launch, lives, needs_kills, printed, until

PROGRAM = "received_with_checkpoints.py"
pytestmark = needs_kills
STORED = 10  # rows that a call of `store` has


def acknowledged(place: Path) -> int:
    """How many numbers were: a line is theirs if it is whole."""
    path = place / "acknowledged"
    lines = path.read_text().splitlines() if path.exists() else []
    return max((int(line) for line in lines if line.endswith("9")), default=-1) + 1


def check_another_run(place: Path, kills: int) -> None:
    child = launch(PROGRAM, place)
    before = acknowledged(place)
    assert until(child, place, lambda: acknowledged(place) > before + 200), printed(place)
    (place / "enough").touch()
    time.sleep(0.3)
    (place / "over").touch()
    finish(child, place)
    times = Counter(n for rows in journal(place).values() for n in rows)
    count = acknowledged(place)
    assert set(times) >= set(range(count)), "what was acknowledged is there"
    # What was stored and not acknowledged was sent again.
    again = [n for n, seen in times.items() if seen > 1]
    assert len(again) <= STORED * kills
    newest = max(place.glob("totals-*.json"), key=lambda path: float(path.stem.removeprefix("totals-")))
    assert dict(json.loads(newest.read_text())) == dict(Counter(times.values())), "the state has all batches, each once"


def killed_often(place: Path, kills: int) -> None:
    chance = random.Random(3)
    for _ in lives(kills, PROGRAM, place):
        time.sleep(chance.uniform(0.0, 1.2))
    check_another_run(place, kills)


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
    child = launch(PROGRAM, tmp_path, PYRITE_KILL_AT=f"{where}:{number}")
    assert not until(child, tmp_path, lambda: acknowledged(tmp_path) > 5000)
    check_another_run(tmp_path, 1)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_killed_at_many_numbers(tmp_path):
    for number in range(1, 120):
        place = tmp_path / str(number)
        place.mkdir()
        child = launch(PROGRAM, place, PYRITE_KILL_AT=str(number))
        assert not until(child, place, lambda place=place: acknowledged(place) > 20_000)
        check_another_run(place, 1)
