"""Programs that go round and round: a round late in the program takes the time and the memory of an early one."""

from __future__ import annotations

import gc
import os
import sys
import time
from statistics import median

import pytest

ROUNDS = 60
TIMES = 4  # of processor time: other tests run beside this one
MEGABYTES = 40


def resident() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_rounds_stay_flat(sc):
    links = sc.parallelize([(i % 300, i * 7 % 300) for i in range(1200)], 2).groupByKey(2).cache()
    ranks = links.mapValues(lambda _: 1.0).cache()
    weight = 0.85
    spent, held = [], []
    for round_ in range(ROUNDS):
        begin = time.process_time()
        weight = 0.85 + round_ * 1e-6  # a capture that is another one in each round
        given = links.join(ranks, 2).flatMap(lambda row: [(page, row[1][1] / len(row[1][0])) for page in row[1][0]])
        new = given.reduceByKey(lambda a, b: a + b, 2).mapValues(lambda rank, w=weight: rank * w + (1 - w)).cache()
        assert new.count() == 300
        ranks.unpersist()
        ranks = new
        spent.append(time.process_time() - begin)
        if round_ % 10 == 9:
            gc.collect()
            held.append(resident())
    assert abs(sum(ranks.values().collect()) - 300) < 1
    assert median(spent[-10:]) <= TIMES * median(spent[:10])
    assert held[-1] <= held[0] + MEGABYTES
