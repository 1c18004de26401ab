"""A direct stream from the beginning of a topic: `kafka_stream.py WHAT BROKERS TOPIC MESSAGES CORES INTERVAL`.

WHAT is `count`, or `words` for counts by word, one a message, or `latency`, which begins at the end of the topic. Prints
JSON: seconds from the start until all messages were there, and for each batch with messages how many it had and how many
milliseconds after the first of them could have come it was done.
"""

import json
import os
import sys
import time

what, brokers, topic, messages, cores, interval = sys.argv[1:]
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])

from pyrite import SparkContext  # noqa: E402 - the cores come first
from pyrite.streaming import StreamingContext  # noqa: E402
from pyrite.streaming.kafka import KafkaUtils  # noqa: E402

sc = SparkContext(f"local[{cores}]", "kafka")
ssc = StreamingContext(sc, float(interval))
start = "latest" if what == "latency" else "earliest"
stream = KafkaUtils.createDirectStream(ssc, [topic], {"bootstrap.servers": brokers, "auto.offset.reset": start})
batches, seen, words = [], 0, {}


def note(at, count):
    global seen
    if count:
        seen += count
        batches.append((count, (time.time() - at.timestamp() + float(interval)) * 1000))


def counted(at, rdd):
    note(at, rdd.count())


def totals(at, rdd):
    counts = rdd.collect()
    for word, n in counts:
        words[word] = words.get(word, 0) + n
    note(at, sum(n for _, n in counts))


if what == "count":
    stream.foreachRDD(counted)
else:
    stream.map(lambda kv: (kv[1], 1)).reduceByKey(lambda a, b: a + b).foreachRDD(totals)
print("ready", flush=True)
begin = time.perf_counter()
ssc.start()
while seen < int(messages):
    ssc.awaitTerminationOrTimeout(0.01)
seconds = time.perf_counter() - begin
ssc.stop()
print(json.dumps({"seconds": seconds, "batches": batches, "distinct": len(words)}))
