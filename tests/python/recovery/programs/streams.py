"""Every kind of stream that remembers, over files on a manual clock: windows carried on and not, states, windows over them.

streams.py <directory> [<master>] moves what waits in `waiting` in, a file a batch, writes what each batch brought into
`results/<stream>/<time>` and ends; killed on the way it goes on, with the master given. `PYRITE_TEST_SETTINGS` adds
settings.
"""

import json
import os
import sys
from pathlib import Path

from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import StateSpec, StreamingContext
from pyrite.testing import advance, manual_clock_conf

place = Path(sys.argv[1])


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def updated(new, old):
    return sum(new) + (old or 0)


def mapped(key, value, state):
    """A running total; a key without news for three batches goes, and says so."""
    if state.isTimingOut():
        return key, "gone", state.get()
    state.update((state.getOption() or 0) + value)
    return key, "now", state.get()


def outputs(lines):
    """All streams by name."""
    pairs = lines.flatMap(str.split).map(lambda word: (word, 1))
    total = pairs.updateStateByKey(updated)
    total.checkpoint(3)
    mapping = pairs.mapWithState(StateSpec.function(mapped).timeout(3))
    carried = pairs.reduceByKeyAndWindow(add, sub, 6, 1)
    return {
        "total": total,
        "three": pairs.updateStateByKey(updated, numPartitions=3),
        "opaque": pairs.updateStateByKey(lambda new, old: {"n": sum(new) + (old or {"n": 0})["n"]}),
        "mapped": mapping,
        "snapshots": mapping.stateSnapshots(),
        "carried": carried,
        "filtered": pairs.reduceByKeyAndWindow(add, sub, 5, 1, filterFunc=lambda kv: kv[1] > 0),
        "slow": pairs.reduceByKeyAndWindow(add, sub, 10, 2),
        "full": pairs.reduceByKeyAndWindow(add, None, 4, 2),
        "plain": lines.window(3, 2),
        "totals": total.window(3, 1),
        "totals by two": total.map(lambda kv: kv[1]).countByWindow(4, 2),
        "mapped lately": mapping.window(4, 2),
        "of a window": carried.window(3, 1),
        "state of a window": carried.updateStateByKey(lambda new, old: (new or [old])[-1]),
        "groups": pairs.groupByKeyAndWindow(6, 1).mapValues(list),
    }


def settings():
    pairs = os.environ.get("PYRITE_TEST_SETTINGS", "").split()
    return manual_clock_conf(SparkConf()).setAll([tuple(pair.split("=", 1)) for pair in pairs])


def setup():
    sc = SparkContext._active_spark_context or SparkContext("local[2]", "streams", conf=settings())
    ssc = StreamingContext(sc, 1)
    results = str(place / "results")

    def keep(name):
        def write(time, rdd):
            folder = Path(results) / name
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{round(time.timestamp()):04}"
            rows = json.dumps(sorted(rdd.collect(), key=repr), default=repr)
            # A batch that is run again brings the same.
            assert not file.exists() or file.read_text() in ("", rows), (
                f"{name} at {time}: {file.read_text()} != {rows}"
            )
            file.write_text(rows)

        return write

    for name, stream in outputs(ssc.textFileStream(str(place / "incoming"))).items():
        stream.foreachRDD(keep(name))
    return ssc


if len(sys.argv) > 2:
    SparkContext(sys.argv[2], "another", conf=settings())
ssc = StreamingContext.getOrCreate(str(place / "checkpoints"), setup)
ssc.start()
assert ssc._streaming.wait_idle(60)
incoming, waiting = place / "incoming", place / "waiting"
while True:
    # A batch that a kill has cut short has got its file already.
    if len(list(incoming.iterdir())) <= ssc._clock.now() // 1000:
        path = min(waiting.iterdir(), default=None)
        if path is None:
            break
        os.utime(path, (0, 0))
        path.rename(incoming / path.name)
    advance(ssc)
ssc.stop()
