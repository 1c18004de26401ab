"""A program is killed wherever it is, and started again until it is done: what it counted is what came, exactly."""

import ast
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
from pyrite.streaming.dstream import DStream

PROGRAM = Path(__file__).parent / "programs" / "killed.py"
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills as POSIX does")

# The places on the way of a batch to the disk; with a state there are more.
PLACES = [
    "log.record.before",
    "log.record.write.after",
    "log.record.after",
    "output.write.before",
    "output.write.after",
    "output.place.before",
    "output.place.after",
    "output.sync.after",
    "log.settled.before",
    "log.settled.after",
    *(f"checkpoint.{step}" for step in ("write.before", "write.after", "sync.after", "rename.after", "done")),
    "checkpoint.remove.before",
    "checkpoint.remove.after",
    *(f"state.{step}" for step in ("write.before", "write.after", "sync.after", "rename.after", "done")),
]


def launch(place: Path, how: str, **environment: str) -> subprocess.Popen:
    with (place / "output").open("a") as output:
        return subprocess.Popen(
            [sys.executable, PROGRAM, place, how],
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONHASHSEED": "0", "TZ": "UTC", **environment},
        )


def text(number: int) -> str:
    return " ".join(f"w{random.Random(number * 31 + i).randrange(50)}" for i in range(40)) + f" file{number}"


def saved(place: Path, name: str) -> dict[int, Counter]:
    found = {}
    for directory in place.glob(f"{name}-*"):
        rows = "".join(part.read_text() for part in directory.glob("part-*")).splitlines()
        found[int(directory.name.rsplit("-", 1)[1])] = Counter(dict(map(ast.literal_eval, rows)))
    return found


def check(place: Path, texts: list[str]) -> None:
    expected = Counter(word for line in texts for word in line.split())
    counted = sum(saved(place, "counts").values(), Counter())
    assert counted == expected
    # A batch that is run again has the same input.
    seen: dict[float, object] = {}
    for line in (place / "journal").read_text().splitlines():
        try:
            at, rows = json.loads(line)
        except ValueError:
            continue  # killed while it wrote
        assert seen.setdefault(at, rows) == rows
    if hasattr(DStream, "updateStateByKey"):
        totals = saved(place, "totals")
        assert totals[max(totals)] == expected


def prepare(place: Path) -> None:
    for folder in ("incoming", "waiting"):
        (place / folder).mkdir(parents=True)


def killed_at(place: Path, where: str, files: int = 6) -> bool:
    """Runs it, killed there, then to its end; whether it was killed."""
    prepare(place)
    texts = [text(n) for n in range(files)]
    for number, content in enumerate(texts):
        (place / "waiting" / f"{number:03}").write_text(content)
    first = launch(place, "manual", PYRITE_KILL_AT=where).wait(60)
    assert first in (0, -signal.SIGKILL), (place / "output").read_text()
    if first:
        assert launch(place, "manual").wait(60) == 0, (place / "output").read_text()
    check(place, texts)
    return first != 0


@pytest.mark.slow
@pytest.mark.parametrize("where", PLACES)
def test_killed_at_each_place(tmp_path, where):
    # The first checkpoint is the start's; the directory's old files are written with it.
    assert killed_at(tmp_path, f"{where}:{1 if where.startswith('state.') else 2}")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_killed_at_every_number(tmp_path, told):
    number = 1
    while killed_at(tmp_path / str(number), str(number)):
        number += 1
    assert number > 100
    told(f"killed at each of {number - 1} places on the way")


def killed_often(place: Path, kills: int) -> list[str]:
    prepare(place)
    chance = random.Random(7)
    texts: list[str] = []

    def put() -> None:
        content = text(len(texts))
        hidden = place / "waiting" / "next"
        hidden.write_text(content)
        hidden.rename(place / "incoming" / f"{len(texts):05}")
        texts.append(content)

    done = 0
    while done < kills:
        (place / "started").unlink(missing_ok=True)
        child = launch(place, "clock")
        begun = time.monotonic()
        while not (place / "started").exists():
            assert child.poll() is None, (place / "output").read_text()
            assert time.monotonic() < begun + 60
            if done:  # what was there before the first start is not the stream's
                put()
            time.sleep(0.05)
        end = time.monotonic() + chance.uniform(0.0, 0.8)
        while time.monotonic() < end:
            put()
            time.sleep(chance.uniform(0.0, 0.1))
        child.kill()
        child.wait()
        done += 1
    child = launch(place, "clock")
    end = time.monotonic() + 60
    last = {f"file{len(texts) - 1}"}
    while not any(last <= counter.keys() for counter in saved(place, "counts").values()):
        assert time.monotonic() < end, (place / "output").read_text()
        time.sleep(0.2)
    time.sleep(0.5)
    (place / "over").touch()
    assert child.wait(60) == 0, (place / "output").read_text()
    check(place, texts)
    return texts


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_random(tmp_path):
    killed_often(tmp_path, 20)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_200_times_at_random(tmp_path, scaled, told):
    kills = scaled(200)
    begun = time.monotonic()
    texts = killed_often(tmp_path, kills)
    told(f"killed {kills} times in {time.monotonic() - begun:.0f} s: {len(texts)} files of words counted exactly")
