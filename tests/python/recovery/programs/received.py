"""Receives numbers into a write-ahead log, saves them batch by batch; is killed, and goes on.

received.py <directory> <most>: stores up to `most` lists of numbers, no number twice whatever happens, and ends when all
that is in the log is saved. `tried` and `acknowledged` there say which numbers were about to be stored and which were.
"""

import os
import sys
import time
from pathlib import Path

from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import Receiver, StreamingContext

place = Path(sys.argv[1])


def most():
    # The class is written into checkpoints with what it refers to; the arguments are this run's.
    return int(sys.argv[2])


class Numbers(Receiver):
    """Lists of numbers: ints, or what the engine can't look into."""

    def onStart(self):
        while not self.isStopped() and (n := len(lines("tried"))) < most():
            note("tried", n)
            self.store([n] if n % 2 else [{"n": n}])
            note("acknowledged", n)
            time.sleep(0.001)


def lines(name):
    path = place / name
    return path.read_text().split() if path.exists() else []


def note(name, n):
    # One small write: it is there whole or not at all.
    file = os.open(place / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, b"%d\n" % n)
    os.close(file)


def setup():
    conf = SparkConf().set("spark.streaming.receiver.writeAheadLog.enable", "true")
    conf.set("spark.streaming.blockInterval", "10ms")
    conf.set("spark.streaming.receiver.writeAheadLog.rollingIntervalSecs", "1")
    conf.set("spark.streaming.gracefulStopTimeout", os.environ.get("CATCHING_UP", "60s"))
    ssc = StreamingContext(SparkContext("local[2]", "received", conf=conf), 0.05)
    numbers = ssc.receiverStream(Numbers()).map(lambda row: row if isinstance(row, int) else row["n"])
    numbers.saveAsTextFiles(str(place / "numbers"))
    # A batch takes its time, so that several wait.
    numbers.foreachRDD(lambda rdd: time.sleep(0.02 if rdd.isEmpty() else 0.08))
    numbers.window(0.2, 0.1).count().foreachRDD(lambda rdd: rdd.collect())
    return ssc


ssc = StreamingContext.getOrCreate(str(place / "checkpoints"), setup)
ssc.start()
(place / "started").write_text(str(os.getpid()))
while len(lines("tried")) < most():
    time.sleep(0.01)
ssc.stop(stopGraceFully=True)
