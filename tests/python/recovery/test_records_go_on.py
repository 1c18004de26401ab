"""State whose keys or values are records goes on, whichever path made it."""

from collections import namedtuple

import pytest
from pyrite.streaming.state import StateSpec

Word = namedtuple("Word", "text size")


def keyed(lines):
    return lines.map(lambda line: (Word(line, len(line)), 1))


def total(new, old):
    return sum(new) + (old or 0)


def total_in_dict(new, old):
    return {"n": sum(new) + (old["n"] if old else 0)}


def total_in_tuple(new, old):
    return Word("n", sum(new) + (old.size if old else 0))


def counted(key, value, state):
    state.update((state.get() if state.exists() else 0) + (value or 0))
    return (key, state.get())


X, W = Word("x", 1), Word("w", 1)
# What is built, and what the last batch has of "w" and "x".
BUILDS = {
    "keys": (lambda lines: keyed(lines).updateStateByKey(total), [(W, 2), (X, 5)]),
    "keys of mapWithState": (lambda lines: keyed(lines).mapWithState(StateSpec.function(counted)), [(W, 2), (X, 5)]),
    "keys of a window": (
        lambda lines: keyed(lines).reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 9, 1),
        [(W, 2), (X, 5)],
    ),
    "dicts": (
        lambda lines: lines.map(lambda line: (line, 1)).updateStateByKey(total_in_dict),
        [("w", {"n": 2}), ("x", {"n": 5})],
    ),
    "tuples": (
        lambda lines: lines.map(lambda line: (line, 1)).updateStateByKey(total_in_tuple),
        [("w", Word("n", 2)), ("x", Word("n", 5))],
    ),
}


@pytest.mark.parametrize("before", ["auto", "off"])
@pytest.mark.parametrize("after", ["auto", "off"])
@pytest.mark.parametrize("build", BUILDS)
def test_state_of_records_goes_on(program, seen, build, before, after):
    made, expected = BUILDS[build]
    program.start(lambda lines: made(lines).foreachRDD(seen.keep), **{"pyrite.native": before})
    program.batch(one="x\nx")
    program.batch(two="x")
    program.stop()
    program.start(lambda lines: None, **{"pyrite.native": after})
    program.batch(three="x\nw")
    program.batch(four="w\nx")
    time, rows = seen.rows[-1]
    assert (time, len(seen.rows)) == (4, 4)
    assert rows == expected
    assert [type(key) for key, _ in rows] == [type(key) for key, _ in expected]
