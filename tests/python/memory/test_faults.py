"""One access to a spill file after the other fails: each time a clear error, a context that still works, and nothing
left behind."""

import os
import shutil
import subprocess

import pytest
from pyrite.errors import Py4JJavaError
from pyrite.storagelevel import StorageLevel
from rows import columns, dicts

# Beyond this access the test skips ahead: they are alike.
STEPS = [1, 2, 3, 5, 9, 17, 33, 65, 129, 257, 513, 1025, 2049, 4097]

JOBS = {
    "sort": lambda sc: sc.parallelize(columns(3000), 3).sortByKey(True, 2).collect(),
    "group": lambda sc: sc.parallelize(dicts(1500), 3).groupByKey(2).mapValues(len).collect(),
    "join": lambda sc: sc.parallelize(columns(3000), 3).join(sc.parallelize([(1, 2)], 1), 2).collect(),
    "cache": lambda sc: sc.parallelize(columns(3000), 3).persist(StorageLevel.DISK_ONLY).collect(),
}


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("kind", ["write", "tear", "read"])
def test_each_access_fails_once(small, spilling, job, kind):
    hits = 0
    for n in STEPS:
        sc = small(limit="64k", **{"pyrite.test.spill.fault": f"{kind}:{n}"})
        try:
            rows = JOBS[job](sc)
        except Py4JJavaError as e:
            hits += 1
            told = str(e)
            assert str(spilling.path) in told
            if kind == "read":
                assert "damaged" in told
            else:
                assert "spark.local.dir" in told and "pyrite.memory.limit" in told
            assert sorted(
                sc.parallelize(range(9), 3).map(lambda x: (x % 2, x)).groupByKey().mapValues(len).collect()
            ) == [(0, 5), (1, 4)]
        else:
            assert rows
            break
        finally:
            sc.stop()
            assert spilling.dirs == []
    else:
        pytest.fail("a fault was met after every step")
    assert hits >= 2


def test_a_damaged_file_is_noticed(small, spilling, stopped):
    sc = small()
    kept = sc.parallelize(columns(3000), 2).persist(StorageLevel.DISK_ONLY)
    assert kept.count() == 3000
    for file in spilling.files:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0xFF
        file.write_bytes(data)
    with pytest.raises(Py4JJavaError, match="the file is damaged"):
        kept.collect()
    kept.unpersist()
    assert kept.map(lambda kv: kv[0]).count() == 3000


def test_a_directory_that_cant_be_written(small, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    sc = small(**{"spark.local.dir": str(blocked / "below")})
    with pytest.raises(Py4JJavaError) as caught:
        sc.parallelize(columns(), 2).sortByKey().collect()
    assert str(blocked) in str(caught.value) and "set spark.local.dir" in str(caught.value)
    assert sc.parallelize([1, 2]).sum() == 3


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("mount"),
    reason="mounting a small disk takes root and Linux",
)
def test_a_full_disk(small, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        sc = small(**{"spark.local.dir": str(disk)})
        out = tmp_path / "out"
        sc.parallelize(["a", "b"], 2).saveAsTextFile(str(out))
        kept = sc.parallelize(columns(3000), 2).persist(StorageLevel.DISK_ONLY)
        assert kept.count() == 3000
        big = sc.parallelize(columns(), 4).map(lambda kv: (kv[0], kv[1] * 3))
        with pytest.raises(Py4JJavaError) as caught:
            big.sortByKey().saveAsTextFile(str(tmp_path / "never"))
        told = str(caught.value)
        assert str(disk) in told and "free space there" in told
        # What was there before still is, and the disk is free for smaller work.
        assert sorted(sc.textFile(str(out)).collect()) == ["a", "b"]
        assert kept.collect() == columns(3000)
        kept.unpersist()
        assert sc.parallelize(columns(4000), 2).sortByKey().count() == 4000
        sc.stop()
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
