"""Idle slots help a running task: what comes out, and in which order, is what the task alone gives."""

import functools
import operator
import os
import re
import threading
import time

import pytest
from split_programs import PROGRAMS, rooted

# A helper begins while the task has something to do: tests wait for it.
ALWAYS = {"pyrite.native": "off", "pyrite.test.split": "always"}
ALONE = {"pyrite.native": "off", "pyrite.test.split": "off"}


@pytest.fixture(params=["auto", "2"])
def helped(make_sc, request):
    """A context whose tasks are all helped, which begin here or in a worker."""
    return make_sc("local[2]", **ALWAYS, **{"pyrite.python.workers": request.param})


def away(rdd, capsys):
    """How many rows went through the functions, and how many of them in worker processes."""
    capsys.readouterr()
    rdd.explain()
    said = capsys.readouterr().out
    counts = re.search(r"(\d+) Python(?: \((\d+) of them in worker processes\))?", said)
    return int(counts[1]), int(counts[2] or 0)


def test_a_task_alone_is_helped_and_each_row_counts_once(make_sc, capsys):
    sc = make_sc("local[2]", **ALWAYS)
    rows = sc.parallelize(range(5000), 1).map(lambda x: (x % 7, x * 0.1))
    assert rows.collect() == [(x % 7, x * 0.1) for x in range(5000)]
    all_rows, there = away(rows, capsys)
    assert all_rows == 5000
    assert 0 < there < 5000


def test_by_itself_a_long_task_is_helped(make_sc, capsys):
    sc = make_sc("local[2]", **{"pyrite.native": "off"})

    def long(x):
        total = 0
        for i in range(3000):
            total += i * x
        return total

    rows = sc.parallelize(range(8000), 1).map(long)
    expected = [x * 3000 * 2999 // 2 for x in range(8000)]
    for done in range(1, 20):  # until a worker has started in time
        assert rows.collect() == expected
        all_rows, there = away(rows, capsys)
        assert all_rows == 8000 * done
        if there:
            break
    assert 0 < there < all_rows


def test_short_tasks_are_not(make_sc, capsys):
    sc = make_sc("local[2]", **{"pyrite.native": "off"})
    rows = sc.parallelize(range(3000), 3).map(lambda x: x + 1)
    for _ in range(5):
        assert rows.count() == 3000
    assert away(rows, capsys) == (15000, 0)


def test_with_one_thread_or_without_workers_nobody_helps(make_sc, capsys):
    for master, workers in (("local[1]", "auto"), ("local[2]", "0")):
        sc = make_sc(master, **ALWAYS, **{"pyrite.python.workers": workers})
        rows = sc.parallelize(range(500), 1).map(lambda x: x + 1)
        assert rows.sum() == 125250
        assert away(rows, capsys) == (500, 0)
        sc.stop()


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("threads", [1, 2])
def test_answers_are_those_of_a_task_alone(make_sc, name, threads, tmp_path):
    answers = []
    for settings in (ALONE, ALWAYS):
        for workers in ("auto", "2"):
            sc = make_sc(f"local[{threads}]", **settings, **{"pyrite.python.workers": workers})
            answers.append(repr([program(sc, tmp_path) for program in PROGRAMS[name]]))
            sc.stop()
    assert answers[1:] == answers[:1] * 3


@pytest.mark.parametrize("at", [0, 30, 411, 999])
def test_the_error_is_that_of_the_first_row_that_fails(helped, at):
    def fails(x):
        if x >= at:
            raise ValueError(f"row {x}")
        return x

    rows = helped.parallelize(range(1000), 1).map(rooted).map(fails)
    with pytest.raises(ValueError, match=f"row {at}") as caught:
        rows.collect()
    assert caught.value.args == (f"row {at}",)
    assert any(str(at) in note for note in caught.value.__notes__)
    assert rows.take(at) == list(range(at))
    seen = helped.accumulator(0)

    def lives_on(rows):
        try:
            for _ in rows:
                seen.add(1)
        except ValueError as error:
            yield str(error)

    assert rows.mapPartitions(lives_on).collect() == [f"row {at}"]
    assert seen.value == at


def test_functions_that_remember_are_called_in_one_place(helped):
    seen, count = [], 0

    def remembers(x):
        seen.append(x)
        return len(seen)

    def counts(x):
        nonlocal count
        count += 1
        return count

    def by_default(x, known={}):  # noqa: B006
        known[x % 50] = x
        return len(known)

    class Box:
        made = []  # noqa: RUF012

        def __init__(self, x):
            self.made.append(x)

    def of_class(x):
        Box(x)
        return len(Box.made)

    def of_function(x):
        of_class.calls = getattr(of_class, "calls", 0) + 1
        return of_class.calls

    source = helped.parallelize(range(400), 1)
    assert source.map(remembers).collect() == list(range(1, 401))
    assert source.map(counts).collect() == list(range(1, 401))
    assert source.map(by_default).collect() == [*range(1, 51), *[50] * 350]
    assert source.map(of_class).collect() == list(range(1, 401))
    assert source.map(of_function).collect() == list(range(1, 401))


def test_rows_that_share_what_a_function_changes_stay_together(helped):
    one = [0]
    rows = helped.parallelize([one] * 300, 1).map(lambda row: row.append(1) or len(row))
    alone = rows.collect()
    assert alone == sorted(alone)


def test_accumulators_count_each_row_once(helped):
    plain, real = helped.accumulator(0), helped.accumulator(0.0)

    def adds(x):
        plain.add(1)
        real.add(0.1)
        return x

    assert helped.parallelize(range(1000), 2).map(lambda x: x * 2).map(adds).filter(lambda x: x % 3).count() == 666
    assert plain.value == 1000
    # One after the other: `sum` compensates since 3.12.
    half = functools.reduce(operator.add, [0.1] * 500)
    assert real.value == half + half


def test_a_partition_function_that_wants_few_rows_makes_none_fail_behind_them(helped):
    rows = helped.parallelize(range(1000), 1).map(lambda x: 10 // (500 - x))

    def few(rows):
        return [next(rows) for _ in range(20)]

    assert rows.mapPartitions(few).collect() == [10 // (500 - x) for x in range(20)]


def test_a_task_that_is_cancelled_leaves_nobody_behind(make_sc):
    sc = make_sc("local[2]", **ALWAYS)

    def slow(x):
        time.sleep(0.01)
        return x

    ended = []

    def run():
        sc.setJobGroup("long", "a long job")
        try:
            sc.parallelize(range(100_000), 1).map(slow).count()
        except Exception as error:  # noqa: BLE001 - whatever it is, it ended
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not sc.statusTracker().getActiveJobsIds():
        time.sleep(0.01)
    time.sleep(0.5)
    sc.cancelJobGroup("long")
    thread.join(30)
    assert len(ended) == 1
    assert sc.parallelize(range(100), 2).map(lambda x: x + 1).sum() == 5050


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="the processes are found by /proc")
def test_a_helper_that_is_killed_is_not_missed(program):
    said = program(
        """
        import os, signal, threading, time
        from pyrite import SparkConf, SparkContext
        conf = SparkConf().set("pyrite.native", "off").set("pyrite.test.split", "always")
        sc = SparkContext("local[2]", "test", conf=conf)
        def slow(x):
            time.sleep(0.001)
            return x
        done, killed = [], []
        def kill():
            while not done and len(killed) < 3:
                for task in os.listdir("/proc/self/task"):
                    try:
                        children = open(f"/proc/self/task/{task}/children").read().split()
                    except OSError:
                        continue
                    for child in children:
                        os.kill(int(child), signal.SIGKILL)
                        killed.append(child)
                time.sleep(0.3)
        thread = threading.Thread(target=kill)
        thread.start()
        for _ in range(3):
            print(sc.parallelize(range(2000), 1).map(slow).collect() == list(range(2000)))
        done.append(1)
        thread.join()
        print(len(killed) > 0)
        """,
        PYTHONHASHSEED="0",
    )
    assert said.split() == ["True"] * 4, program.err
