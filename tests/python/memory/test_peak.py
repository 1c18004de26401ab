"""The process stays near the limit, however large the data is."""

import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import sys, threading
    import psutil
    from pyrite import SparkConf, SparkContext
    conf = SparkConf().set("pyrite.memory.limit", "32m").set("spark.local.dir", sys.argv[1])
    sc = SparkContext("local[2]", "peak", conf=conf)
    me, peak, done = psutil.Process(), 0, threading.Event()
    def watch():
        global peak
        while not done.wait(0.02):
            peak = max(peak, sum(p.memory_info().rss for p in [me, *me.children(recursive=True)]))
    sc.parallelize(range(10), 2).map(lambda x: (x, "a")).sortByKey().count()
    before = me.memory_info().rss
    watcher = threading.Thread(target=watch)
    watcher.start()
    rows = sc.range(0, ROWS, 1, 16).map(lambda i: (i * 7919 % 1000003, f"{i:010d}" + "x" * 90))
    if sys.argv[2] == "sort":
        assert rows.sortByKey().count() == ROWS
    else:
        assert rows.groupByKey().count() == min(ROWS, 1000003)
    done.set()
    watcher.join()
    print(sc._engine.memory["spilled"], peak - before, peak)
    sc.stop()
"""


@pytest.mark.slow
@pytest.mark.parametrize("job", ["sort", "group"])
def test_200_mb_under_a_limit_of_32(tmp_path, job):
    pytest.importorskip("psutil")
    program = textwrap.dedent(PROGRAM).replace("ROWS", "1_800_000")
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), job],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    spilled, _, peak = map(int, done.stdout.split())
    assert spilled > 100 << 20
    assert peak < (32 + 200) << 20
