"""`DStream.explain()` after a run: the rows of all batches, also of lambdas that a transform makes anew in each."""

import re

from pyrite import _engine
from pyrite.testing import advance

LINES = [["to be or", "not to be"], ["to be"], []]


def rows(text: str) -> dict[str, tuple[int, int, int]]:
    """The native, declined and Python rows of each function in an `explain()`, by its step's first word."""
    found = {}
    step = None
    for line in text.splitlines():
        named = re.match(r"\s+(\w+) (?:at|into|<lambda>)", line)
        step = named[1] if named else step
        counts = re.search(r"rows: (\d+) native, (\d+) declined, (\d+) Python", line)
        if counts:
            found[step] = tuple(map(int, counts.groups()))
    return found


def explained(stream, capsys) -> str:
    capsys.readouterr()
    stream.explain()
    return capsys.readouterr().out


def test_the_notebooks_program_shows_the_rows_of_every_function(ssc, run, capsys):
    words = ssc.queueStream(LINES).flatMap(lambda line: line.split(" ")).filter(lambda word: len(word) > 0)
    pairs = words.map(lambda word: word.lower()).map(lambda word: (word, 1))
    counts = pairs.reduceByKey(lambda a, b: a + b)
    sorted_counts = counts.transform(lambda rdd: rdd.sortBy(lambda x: x[1], False))
    sorted_counts.pprint()
    run(ssc, 3)
    text = explained(sorted_counts, capsys)
    # 4 words in the first batch, 2 in the second: each is the key of one row of the sort.
    assert rows(text)["key"] == (6, 0, 0), text
    assert rows(text)["flatMap"] == (3, 0, 0), text
    assert rows(text)["map"] == (8, 0, 0), text
    # A stream on the way to an output tells of the same functions.
    assert rows(explained(pairs, capsys))["map"] == (8, 0, 0)


def test_a_function_is_counted_apart_where_it_stands_twice(ssc, run, capsys):
    numbers = ssc.queueStream([[1, 2], [3]])
    stream = numbers.transform(lambda rdd: rdd.map(lambda x: x + 1).filter(lambda x: x > 2).map(lambda x: x + 1))
    stream.pprint()
    run(ssc, 2)
    counts = re.findall(r"rows: (\d+) native", explained(stream, capsys))
    assert counts == ["2", "3", "3"]


def test_callables_without_code_are_counted_by_their_step(ssc, run, capsys):
    stream = ssc.queueStream([["a", "b"], ["c"]]).transform(lambda rdd: rdd.map(str.upper))
    stream.pprint()
    run(ssc, 2)
    assert "rows: 3 native" in explained(stream, capsys)


def test_code_made_anew_in_every_batch_is_forgotten(ssc, run, monkeypatch):
    made = []
    real = _engine.Tally
    monkeypatch.setattr(_engine, "Tally", lambda: made.append(real()) or made[-1])
    stream = ssc.queueStream([], default=[1, 2])
    stream.transform(lambda rdd: rdd.map(eval("lambda x: x + 1"))).foreachRDD(lambda rdd: rdd.count())
    run(ssc, 1)
    advance(ssc, 400)
    assert max(map(len, made)) == 256
