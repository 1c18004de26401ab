"""Counts words of files, saves them batch by batch, keeps a journal; is killed, and goes on.

killed.py <directory> manual: moves what waits in `waiting` in, a file a batch on a manual clock, and ends.
killed.py <directory> clock: works on what appears in `incoming`, until a file `over` is there.
"""

import json
import os
import sys
import time
from pathlib import Path

from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
from pyrite.streaming.dstream import DStream
from pyrite.testing import advance, manual_clock_conf

place, how = Path(sys.argv[1]), sys.argv[2]
INTERVAL = 1 if how == "manual" else 0.1


def setup() -> StreamingContext:
    conf = manual_clock_conf() if how == "manual" else SparkConf()
    ssc = StreamingContext(SparkContext("local[2]", "killed", conf=conf), INTERVAL)
    incoming, journal = str(place / "incoming"), str(place / "journal")
    counts = ssc.textFileStream(incoming).flatMap(str.split).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b)
    counts.saveAsTextFiles(str(place / "counts"))

    def note(time, rdd):
        line = json.dumps([time.timestamp(), sorted(rdd.collect())]) + "\n"
        with open(journal, "a", encoding="utf-8") as file:
            file.write(line)

    counts.foreachRDD(note)
    counts.window(2 * INTERVAL, INTERVAL).count().foreachRDD(lambda rdd: rdd.collect())
    if hasattr(DStream, "updateStateByKey"):
        total = counts.updateStateByKey(lambda new, old: sum(new) + (old or 0))
        total.checkpoint(3 * INTERVAL)
        total.saveAsTextFiles(str(place / "totals"))
    return ssc


ssc = StreamingContext.getOrCreate(str(place / "checkpoints"), setup)
ssc.start()
(place / "started").write_text(str(os.getpid()))
if how == "manual":
    for path in sorted((place / "waiting").iterdir()):
        os.utime(path, (0, 0))
        path.rename(place / "incoming" / path.name)
        advance(ssc)
    advance(ssc)
else:
    while not (place / "over").exists():
        time.sleep(0.02)
ssc.stop()
