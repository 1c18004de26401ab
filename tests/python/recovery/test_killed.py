"""A program is killed wherever it is, and started again until it is done: what it counted is what came, exactly."""

import ast
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from kills import finish, journal, launch, lives, needs_kills, printed, run, until
from pyrite.streaming.dstream import DStream

PROGRAM = "killed.py"
pytestmark = needs_kills

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


def text(number: int) -> str:
    return " ".join(f"w{random.Random(number * 31 + i).randrange(50)}" for i in range(40)) + f" file{number}"


def saved(place: Path, name: str, newest: int | None = None) -> dict[int, Counter]:
    """What batches have put there, all or so many of the newest: a long run has made thousands."""
    found = {}
    directories = sorted(place.glob(f"{name}-*"), key=lambda path: int(path.name.rsplit("-", 1)[1]))
    for directory in directories if newest is None else directories[-newest:]:
        rows = "".join(part.read_text() for part in directory.glob("part-*")).splitlines()
        found[int(directory.name.rsplit("-", 1)[1])] = Counter(dict(map(ast.literal_eval, rows)))
    return found


def check(place: Path, texts: list[str]) -> None:
    expected = Counter(word for line in texts for word in line.split())
    counted = sum(saved(place, "counts").values(), Counter())
    assert counted == expected
    assert journal(place)
    if hasattr(DStream, "updateStateByKey"):
        totals = saved(place, "totals", 1)
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
    killed = not run(PROGRAM, place, "manual", PYRITE_KILL_AT=where)
    if killed:
        finish(launch(PROGRAM, place, "manual"), place)
    check(place, texts)
    return killed


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

    def put_more() -> None:
        if texts:  # what was there before the first start is not the stream's
            put()

    for _ in lives(kills, PROGRAM, place, "clock", meanwhile=put_more):
        end = time.monotonic() + chance.uniform(0.0, 0.8)
        while time.monotonic() < end:
            put()
            time.sleep(chance.uniform(0.0, 0.1))
    child = launch(PROGRAM, place, "clock")
    last = {f"file{len(texts) - 1}"}

    def counted() -> bool:
        looked = (saved(place, "counts", 500), saved(place, "totals", 1))
        return all(any(last <= words.keys() for words in found.values()) for found in looked)

    # All batches that were missed are made up for.
    assert until(child, place, counted, pause=0.2, patience=60 + 5 * kills), printed(place)
    time.sleep(0.5)
    (place / "over").touch()
    finish(child, place)
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
