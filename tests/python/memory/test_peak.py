"""The process stays near the limit, however large the data is."""

import pytest

PROGRAM = """
    import sys
    from peak import Peak
    from pyrite import SparkConf, SparkContext
    conf = SparkConf().set("pyrite.memory.limit", "32m").set("spark.local.dir", sys.argv[1])
    sc = SparkContext("local[2]", "peak", conf=conf)
    ROWS = 1_800_000
    with Peak() as peak:
        rows = sc.range(0, ROWS, 1, 16).map(lambda i: (i * 7919 % 1000003, f"{i:010d}" + "x" * 90))
        if sys.argv[2] == "sort":
            assert rows.sortByKey().count() == ROWS
        else:
            assert rows.groupByKey().count() == min(ROWS, 1000003)
    print(sc._engine.memory["spilled"], peak.bytes)
    sc.stop()
"""


@pytest.mark.slow
@pytest.mark.parametrize("job", ["sort", "group"])
def test_200_mb_under_a_limit_of_32(measured, tmp_path, job):
    spilled, peak = measured(PROGRAM, str(tmp_path), job, timeout=100)
    assert spilled > 100 << 20
    assert peak < (32 + 200) << 20


GROUP = """
    import os, sys
    from peak import Peak
    from pyrite import SparkConf, SparkContext
    conf = SparkConf().set("pyrite.memory.limit", "16m").set("spark.local.dir", sys.argv[1])
    sc = SparkContext("local[2]", "peak", conf=conf.set("pyrite.python.workers", "2"))
    ROWS = 300_000
    rows = sc.range(0, ROWS, 1, 8).map(lambda i: (i % 2, {"text": f"{i:010d}" + "x" * 90}))
    groups = rows.groupByKey(2)
    with Peak() as peak:
        found = groups.mapValues(lambda group: (sum(1 for _ in group), os.getpid())).collect()
    assert [(key, count) for key, (count, _) in found] == [(0, ROWS // 2), (1, ROWS // 2)]
    print(all(pid == os.getpid() for _, (_, pid) in found) + 0, peak.bytes)
    sc.stop()
"""


@pytest.mark.slow
def test_a_group_larger_than_memory_is_not_sent_to_a_worker(measured, tmp_path):
    here, peak = measured(GROUP, str(tmp_path), timeout=100)
    assert here
    assert peak < (16 + 250) << 20
