"""What a save in Hadoop's formats leaves: nothing when it fails, and what a killed process left goes away."""

import os
import subprocess
import sys
import threading

import pytest
from pyrite._hadoop import output


def test_rows_that_fail_while_others_are_written(make_sc, tmp_path):
    sc = make_sc("local[4]")

    def rows(index, _):
        if index == 0:
            raise ZeroDivisionError
        for i in range(20_000):
            yield i, i

    for attempt in range(5):
        pairs = sc.parallelize(range(12), 12).mapPartitionsWithIndex(rows)
        with pytest.raises(ZeroDivisionError):
            pairs.saveAsHadoopFile(str(tmp_path / f"o{attempt}"), "org.apache.hadoop.mapred.TextOutputFormat")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_written_into_while_it_is_removed(tmp_path):
    folder = tmp_path / "f"
    folder.mkdir()
    stopped = threading.Event()

    def write():
        for i in range(300):
            try:
                (folder / str(i)).write_text("x")
            except FileNotFoundError:
                return
        stopped.set()

    writer = threading.Thread(target=write)
    writer.start()
    output._remove(str(folder))
    writer.join()
    assert not folder.exists()


KILLED = """
import os, sys
from pyrite._hadoop import output
folder = output._beside(sys.argv[1])
os.makedirs(folder)
open(os.path.join(folder, "part-00000"), "w").close()
os._exit(9)
"""


@pytest.mark.skipif(os.name != "posix", reason="names of processes")
def test_what_a_killed_process_left(sc, tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "killed")], check=False)
    mine = output._beside(str(tmp_path / "mine"))
    os.makedirs(mine)
    assert len(list(tmp_path.iterdir())) == 2
    sc.parallelize([1]).saveAsTextFile(str(tmp_path / "saved"))
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([os.path.basename(mine), "saved"])


def test_a_context_needs_no_hadoop():
    program = (
        "import sys, pyrite; pyrite.SparkContext('local[1]', 'x'); "
        "print([m for m in sys.modules if m.startswith('pyrite._hadoop.')])"
    )
    said = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said.strip() == "[]"
