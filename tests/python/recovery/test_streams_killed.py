"""Streams that remember, killed on the way and started again, bring what they bring undisturbed, batch by batch."""

import functools
import random
from pathlib import Path

import pytest
from kills import needs_kills
from kills import run as run_program

FILES = 30
pytestmark = needs_kills
run = functools.partial(run_program, "streams.py", seconds=120)


def prepare(place: Path) -> Path:
    """Files of words that come, pause and come again; every fifth has none."""
    for folder in ("incoming", "waiting"):
        (place / folder).mkdir(parents=True)
    for number in range(FILES):
        chance = random.Random(number)
        words = [f"w{chance.randrange(number, number + 8) % 12}" for _ in range(0 if number % 5 == 4 else 12)]
        (place / "waiting" / f"{number:03}").write_text(" ".join(words) + "\n")
    return place


def results(place: Path) -> dict[str, dict[str, str]]:
    return {
        stream.name: {file.name: file.read_text() for file in sorted(stream.iterdir())}
        for stream in sorted((place / "results").iterdir())
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    place = prepare(tmp_path_factory.mktemp("undisturbed"))
    assert run(place)
    return results(place)


def compare(place: Path, undisturbed: dict[str, dict[str, str]]) -> None:
    found = results(place)
    assert found.keys() == undisturbed.keys()
    for stream, batches in undisturbed.items():
        assert found[stream] == batches, stream


def test_what_it_brings(undisturbed):
    """The reference itself: every stream has its batches, and the totals are those of the files."""
    assert len(undisturbed["total"]) == len(undisturbed["carried"]) == FILES
    assert len(undisturbed["slow"]) == len(undisturbed["plain"]) == FILES // 2
    assert undisturbed["total"] == undisturbed["three"]
    assert '"gone"' in "".join(undisturbed["mapped"].values())
    assert ", 0]" in "".join(undisturbed["carried"].values())
    assert ", 0]" not in "".join(undisturbed["filtered"].values())


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("chance", "kills"),
    [
        (1, 5),
        (2, 5),
        *(pytest.param(n, 30, marks=[pytest.mark.soak, pytest.mark.timeout(1800)]) for n in range(10, 16)),
    ],
)
def test_killed_at_numbered_places(tmp_path, undisturbed, chance, kills):
    place = prepare(tmp_path / "place")
    draw = random.Random(chance)
    killed = 0
    while killed < kills and not run(place, PYRITE_KILL_AT=str(draw.randrange(10, 2200 // kills))):
        killed += 1
    assert run(place)
    compare(place, undisturbed)
    assert killed > 1


@pytest.mark.slow
@pytest.mark.parametrize(("first", "then"), [("local[2]", "local[1]"), ("local[1]", "local[3]")])
@pytest.mark.parametrize("native", ["auto", "off"])
def test_another_parallelism_goes_on(tmp_path, undisturbed, first, then, native):
    place = prepare(tmp_path / "place")
    native = f"pyrite.native={native}"
    assert not run(place, first, PYRITE_KILL_AT="log.settled.before:21", PYRITE_TEST_SETTINGS=native)
    assert run(place, then, PYRITE_TEST_SETTINGS=native)
    compare(place, undisturbed)
