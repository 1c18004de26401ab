"""A function that raises: the user's own exception, a traceback that ends in their line, the notes, and no more."""

import os
import re
import traceback

import pyrite
import pytest

OURS = os.path.dirname(pyrite.__file__)


class TooSmallError(Exception):
    """The user's own exception, with a constructor of its own."""

    def __init__(self, value, least):
        super().__init__(f"{value} is less than {least}")
        self.value = value


def check_least(x):
    if x < 1:
        raise TooSmallError(x, 1)
    return x


def checked_rows(rows):
    for x in rows:
        yield check_least(x)


def look(error, *notes, last="check_least"):
    """Type, traceback, notes and length of what the user gets to see."""
    assert type(error) is TooSmallError
    assert error.value == 0
    frames = traceback.extract_tb(error.__traceback__)
    assert frames[-1].name == last
    assert not [f for f in frames if f.filename.startswith(OURS)]
    assert not [f for f in frames if "site-packages/cloudpickle" in f.filename]
    found = error.__notes__
    assert len(found) == len(notes), found
    for note, expected in zip(found, notes, strict=True):
        assert re.fullmatch(expected, note), note
    text = "".join(traceback.format_exception(error))
    theirs = "".join(traceback.format_list(frames))
    assert len(text.splitlines()) - len(theirs.splitlines()) <= 15


def caught(call):
    with pytest.raises(TooSmallError) as failure:
        call()
    return failure.value


def ran(operation, partition=1, record="0"):
    note = rf"while running {operation} at test_raising\.py:\d+"
    if partition is not None:
        note += f" on partition {partition}"
    return note if record is None else f"{note}; the record: {record}"


def pair(x):
    return (x, x)


ACTIONS = {
    "collect": (lambda r, _: r.map(check_least).collect(), ran("map")),
    "take": (lambda r, _: r.map(check_least).take(4), ran("map")),
    "saveAsTextFile": (lambda r, tmp: r.map(check_least).saveAsTextFile(str(tmp / "out")), ran("map")),
    "count": (lambda r, _: r.filter(check_least).count(), ran("filter")),
    "flatMap": (lambda r, _: r.flatMap(lambda x: [check_least(x)]).collect(), ran("flatMap")),
    "generator": (lambda r, _: r.mapPartitions(checked_rows).collect(), ran("mapPartitions", record=None)),
    "sort key": (lambda r, _: r.sortBy(check_least).collect(), ran("sortBy")),
    "sort key of pairs": (
        lambda r, _: r.map(pair).sortByKey(keyfunc=check_least).collect(),
        ran("sortByKey", record=r"\(0, 0\)"),
    ),
    "partition function": (
        lambda r, _: r.map(pair).partitionBy(2, check_least).collect(),
        ran("partitionBy", record=r"\(0, 0\)"),
    ),
    "partition function of reduceByKey": (
        lambda r, _: r.map(pair).reduceByKey(max, 2, check_least).collect(),
        ran("reduceByKey", record=r"\(0, 0\)"),
    ),
    "reduceByKey": (
        lambda r, _: r.map(lambda x: ("k", x)).reduceByKey(lambda a, b: check_least(b)).collect(),
        ran("reduceByKey", record=r"\('k', 0\)"),
    ),
    "mapValues": (lambda r, _: r.map(pair).mapValues(check_least).collect(), ran("mapValues", record=r"\(0, 0\)")),
    "foreach": (lambda r, _: r.foreach(check_least), ran("foreach", record=None)),
    "a list comprehension": (
        lambda r, _: r.mapPartitions(lambda rows: [check_least(x) for x in rows]).collect(),
        ran("mapPartitions", record=None),
    ),
    "through a generator": (
        lambda r, _: r.map(check_least).mapPartitions(lambda rows: (x for x in rows)).collect(),
        ran("map"),
    ),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_actions(sc, tmp_path, action):
    run, note = ACTIONS[action]
    look(caught(lambda: run(sc.parallelize([5, 1, 2, 0], 2), tmp_path)), note)


def test_records_are_cut(sc):
    def fail(text):
        raise TooSmallError(0, len(text))

    error = caught(lambda: sc.parallelize(["x" * 1000], 1).map(fail).collect())
    look(error, ran("map", 0, "'" + "x" * 199 + r"\.\.\."), last="fail")


def test_a_record_whose_repr_fails(sc):
    class Hidden:
        def __repr__(self):
            raise ValueError("no")

    error = caught(lambda: sc.parallelize([0], 1).map(lambda x: Hidden()).map(lambda h: check_least(0)).collect())
    look(error, ran("map", 0, r"\(its repr failed\)"))


def test_the_lowest_partition_wins(sc):
    error = caught(lambda: sc.parallelize([0, 0, 0, 0], 4).map(check_least).collect())
    look(error, ran("map", 0))


def test_the_same_action_again(sc):
    failing = sc.parallelize([5, 0], 1).map(check_least)
    one, two = caught(failing.collect), caught(failing.collect)
    assert one.__notes__ == two.__notes__
    assert len(traceback.extract_tb(one.__traceback__)) == len(traceback.extract_tb(two.__traceback__))


BATCH = r"in the batch of \d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d"


STREAMS = {
    "map": (lambda q: q.map(check_least).pprint(), ran("map")),
    "saveAsTextFiles": (lambda q: q.map(check_least).saveAsTextFiles("/nowhere/pyrite"), ran("map")),
    "generator": (lambda q: q.mapPartitions(checked_rows).pprint(), ran("mapPartitions", record=None)),
    "sort key": (lambda q: q.transform(lambda rdd: rdd.sortBy(check_least)).pprint(), ran("sortBy")),
    "partition function": (
        lambda q: q.map(pair).partitionBy(2, check_least).pprint(),
        ran("partitionBy", record=r"\(0, 0\)"),
    ),
    "reduceByKey": (
        lambda q: q.flatMap(lambda x: [("k", x), ("k", x)]).reduceByKey(lambda a, b: check_least(b)).pprint(),
        ran("reduceByKey", record=r"\('k', 0\)"),
    ),
    "foreachRDD": (lambda q: q.foreachRDD(lambda rdd: check_least(0)), None),
    "foreachRDD's job": (lambda q: q.foreachRDD(lambda rdd: rdd.map(check_least).count()), ran("map")),
    "transform": (lambda q: q.transform(lambda rdd: check_least(0)).pprint(), None),
}


@pytest.mark.parametrize("case", STREAMS)
def test_streams(failure, case):
    build, note = STREAMS[case]
    error = failure(build, [0])
    look(error, *([note] if note else []), BATCH)
    shown = []
    for _ in range(3):
        again = caught(lambda: failure.ssc.awaitTermination(5))
        assert again is error
        look(again, *([note] if note else []), BATCH)
        shown.append([(f.filename, f.name) for f in traceback.extract_tb(again.__traceback__)][2:])
    assert shown[0] == shown[1] == shown[2]


def test_a_stream_that_goes_on(failure):
    seen = []

    def build(q):
        q.map(check_least).pprint()
        q.foreachRDD(lambda rdd: seen.append(rdd.collect()))

    look(failure(build, [1], [0], [2]), ran("map"), BATCH)
    assert seen == [[1], [0], [2]]
