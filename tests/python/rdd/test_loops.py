"""Many rows go through a chain in a loop of Python's own: rows, order, laziness, errors and counts are those of few rows."""

import collections
import contextlib
import functools
import io
import itertools
import operator
import random
import re
import sys
import threading
import time
import traceback

import pytest

ROWS = 1000  # in one partition, and far more than go one by one


@pytest.fixture
def off(make_sc):
    """A context that runs every function in this process's interpreter."""
    context = make_sc("local[2]", **{"pyrite.native": "off", "pyrite.python.workers": 0})
    yield context
    context.stop()


def first(pair):
    return pair[0]


# Operations on rows that are ints or pairs of ints: what they need, what they make, how RDDs and plain Python do them.
STEPS = [
    ("int", "int", lambda r: r.map(lambda x: x * 3 - 1), lambda i: (x * 3 - 1 for x in i)),
    ("int", "int", lambda r: r.map(abs), lambda i: map(abs, i)),
    ("int", "int", lambda r: r.filter(lambda x: x % 3), lambda i: (x for x in i if x % 3)),
    ("int", "int", lambda r: r.filter(lambda x: []), lambda i: ()),
    ("int", "int", lambda r: r.flatMap(lambda x: range(x % 4)), lambda i: (y for x in i for y in range(x % 4))),
    ("int", "int", lambda r: r.flatMap(lambda x: (y for y in (x, -x))), lambda i: (y for x in i for y in (x, -x))),
    ("int", "pair", lambda r: r.map(lambda x: (x % 7, x)), lambda i: ((x % 7, x) for x in i)),
    ("int", "pair", lambda r: r.keyBy(lambda x: x % 5), lambda i: ((x % 5, x) for x in i)),
    ("pair", "pair", lambda r: r.mapValues(lambda v: v + 1), lambda i: ((k, v + 1) for k, v in i)),
    ("pair", "pair", lambda r: r.map(list).mapValues(lambda v: v - 1), lambda i: ((k, v - 1) for k, v in i)),
    ("pair", "pair", lambda r: r.flatMapValues(lambda v: (v, 0)), lambda i: ((k, w) for k, v in i for w in (v, 0))),
    ("pair", "pair", lambda r: r.map(lambda p: (p[0], p[1], 9)).mapValues(abs), lambda i: ((k, abs(v)) for k, v in i)),
    ("pair", "int", lambda r: r.map(lambda p: p[0] + p[1]), lambda i: (k + v for k, v in i)),
    ("pair", "int", lambda r: r.values(), lambda i: (v for _, v in i)),
]


def merged(rows, create, merge):
    table = {}
    for key, value in rows:
        table[key] = merge(table[key], value) if key in table else create(value)
    return table


# Actions by what they need; those of pairs are compared as dicts.
ENDS = {
    "int": [
        (lambda r: r.collect(), list),
        (lambda r: r.count(), lambda rows: len(list(rows))),
        (lambda r: r.take(37), lambda rows: list(rows)[:37]),
        (lambda r: r.fold(0, lambda a, b: a * 2 - b), None),
        (lambda r: r.sortBy(lambda x: -x).collect(), lambda rows: sorted(rows, key=lambda x: -x)),
        (lambda r: r.map(lambda x: x).distinct().count(), lambda rows: len(set(rows))),
        (lambda r: r.aggregate((0, 0), lambda a, x: (a[0] + x, a[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1])),
         lambda rows: (lambda rows: (sum(rows), len(rows)))(list(rows))),
    ],
    "pair": [
        (lambda r: r.collect(), list),
        (lambda r: dict(r.reduceByKey(lambda a, b: a * 2 - b, 1).collect()),
         lambda rows: merged(rows, lambda v: v, lambda a, b: a * 2 - b)),
        (lambda r: dict(r.combineByKey(lambda v: [v], lambda a, v: [*a, v], lambda a, b: a + b, 1).collect()),
         lambda rows: merged(rows, lambda v: [v], lambda a, v: [*a, v])),
        (lambda r: {k: list(v) for k, v in r.groupByKey(1).collect()},
         lambda rows: merged(rows, lambda v: [v], lambda a, v: [*a, v])),
        (lambda r: dict(r.foldByKey(10, lambda a, b: a - b, 1).collect()),
         lambda rows: merged(rows, lambda v: 10 - v, lambda a, v: a - v)),
        (lambda r: r.sortByKey(numPartitions=1).keys().collect(), lambda rows: sorted(map(first, rows))),
        (lambda r: r.keys().countByValue(), lambda rows: collections.Counter(map(first, rows))),
    ],
}  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_random_chains_are_what_plain_python_makes_of_them(sc, seed):
    draw = random.Random(seed)
    for _ in range(6):
        size = draw.choice([0, 1, 31, 32, 33, 500, 5000])
        kind, steps = "int", []
        for _ in range(draw.randrange(1, 6)):
            step = draw.choice([step for step in STEPS if step[0] == kind])
            steps.append(step)
            kind = step[1]
        end, model = draw.choice([end for end in ENDS[kind] if end[1] is not None])
        data = [draw.randrange(-50, 50) for _ in range(size)]
        rdd, rows = sc.parallelize(data, 1), iter(data)
        for _, _, ours, plain in steps:
            rdd, rows = ours(rdd), plain(rows)
        assert end(rdd) == model(rows)


def test_a_fold_goes_from_left_to_right(off):
    rows = off.parallelize([0.1] * ROWS, 2).map(lambda x: x).map(lambda x: x * 3)
    # Not by `sum`, which compensates from 3.12 on.
    half = functools.reduce(operator.add, [0.1 * 3] * (ROWS // 2))
    assert rows.reduce(lambda a, b: a + b) == half + half


BREAK = {
    "map": lambda r, f: r.map(f),
    "filter": lambda r, f: r.filter(f),
    "flatMap": lambda r, f: r.flatMap(lambda x: [f(x)]),
    "mapValues": lambda r, f: r.map(lambda x: (1, x)).mapValues(f),
    "flatMapValues": lambda r, f: r.map(lambda x: (1, x)).flatMapValues(lambda x: [f(x)]),
    "keyBy": lambda r, f: r.keyBy(f),
    "sortBy": lambda r, f: r.sortBy(f),
    "reduceByKey": lambda r, f: r.map(lambda x: (1, x)).reduceByKey(lambda a, b: f(b)),
    "aggregateByKey": lambda r, f: r.map(lambda x: (1, x)).aggregateByKey(0, lambda a, b: f(b), max),
    "fold": lambda r, f: r.sortBy(lambda x: 1).map(lambda x: x).fold(0, lambda a, b: f(b)),
}


def raised(call):
    with pytest.raises(Exception) as failure:
        call()
    return failure.value


def run(rdd):
    return rdd.collect() if hasattr(rdd, "collect") else rdd


@pytest.mark.parametrize("operation", BREAK)
@pytest.mark.parametrize("behind", [False, True])
def test_a_function_that_raises_is_told_with_its_row(off, operation, behind):
    def breaks(x):
        return 1 // (x - 700)

    rows = off.parallelize(range(ROWS), 1).map(lambda x: x).filter(lambda x: True)

    def job():
        made = BREAK[operation](rows, breaks)
        if behind and hasattr(made, "collect"):
            made = made.map(lambda x: x).map(lambda x: x)
        return run(made)

    error = raised(job)
    assert type(error) is ZeroDivisionError
    assert traceback.extract_tb(error.__traceback__)[-1].name == "breaks"
    assert {frame.filename for frame in traceback.extract_tb(error.__traceback__)} == {__file__}
    note = error.__notes__[0]
    assert note.startswith(f"while running {operation} at test_loops.py")
    record = {
        "mapValues": "(1, 700)",
        "flatMapValues": "(1, 700)",
        "reduceByKey": "(1, 700)",
        "aggregateByKey": "(1, 700)",
    }
    if operation != "fold":
        assert note.endswith(f"; the record: {record.get(operation, '700')}")


def test_a_row_that_is_no_pair_is_told(off):
    error = raised(lambda: off.parallelize(range(ROWS), 1).map(lambda x: x).reduceByKey(max).collect())
    assert type(error) is TypeError
    assert "; the record: 0" in error.__notes__[0]
    error = raised(lambda: off.parallelize(range(ROWS), 1).map(lambda x: (x, 1, 2)).reduceByKey(max).collect())
    assert "too many values to unpack" in str(error)
    error = raised(lambda: off.parallelize(range(ROWS), 1).map(lambda x: x).map(lambda x: x).mapValues(abs).collect())
    assert "not subscriptable" in str(error)
    error = raised(lambda: off.parallelize(range(ROWS), 1).map(lambda x: ([], 1)).reduceByKey(max).collect())
    assert "unhashable" in str(error)
    assert "reduceByKey" in error.__notes__[0]


def test_what_flat_map_returns_must_be_iterable(off):
    rows = off.parallelize(range(ROWS), 1).map(lambda x: x)
    error = raised(lambda: rows.flatMap(lambda x: [x] if x < 500 else x).count())
    assert type(error) is TypeError
    assert "; the record: 500" in error.__notes__[0]
    assert any("must return a list" in note for note in error.__notes__)


def test_an_iterator_that_raises_is_flat_maps(off):
    def some(x):
        yield x
        if x == 500:
            raise ValueError("half way")

    rows = off.parallelize(range(ROWS), 1).map(lambda x: x)
    for job in (
        lambda: rows.flatMap(some).count(),
        lambda: rows.flatMap(some).map(lambda x: (x, 1)).reduceByKey(max).count(),
    ):
        error = raised(job)
        assert str(error) == "half way"
        assert error.__notes__[0].startswith("while running flatMap at test_loops.py")
        assert traceback.extract_tb(error.__traceback__)[-1].name == "some"


def test_stop_iteration_fails_the_task(off):
    def stops(x):
        return next(iter(())) if x == 500 else x

    rows = off.parallelize(range(ROWS), 1).map(lambda x: x)
    for job in (
        lambda: rows.map(stops).collect(),
        lambda: rows.filter(stops).count(),
        lambda: rows.flatMap(lambda x: [stops(x)]).collect(),
        lambda: rows.map(stops).map(lambda x: (1, x)).reduceByKey(max).collect(),
        lambda: rows.map(lambda x: (1, x)).reduceByKey(lambda a, b: stops(b)).collect(),
    ):
        error = raised(job)
        assert isinstance(error, RuntimeError)
        assert "StopIteration" in str(error)
        assert traceback.extract_tb(error.__traceback__)[-1].name == "stops"


def test_rows_behind_the_last_one_taken_are_not_made(off, calls):
    rows = off.parallelize(range(ROWS), 1).map(calls.mark).map(lambda x: x).filter(lambda x: x % 2)
    assert rows.take(100) == list(range(1, 200, 2))
    assert calls.count == 200
    assert off.parallelize([1] * 500 + [0], 1).map(lambda x: 1 // x).map(lambda x: x).take(400) == [1] * 400
    endless = off.parallelize(range(ROWS), 1).map(lambda x: x).flatMap(lambda x: itertools.count())
    assert endless.take(300) == list(range(300))


def test_a_row_is_let_go_before_the_end(off):
    def alive(x):
        class Big:
            pass

        import gc
        import weakref

        kept = vars(alive).setdefault("kept", weakref.WeakSet())
        one = Big()
        kept.add(one)
        if x % 100 == 99:
            gc.collect()
        return one, len(kept)

    rows = off.parallelize(range(ROWS), 1).map(alive).map(lambda pair: pair[1])
    assert max(rows.collect()[100::100]) <= 104


def test_calls_are_counted(off):
    rows = off.parallelize(range(ROWS), 1).map(lambda x: x)
    halves = rows.filter(lambda x: x % 2)
    more = halves.flatMap(lambda x: [x, x, x])
    last = more.map(lambda x: (x % 10, 1))
    assert last.reduceByKey(lambda a, b: a + b).count() == 5
    counted = counts_of(last)
    assert counted == [ROWS, ROWS, ROWS // 2, 3 * ROWS // 2]
    assert last.take(10)
    more_calls = [now - before for now, before in zip(counts_of(last), counted, strict=True)]
    assert more_calls == [8, 8, 4, 10]


def test_calls_are_counted_where_a_partition_function_stops_early(off):
    rows = off.parallelize(range(ROWS), 1).map(lambda x: x).filter(lambda x: x % 2).map(lambda x: x)
    some = rows.mapPartitions(lambda i: list(itertools.islice(i, 100)))
    assert len(some.collect()) == 100
    assert counts_of(rows) == [200, 200, 100]


def skipping(rows):
    """Rows, and what is caught in between."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except (ValueError, ZeroDivisionError, RuntimeError) as error:
            yield type(error).__name__


def test_a_partition_function_may_catch_an_error_and_go_on(off):
    def odd(x):
        if x % 100 == 7:
            raise ValueError(x)
        return x

    rows = off.parallelize(range(ROWS), 1)
    made = rows.map(odd).map(lambda x: x).mapPartitions(skipping).collect()
    assert made == [x if x % 100 != 7 else "ValueError" for x in range(ROWS)]
    made = rows.flatMap(lambda x: [x] * 3).map(lambda x: 1 // (x % 10)).mapPartitions(skipping).collect()
    assert len(made) == 3 * ROWS
    assert made.count("ZeroDivisionError") == 3 * ROWS // 10


def test_a_raised_exception_keeps_no_rows(off):
    def divide(x):
        return 1 // (x - 700)

    rows = off.parallelize(range(ROWS), 1).map(lambda x: x)
    for job in (rows.map(divide), rows.map(lambda x: (x, divide(x))).reduceByKey(max)):
        innermost = raised(job.collect).__traceback__
        while innermost.tb_next:
            innermost = innermost.tb_next
        frame = innermost.tb_frame
        while frame := frame.f_back:
            if frame.f_code.co_filename.endswith("<chain>"):
                assert not dict(frame.f_locals)


def test_a_source_row_is_let_go_soon(off):
    def grown(row):
        import weakref

        class Big:
            pass

        alive = vars(grown).setdefault("alive", weakref.WeakSet())
        row["image"] = one = Big()
        alive.add(one)
        return len(alive)

    rows = off.parallelize([{"n": i} for i in range(4000)], 1).map(grown).map(lambda x: x)
    assert max(rows.collect()) <= 300


def test_functions_that_stop_in_a_debugger_go_one_by_one(off):
    def stops(x):
        if x < 0:
            breakpoint()  # noqa: T100 - never reached, only seen
        import sys

        frame = sys._getframe().f_back
        return frame is not None and frame.f_code.co_filename.endswith("<chain>")

    rows = off.parallelize(range(ROWS), 1).map(lambda x: x)
    assert not any(rows.map(stops).collect())


def test_who_asks_for_its_callers_module_gets_a_name(off):
    def caller(x):
        import sys

        return sys._getframe().f_back.f_globals["__name__"]

    rows = off.parallelize(range(ROWS), 1).map(lambda x: x)
    assert sorted(rows.map(caller).distinct().collect()) == ["pyrite._fused", "pyrite._runtime"]


def counts_of(rdd):
    """How many rows went through each function of the chain, from the first on, by explain's text."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        rdd.explain()
    return [int(number) for number in re.findall(r"declined, (\d+) Python", out.getvalue())][::-1]


@pytest.mark.parametrize("end", ["filter", "table"])
def test_a_job_in_a_loop_can_be_cancelled(off, tmp_path, end):
    started = tmp_path / "started"

    def many(x):
        started.touch()
        return iter(int, 1)  # zeros, without end

    rows = off.parallelize(range(100), 1).map(lambda x: x).map(lambda x: x).flatMap(many)
    job = rows.filter(lambda x: x) if end == "filter" else rows.map(lambda x: (x, 1)).reduceByKey(lambda a, b: b)
    failed = []

    def work():
        off.setJobGroup("endless", "never ends")
        failed.append(raised(job.collect))

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 20
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    off.cancelJobGroup("endless")
    thread.join(20)
    assert not thread.is_alive()
    assert "cancelled" in str(failed[0])
    # Both slots are free again: each of these two tasks waits for the other.
    meeting = tmp_path / "meeting"
    meeting.mkdir()

    def meets(x):
        (meeting / str(x)).touch()
        end = time.monotonic() + 20
        while len(list(meeting.iterdir())) < 2 and time.monotonic() < end:
            time.sleep(0.01)
        return len(list(meeting.iterdir()))

    assert off.parallelize(range(2), 2).map(meets).collect() == [2, 2]


def test_a_tracer_sees_no_line_of_the_loop(off):
    seen = set()

    def tracer(frame, event, argument):
        seen.add(frame.f_code.co_filename)
        return tracer

    threading.settrace(tracer)
    sys.settrace(tracer)
    try:
        assert off.parallelize(range(ROWS), 2).map(lambda x: x).map(lambda x: x + 1).sum() == ROWS * (ROWS + 1) // 2
    finally:
        sys.settrace(None)
        threading.settrace(None)
    assert not [name for name in seen if name.endswith("<chain>")]
