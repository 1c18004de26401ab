"""Streams that remember, after batches that could not be made or that nobody read whole: nothing is lost, nothing piles up."""

import os

import pytest
from keyed_functions import add, sub, updated
from pyrite.testing import advance

pytestmark = pytest.mark.usefixtures("directory_known")


class Lookup:
    """A function for transform that fails while `down`."""

    def __init__(self):
        self.down = False

    def __call__(self, rdd):
        if self.down:
            raise ConnectionError("no answer")
        return rdd


def run(ssc, batches, lookup=None, down=()):
    """Runs batches; the lookup fails in those of `down`."""
    for number in batches:
        if lookup is not None:
            lookup.down = number in down
        ssc._clock.advance(1000)
        assert ssc._streaming.wait_idle(20)


@pytest.mark.parametrize("where", ["before", "beside"])
@pytest.mark.parametrize("outage", [1, 2, 5])
def test_a_state_has_all_that_came_while_batches_could_not_be_made(context, where, outage):
    """As in Spark: the first batch that can be made makes up for those before."""
    lookup, seen = Lookup(), []
    q = context.queueStream([[("a", 1 << i), (i, 1)] for i in range(10)])
    if where == "beside":
        q.transform(lookup).foreachRDD(lambda rdd: None)
    else:
        q = q.transform(lookup)
    q.updateStateByKey(updated, 2).foreachRDD(lambda time, rdd: seen.append((time.second, dict(rdd.collect()))))
    context.start()
    run(context, range(1, 11), lookup, range(3, 3 + outage))
    context.stop(False)
    assert [second for second, _ in seen] == [t for t in range(1, 11) if not 3 <= t < 3 + outage]
    for second, state in seen:
        assert state == {"a": (1 << second) - 1, **dict.fromkeys(range(second), 1)}


def test_files_that_came_meanwhile_are_in_the_state(ssc, tmp_path):
    lookup, seen = Lookup(), []
    lines = ssc.textFileStream(str(tmp_path))
    lines.transform(lookup).foreachRDD(lambda rdd: None)
    lines.map(lambda line: (line, 1)).updateStateByKey(updated).foreachRDD(lambda rdd: seen.append(dict(rdd.collect())))
    ssc.start()
    for number in range(1, 8):
        (tmp_path / f"f{number}").write_text(f"{number}\n")
        os.utime(tmp_path / f"f{number}", (0, 0))
        run(ssc, [number], lookup, range(2, 6))
    ssc.stop(False)
    assert seen[-1] == {str(number): 1 for number in range(1, 8)}


@pytest.mark.parametrize("where", ["before", "beside"])
@pytest.mark.parametrize("outage", [1, 3, 12])
def test_a_window_is_of_its_batches_after_an_outage(context, where, outage):
    lookup, seen = Lookup(), []
    q = context.queueStream([[("a", 1 << i)] for i in range(24)])
    if where == "beside":
        q.transform(lookup).foreachRDD(lambda rdd: None)
    else:
        q = q.transform(lookup)
    w = q.reduceByKeyAndWindow(add, sub, 6, 1, 2)
    w.foreachRDD(lambda time, rdd: seen.append((time.second, dict(rdd.collect()))))
    context.start()
    run(context, range(1, 25), lookup, range(8, 8 + outage))
    context.stop(False)
    assert [second for second, _ in seen] == [t for t in range(1, 25) if not 8 <= t < 8 + outage]
    for second, sums in seen:
        assert sums == {"a": (1 << second) - (1 << max(0, second - 6))}


@pytest.mark.parametrize("inverse", [sub, None])
def test_a_window_of_which_only_the_first_rows_are_read_holds_on_to_nothing(context, inverse):
    q = context.queueStream([[(i % 50, 1) for i in range(100)]] * 40)
    w = q.reduceByKeyAndWindow(add, inverse, 6, 1, 4)
    w.foreachRDD(lambda rdd: rdd.take(1))
    context.start()
    lines = []
    for _ in range(30):
        advance(context)
        lines.append(len(w._explained().splitlines()))
    assert max(lines[20:]) <= max(lines[10:20])
    end = context._streaming.zero / 1000 + 30
    [rdd] = w.slice(end, end)
    assert sorted(rdd.collect()) == [(key, 12) for key in range(50)]
    context.stop(False)


def test_a_window_over_nothing_asks_for_no_batch_again(ssc):
    asked = []

    def nothing_at_first(time, rdd):
        asked.append(time.second)
        return rdd if len(asked) > 60 else None

    q = ssc.queueStream([], default=[("a", 1)]).transform(nothing_at_first).cache()
    q.reduceByKeyAndWindow(add, sub, 6, 1).foreachRDD(lambda rdd: rdd.collect())
    ssc.start()
    advance(ssc, 30)
    # Each batch is asked for by the windows that it is in, and by no later ones.
    assert 30 <= len(asked) <= 30 * 8


def test_a_state_behind_a_long_outage_is_computed(ssc):
    """More states than a stack has room for, none of them computed before the function succeeds."""
    broken, seen = [True], []

    def update(new, old):
        if broken and len(new) == 2:
            raise ValueError("not now")
        return (old or 0) + len(new)

    q = ssc.queueStream([[("a", 1)], [("a", 1), ("a", 1)]], default=[("a", 1)])
    states = q.updateStateByKey(lambda new, old: update(new, old), 1)
    states.foreachRDD(lambda rdd: seen.append(rdd.collect()) if not broken else None)
    ssc.start()
    run(ssc, range(2100))
    broken.clear()
    run(ssc, range(1))
    assert seen == [[("a", 2102)]]
