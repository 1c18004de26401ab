"""Where spilled rows lie: below spark.local.dir, for nobody else to read, gone at the end, swept after a crash."""

import os
import signal
import stat
import subprocess
import sys
import textwrap

import pytest
from pyrite.errors import Py4JJavaError
from pyrite.storagelevel import StorageLevel
from rows import columns


def test_private_and_gone_at_the_end(small, spilling):
    sc = small()
    kept = sc.parallelize(columns(), 4).persist(StorageLevel.MEMORY_AND_DISK)
    assert kept.count() == len(columns())
    (folder,) = spilling.dirs
    assert spilling.files
    if os.name != "nt":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    sc.stop()
    assert spilling.dirs == []
    assert spilling.path.exists()


def test_nothing_is_made_where_nothing_spills(small, spilling, stopped):
    sc = small(limit="64m")
    assert sc.parallelize(columns(3000), 4).sortByKey().count() == 3000
    assert spilling.dirs == []


def test_a_directory_that_cant_be_used_is_left_to_the_others(small, tmp_path):
    blocked, good = tmp_path / "file", tmp_path / "good"
    blocked.write_text("")
    sc = small(**{"spark.local.dir": f"{blocked / 'below'}, {good}"})
    kept = sc.parallelize(columns(), 4).persist(StorageLevel.DISK_ONLY)
    assert kept.count() == len(columns())
    assert list(good.glob("pyrite-spill-*/rows-*"))
    sc.stop()
    assert list(good.iterdir()) == []


PROGRAM = """
    import sys
    from pyrite import SparkConf, SparkContext, StorageLevel
    conf = SparkConf().set("pyrite.memory.limit", "64k").set("spark.local.dir", sys.argv[1])
    sc = SparkContext("local[1]", "killed", conf=conf)
    kept = sc.parallelize([(i, "x" * 100) for i in range(3000)], 2).persist(StorageLevel.DISK_ONLY)
    kept.count()
    print("spilled", flush=True)
    sys.stdin.read()
    sc.stop()
"""


def test_a_killed_process_is_swept_and_a_living_one_is_not(small, spilling):
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(spilling.path)]
    path = os.pathsep.join(p for p in sys.path if p)
    running = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )
        for _ in range(2)
    ]
    dead, alive = running
    try:
        for process in running:
            assert process.stdout.readline() == "spilled\n"
        assert len(spilling.dirs) == 2
        dead.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        dead.wait(20)
        assert len(spilling.dirs) == 2
        sc = small()
        kept = sc.parallelize(columns(3000), 2).persist(StorageLevel.DISK_ONLY)
        assert kept.count() == 3000
        owners = {folder.name.split("-")[2] for folder in spilling.dirs}
        assert owners == {str(alive.pid), str(os.getpid())}
        sc.stop()
        alive.communicate("", timeout=20)
        assert spilling.dirs == []
    finally:
        for process in running:
            process.kill()
            process.communicate()


SIZES = [("64k", 64 << 10), ("3m", 3 << 20), ("3mb", 3 << 20), ("2g", 2 << 30), ("1048576", 1 << 20)]


@pytest.mark.parametrize(("text", "limit"), SIZES)
def test_sizes_with_units(make_sc, text, limit):
    assert make_sc(**{"pyrite.memory.limit": text})._engine.memory["limit"] == limit


@pytest.mark.parametrize("name", ["spark.driver.memory", "spark.executor.memory"])
@pytest.mark.parametrize("text", ["512m", "512"])
def test_spark_s_own_settings(name, text):
    # Made without what the tests' own environment sets, which goes first.
    from pyrite import SparkConf, SparkContext

    with SparkContext("local[1]", "test", conf=SparkConf().set(name, text)) as sc:
        assert sc._engine.memory["limit"] == 512 << 20


def test_a_share_of_the_machine_by_default():
    from pyrite import SparkContext

    with SparkContext("local[1]", "test") as sc:
        assert sc._engine.memory["limit"] > 100 << 20


@pytest.mark.parametrize("name", ["pyrite.memory.limit", "spark.driver.memory"])
@pytest.mark.parametrize("text", ["nonsense", "-1m", "0", "12q", "1.5g"])
def test_nonsense_is_refused_when_the_context_is_made(name, text):
    from pyrite import SparkConf, SparkContext

    with pytest.raises(Py4JJavaError) as caught:
        SparkContext("local[1]", "test", conf=SparkConf().set(name, text))
    assert name in str(caught.value)
    assert "size such as" in str(caught.value)
    with SparkContext("local[1]", "test") as sc:
        assert sc.parallelize([1]).count() == 1
