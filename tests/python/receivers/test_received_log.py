"""The write-ahead log of receivers: a block is there once it is durable, and comes again after a crash."""

import os
import signal
import stat
import subprocess
import sys
import textwrap

import pytest
from pyrite.errors import Py4JJavaError
from pyrite.streaming import Receiver
from pyrite.testing import advance

LOGGED = {"spark.streaming.receiver.writeAheadLog.enable": "true"}


class Lists(Receiver):
    def __init__(self, lists):
        super().__init__()
        self.lists = lists
        self.acknowledged = []

    def onStart(self):
        for rows in self.lists:
            self.store(rows)
            self.acknowledged.append(rows)


def test_it_needs_a_directory(manual):
    ssc = manual(**LOGGED)
    ssc.receiverStream(Lists([])).foreachRDD(lambda rdd: None)
    with pytest.raises(Py4JJavaError, match="Cannot enable receiver write-ahead log without checkpoint directory set"):
        ssc.start()


def test_blocks_are_on_the_disk_when_a_call_returns(manual, until, tmp_path):
    ssc = manual(**LOGGED)
    ssc.checkpoint(str(tmp_path / "kept"))
    receiver = Lists([[1, 2], ["a"], [{"k": 1}]])
    got = []
    ssc.receiverStream(receiver).foreachRDD(lambda rdd: got.extend(rdd.collect()))
    ssc.start()
    until(lambda: len(receiver.acknowledged) == 3)
    place = tmp_path / "kept" / "receivedData" / "0"
    (file,) = place.iterdir()
    assert file.stat().st_size > 100
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    advance(ssc)
    assert got == [1, 2, "a", {"k": 1}]
    ssc.stop()


PROGRAM = """
import os, signal, sys, time
from pyrite import SparkConf, SparkContext
from pyrite.streaming import Receiver, StreamingContext
from pyrite.testing import advance, manual_clock_conf

directory, role = sys.argv[1:]

class Point:
    def __init__(self, n):
        self.n = n

class Lists(Receiver):
    def __init__(self, n):
        super().__init__()
        self.n = n
    def onStart(self):
        # What `role` was is written with the class; the arguments are this run's.
        if sys.argv[2] == "first":
            for k in range(self.n):
                self.store([k, Point(k)])
            print("stored", flush=True)

def show(time, rdd):
    rows = [row if isinstance(row, int) else f"p{row.n}" for row in rdd.collect()]
    print(time.timestamp(), rows, flush=True)

def make():
    conf = manual_clock_conf().setMaster("local[2]").setAppName("kept")
    conf.set("spark.streaming.receiver.writeAheadLog.enable", "true")
    ssc = StreamingContext(SparkContext(conf=conf), 1)
    ssc.receiverStream(Lists(4)).foreachRDD(show)
    return ssc

ssc = StreamingContext.getOrCreate(directory, make)
ssc.start()
if role == "first":
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)
advance(ssc)
advance(ssc)
print("done", flush=True)
ssc.stop()
"""


def run(program, *args):
    done = subprocess.run([sys.executable, program, *args], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def test_what_was_done_does_not_come_again(tmp_path):
    """A stop in order, right behind the batch: nothing is left for the next run."""
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM).replace("os.kill", "print"))
    directory = os.fspath(tmp_path / "kept")
    code, out, err = run(program, directory, "first")
    assert code == 0, err
    assert out.count("p3") == 1
    code, out, err = run(program, directory, "second")
    assert code == 0, err
    assert "p3" not in out


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills itself")
def test_after_a_kill_unprocessed_blocks_come(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    directory = os.fspath(tmp_path / "kept")
    code, out, err = run(program, directory, "first")
    assert (code, out) == (-signal.SIGKILL, "stored\n"), err
    code, out, err = run(program, directory, "second")
    assert code == 0, err
    assert "[0, 'p0', 1, 'p1', 2, 'p2', 3, 'p3']" in out, err
    assert out.count("p3") == 1
