"""A state of many int keys that a program leaves in its checkpoints and another finds again.

`recover.py fill DIRECTORY KEYS` keeps so many keys, then changes one of a hundred of them; it writes as JSON to standard
error how many bytes the checkpoints took for all keys and how many more for those that changed. `recover.py again
DIRECTORY` goes on with getOrCreate and says on standard output when its first batch is done.
"""

import json
import os
import sys
import time
from pathlib import Path

from pyrite import SparkContext
from pyrite.streaming import StreamingContext
from pyrite.testing import advance, manual_clock_conf


def counts(sc, incoming: Path, keys: int):
    ssc = StreamingContext(sc, 1)
    numbers = ssc.textFileStream(str(incoming)).map(lambda line: (int(line), 1))
    first = sc.parallelize([(key, 0) for key in range(keys)], 2)
    states = numbers.updateStateByKey(lambda new, old: sum(new) + (old or 0), initialRDD=first)
    states.checkpoint(10)
    states.foreachRDD(show)
    return ssc


def show(rdd):
    print(f"keys: {rdd.count()}", flush=True)


def files_in(folder: Path) -> dict:
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def fill(directory: Path, keys: int) -> None:
    incoming, kept = directory / "incoming", directory / "kept"
    incoming.mkdir(parents=True)
    sc = SparkContext("local[2]", "recover", conf=manual_clock_conf())
    ssc = StreamingContext.getOrCreate(str(kept), lambda: counts(sc, incoming, keys))
    ssc.start()
    written, before = [], {}
    for changed in (range(0), range(0, keys, 100)):
        put(incoming, "".join(f"{key + key // 100 % 2}\n" for key in changed))
        # States are written every ten batches.
        advance(ssc, 12, timeout=300)
        settle(kept)
        after = files_in(kept)
        written.append(sum(size for path, size in after.items() if before.get(path) != size))
        before = after
    ssc.stop()
    json.dump({"all": written[0], "changed": written[1]}, sys.stderr)


def put(incoming: Path, text: str) -> None:
    if text:
        hidden = incoming / ".numbers"
        hidden.write_text(text)
        os.utime(hidden, (0, 0))
        hidden.rename(incoming / "numbers")


def settle(kept: Path) -> None:
    """Waits until nothing more is written."""
    known = None
    while known != (now := files_in(kept)):
        known = now
        time.sleep(0.5)


def again(directory: Path) -> None:
    sc = SparkContext("local[2]", "recover", conf=manual_clock_conf())
    ssc = StreamingContext.getOrCreate(str(directory / "kept"), lambda: sys.exit("there is no checkpoint"))
    ssc.start()
    advance(ssc, timeout=300)
    print("done", flush=True)
    ssc.stop()
    sc.stop()


if sys.argv[1] == "fill":
    fill(Path(sys.argv[2]), int(sys.argv[3]))
else:
    again(Path(sys.argv[2]))
