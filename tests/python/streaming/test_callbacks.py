"""Functions of the program: any callable, by its own signature, on threads that last."""

import functools
import threading
from datetime import datetime

import pytest
from pyrite.streaming._callbacks import arity

T1 = datetime.fromtimestamp(1)


class Keeper:
    """Methods and an object as callbacks."""

    def __init__(self):
        self.seen = []

    def rdd_only(self, rdd):
        self.seen.append(rdd.collect())
        return self.seen  # a callback may return anything

    def with_time(self, time, rdd):
        self.seen.append((time, rdd.collect()))

    def __call__(self, rdd):
        self.seen.append(rdd.collect())


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (lambda: 0, 0),
        (lambda a, b=1: 0, 2),
        (lambda *a: 0, 0),
        (Keeper().rdd_only, 1),
        (Keeper().with_time, 2),
        (Keeper(), 1),
        (functools.partial(lambda a, b, c: 0, 1), 2),
        (functools.partial(lambda a, b: 0, b=1), 1),
        (print, 1),
        (len, 1),
    ],
)
def test_arity(function, count):
    assert arity(function) == count


def test_any_callable_is_a_callback(ssc, run):
    keeper, plain = Keeper(), []
    q = ssc.queueStream([[1, 2]])
    q.foreachRDD(keeper.rdd_only)
    q.foreachRDD(keeper.with_time)
    q.foreachRDD(keeper)
    q.foreachRDD(functools.partial(lambda sign, rdd: plain.append(sign * rdd.sum()), -1))
    q.foreachRDD(lambda time, rdd: plain.append(time))
    q.foreachRDD(lambda *both: plain.append(len(both)))
    run(ssc, 1)
    assert keeper.seen[:3] == [[1, 2], (T1, [1, 2]), [1, 2]]
    assert plain == [-3, T1, 2]


def test_transform_with_and_without_the_time(ssc, run, watch):
    q = ssc.queueStream([[1, 2]])
    seen = [
        watch(q.transform(lambda rdd: rdd.map(lambda x: x + 1))),
        watch(q.transform(lambda time, rdd: rdd.map(lambda x: (time.second, x)))),
        watch(q.transform(functools.partial(lambda add, rdd: rdd.map(lambda x: x + add), 5))),
        watch(q.transformWith(lambda a, b: a.union(b), q)),
        watch(q.transformWith(lambda time, a, b: b, q)),
    ]
    for function in (lambda: 0, lambda a, b, c: 0, lambda *a: 0):
        with pytest.raises(AssertionError, match="func should take one or two arguments"):
            q.transform(function)
        if function.__code__.co_argcount != 3:
            with pytest.raises(AssertionError, match="func should take two or three arguments"):
                q.transformWith(function, q)
    run(ssc, 1)
    assert seen == [[[[2], [3]]], [[[(1, 1)], [(1, 2)]]], [[[6], [7]]], [[[1], [2], [1], [2]]], [[[1], [2]]]]


def test_a_transform_must_return_an_rdd(ssc, run):
    ssc.queueStream([[1]]).transform(lambda rdd: [1]).pprint()
    with pytest.raises(AttributeError, match="must return an RDD or None, but it returned a list"):
        run(ssc, 1)


def test_functions_run_on_lasting_daemon_threads(ssc, run):
    threads = []

    def keep(rdd):
        threads.append(threading.current_thread())

    ssc.queueStream([[1]]).foreachRDD(keep)
    run(ssc, 3)
    assert len(set(threads)) == 1
    assert threads[0].daemon
    assert threads[0].name == "pyrite-jobs-0"
    assert threads[0] in threading.enumerate()


def test_an_uncached_transform_runs_once_per_consumer(ssc, run):
    calls = {"plain": 0, "cached": 0}

    def counting(name):
        def function(rdd):
            calls[name] += 1
            return rdd

        return function

    q = ssc.queueStream([[1]])
    plain, cached = q.transform(counting("plain")), q.transform(counting("cached")).cache()
    for stream in (plain, cached):
        stream.map(lambda x: x).pprint(0)
        stream.filter(bool).pprint(0)
    run(ssc, 1)
    assert calls == {"plain": 2, "cached": 1}


def test_captures_are_read_at_every_batch(ssc, run, watch):
    factor = 1

    def bump(rdd):
        nonlocal factor
        factor += 1

    q = ssc.queueStream([[1], [1], [1]])
    seen = watch(q.map(lambda x: x * factor))
    q.foreachRDD(bump)
    run(ssc, 3)
    assert [sum(batch, []) for batch in seen] == [[1], [2], [3]]


def test_slice(ssc, run):
    q = ssc.queueStream([[1], [2], [3]])
    q.foreachRDD(lambda rdd: None)
    ssc.remember(60)
    run(ssc, 3)
    assert [rdd.collect() for rdd in q.slice(2, 3)] == [[2], [3]]
    assert [rdd.collect() for rdd in q.slice(datetime.fromtimestamp(1), datetime.fromtimestamp(2))] == [[1], [2]]


def test_explain_before_and_after(ssc, run, capsys):
    stream = ssc.queueStream([["a b"]]).flatMap(lambda line: line.split(" ")).map(lambda w: print(w))
    stream.foreachRDD(lambda rdd: rdd.count())
    stream.explain()
    text = capsys.readouterr().out
    assert "a batch every 1000 ms" in text
    assert "flatMap at test_callbacks.py" in text
    assert "print()" in text
    run(ssc, 1)
    capsys.readouterr()
    stream.explain()
    assert "1 native" in capsys.readouterr().out
