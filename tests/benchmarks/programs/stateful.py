"""A million int keys of state, 10,000 records a batch: `stateful.py update|map|python BATCHES KEYS`. Writes the
milliseconds of each batch as JSON to standard error. With `update` PySpark runs it, too: `PYRITE_SIDE=pyspark`."""

import json
import random
import sys

from by_hand import Batches, StreamingContext, context

RECORDS = 10_000


def mapping(key, value, state):
    total = (state.getOption() or 0) + value
    state.update(total)
    return key, total


def interpreted(key, value, state):
    """The same in a way that isn't compiled."""
    for one in (value,):
        state.update((state.getOption() or 0) + one)
    return key, state.get()


def main(what: str, batches: int, keys: int) -> None:
    sc = context("stateful")
    ssc = StreamingContext(sc, 1)
    chance = random.Random(1)
    records = [[(chance.randrange(keys), 1) for _ in range(RECORDS)] for _ in range(batches)]
    first = sc.parallelize([(key, 0) for key in range(keys)], 2)
    stream = ssc.queueStream([sc.parallelize(rows, 2) for rows in records])
    seen = []
    if what == "update":
        states = stream.updateStateByKey(lambda new, old: sum(new) + (old or 0), initialRDD=first)
    else:
        from pyrite.streaming.state import StateSpec

        function = mapping if what == "map" else interpreted
        states = stream.mapWithState(StateSpec.function(function).initialState(first))
    states.foreachRDD(lambda rdd: seen.append(rdd.count()))
    ssc.start()
    costs = Batches(ssc, seen).run(batches)
    ssc.stop(True)
    json.dump({"ms": costs, "seen": seen}, sys.stderr)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
