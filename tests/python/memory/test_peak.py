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
