"""Many small jobs at once, from many threads: none hangs, none gets another's answer, none leaves memory behind."""

import operator
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

THREADS = 8


def small_job(sc, number):
    """One of a few shapes: a total, a shuffle, a join, a sort, an action that stops early and a failing function."""
    rows = sc.parallelize(range(number % 17 + 3), number % 4 + 1)
    n = rows.count()
    kind = number % 6
    if kind == 0:
        assert rows.map(lambda x: x + number).sum() == n * number + n * (n - 1) // 2
    elif kind == 1:
        pairs = rows.map(lambda x: (x % 3, x)).reduceByKey(operator.add, 2)
        assert dict(pairs.collect()) == {k: sum(range(k, n, 3)) for k in range(3)}
    elif kind == 2:
        pairs = rows.map(lambda x: (str(x), [x]))
        assert pairs.join(pairs.mapValues(len), 2).count() == n
    elif kind == 3:
        assert rows.sortBy(lambda x: -x, True, 2).collect() == list(range(n))[::-1]
        assert rows.explain() is None
    elif kind == 4:
        assert rows.map(lambda x: {"n": x}).repartition(5).filter(lambda d: d["n"] == 2).first() == {"n": 2}
    else:
        with pytest.raises(ZeroDivisionError):
            rows.map(lambda x: 1 // (x - 2)).collect()


@pytest.mark.parametrize(
    "jobs",
    [300, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])],
    ids=["short", "long"],
)
def test_small_jobs_from_many_threads(sc, jobs, capsys):
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda number: small_job(sc, number), range(jobs)))
    assert sc.parallelize(range(10), 3).sum() == 45
    assert threading.active_count() < 100
    capsys.readouterr()
