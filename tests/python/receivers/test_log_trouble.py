"""A write-ahead log whose disk is full or that may not write: what is said, and that nothing is lost or counted twice."""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits and permissions as POSIX has them")

HEAD = """
import logging, os, resource, sys, time
from pyrite import SparkConf, SparkContext
from pyrite.streaming import Receiver, StreamingContext

logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
kept = sys.argv[1]
place = os.path.join(kept, "receivedData", "0")
conf = SparkConf().setMaster("local[2]").setAppName("trouble")
conf.set("spark.streaming.receiver.writeAheadLog.enable", "true")
conf.set("spark.streaming.receiver.blockStoreTimeout", "1")
conf.set("spark.streaming.blockInterval", "10ms")
ssc = StreamingContext(SparkContext(conf=conf), 0.05)
ssc.checkpoint(kept)
go, got = kept + "-go", []

class Lists(Receiver):
    def onStart(self):
        self.store([1, 2])
        while not os.path.exists(go):
            time.sleep(0.01)
        try:
            self.store([3])
        except TimeoutError as error:
            print("timeout:", error)
        self.store([4])

def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, got
        time.sleep(0.01)

ssc.receiverStream(Lists()).foreachRDD(lambda rdd: got.extend(rdd.collect()))
"""


def run(tmp_path, body):
    program = tmp_path / "program.py"
    program.write_text(HEAD + textwrap.dedent(body))
    command = [sys.executable, program, tmp_path / "kept"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_full_disk(tmp_path):
    """No file may grow: the blocks stay in memory, the receiver waits, and all of it is written once there is room."""
    out = run(
        tmp_path,
        """
        ssc.start()
        until(lambda: got == [1, 2])
        before = len(os.listdir(place))
        resource.setrlimit(resource.RLIMIT_FSIZE, (4, resource.RLIM_INFINITY))
        open(go, "w").close()
        time.sleep(2.5)
        print("files:", len(os.listdir(place)) - before)
        print("meanwhile:", got)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        until(lambda: len(got) == 4)
        time.sleep(0.3)
        print("in the end:", got)
        ssc.stop()
        """,
    )
    place = tmp_path / "kept" / "receivedData" / "0"
    said = [line for line in out.splitlines() if "kept in memory" in line]
    assert len(said) == 1, out
    assert f"the write-ahead log {place}" in said[0]
    assert "Is there room on its disk, and may the program write there?" in said[0]
    assert "timeout: rows were not durable after 1 s" in out
    assert "files: 0" in out, "a failed try leaves no file behind"
    assert "meanwhile: [1, 2]" in out
    assert "in the end: [1, 2, 3, 4]" in out


READ_ONLY = """
        os.makedirs(place, 0o755)
        os.chmod({where}, 0o555)
        if os.geteuid() == 0:
            os.seteuid(65534)
        try:
            ssc.start()
        except Exception as error:
            print("refused:", str(error).replace("\\n", " "))
        finally:
            if os.getuid() == 0:
                os.seteuid(0)
            os.chmod({where}, 0o755)
        print("phase:", ssc._streaming.phase)
        """


@pytest.mark.parametrize("where", ["place", "kept"])
def test_a_directory_that_is_read_only(tmp_path, where):
    """The start fails: a log that can't be written is no log."""
    tmp_path.chmod(0o755)
    body = READ_ONLY.replace("{where}", where)
    if where == "kept":
        body = body.replace("os.makedirs(place, 0o755)", "os.chmod(kept, 0o755)")
    out = run(tmp_path, body)
    place = tmp_path / "kept" / "receivedData" / "0"
    said = next(line for line in out.splitlines() if line.startswith("refused:"))
    assert f"the write-ahead log {place}" in said
    assert "can't be made: Permission denied" in said
    assert "Is there room on its disk, and may the program write there?" in said
    assert "phase: stopped" in out
