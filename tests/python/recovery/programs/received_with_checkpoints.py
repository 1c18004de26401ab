"""Counts what a receiver with a write-ahead log stores, with checkpoints; is killed, and goes on.

received_with_checkpoints.py <directory> receives numbers from where the last acknowledged ones ended, until a file `over` is there.
"""

import json
import os
import sys
import time
from pathlib import Path

from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import Receiver, StreamingContext

place = Path(sys.argv[1])
INTERVAL = 0.1


class Numbers(Receiver):
    """A source that sends again what was not acknowledged."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def onStart(self):
        acknowledged = Path(self.folder) / "acknowledged"
        known = acknowledged.read_text().splitlines() if acknowledged.exists() else []
        # The last line may be cut off.
        next = max((int(line) for line in known if line.endswith("9")), default=-1) + 1
        while not self.isStopped() and not (Path(self.folder) / "enough").exists():
            rows = list(range(next, next + 10))
            self.store(rows)
            with acknowledged.open("a") as file:
                file.write(f"\n{rows[-1]}\n")
            next += 10
            time.sleep(0.004)


def setup():
    conf = SparkConf().set("spark.streaming.receiver.writeAheadLog.enable", "true")
    ssc = StreamingContext(SparkContext("local[2]", "received", conf=conf), INTERVAL)
    folder = str(place)
    numbers = ssc.receiverStream(Numbers(folder))

    def note(time, rdd):
        line = json.dumps([time.timestamp(), rdd.collect()]) + "\n"
        with open(f"{folder}/journal", "a", encoding="utf-8") as file:
            file.write(line)

    def save(time, rdd):
        path = Path(folder) / f"totals-{time.timestamp():.1f}"
        path.with_suffix(".new").write_text(json.dumps(sorted(rdd.collect())))
        path.with_suffix(".new").rename(path.with_suffix(".json"))

    numbers.foreachRDD(note)
    times = numbers.map(lambda n: (n, 1)).updateStateByKey(lambda new, old: sum(new) + (old or 0))
    times.checkpoint(5 * INTERVAL)
    times.map(lambda kv: kv[1]).countByValue().foreachRDD(save)
    lately = numbers.countByWindow(10 * INTERVAL, INTERVAL)
    lately.foreachRDD(lambda rdd: rdd.collect())
    return ssc


ssc = StreamingContext.getOrCreate(str(place / "checkpoints"), setup)
ssc.start()
(place / "started").write_text(str(os.getpid()))
while not (place / "over").exists():
    time.sleep(0.02)
ssc.stop(stopGraceFully=True)
