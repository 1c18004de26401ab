"""Windows over a socket, and Kafka in all the ways there are; prints what came, and ends when all has come.

What its functions hold goes into checkpoints: no lock may be among it.
"""

import json
import os
import sys
import time

from pyspark import SparkContext
from pyspark.streaming import StateSpec, StreamingContext
from pyspark.streaming.kafka import KafkaUtils, OffsetRange

port, brokers, topic, out, folder = sys.argv[1:]
params = {"metadata.broker.list": brokers, "auto.offset.reset": "smallest"}
seen = {}
WANTED = {
    "window": [["a", 3], ["b", 1]],
    "kafka": [["be", 40], ["or", 20], ["to", 40]],
    "group": 60,
    "ranges": 60,
}

sc = SparkContext(appName="counts")
ssc = StreamingContext(sc, 2)
ssc.checkpoint(folder)


def total(word, one, state):
    state.update((state.getOption() or 0) + one)
    return word


def keep(name, rows):
    seen[name] = rows


def add(name, number):
    keep(name, seen.get(name, 0) + number)


def texts(pairs):
    return pairs.flatMap(lambda pair: pair[1].split()).map(lambda word: (word, 1))


lines = ssc.socketTextStream("127.0.0.1", int(port))
words = lines.flatMap(str.split).map(lambda word: (word, 1))
windowed = words.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 1200, 2)
windowed.foreachRDD(lambda rdd: keep("window", sorted(map(list, rdd.collect()))))

direct = KafkaUtils.createDirectStream(ssc, [topic], params)
direct.foreachRDD(lambda rdd: add("ranges", sum(r.untilOffset - r.fromOffset for r in rdd.offsetRanges())))
counts = texts(direct).reduceByKey(lambda a, b: a + b)
states = counts.mapWithState(StateSpec.function(total)).stateSnapshots()
states.foreachRDD(lambda rdd: keep("kafka", sorted(map(list, rdd.collect()))))
counts.saveToKafka(out, params, key=lambda pair: pair[0], value=lambda pair: str(pair[1]))
counts.live(2)
group = KafkaUtils.createStream(ssc, brokers, "readers", {topic: 1}, {"auto.offset.reset": "smallest"})
group.foreachRDD(lambda rdd: add("group", rdd.count()))

ssc.start()
end = time.monotonic() + 600
while any(seen.get(key) != value for key, value in WANTED.items()) and time.monotonic() < end:
    time.sleep(0.2)
ssc.stop(stopSparkContext=False)
some = KafkaUtils.createRDD(sc, params, [OffsetRange(topic, 0, 0, 3)], messageHandler=lambda m: (m.offset, m.message))
seen["rdd"] = some.collect()
seen["master"] = sc.master
seen["processes"] = sc.parallelize(range(8), 8).map(lambda _: os.getpid()).distinct().count()
seen["pyrite"] = (
    sc.parallelize([0]).map(lambda _: __import__("importlib.util").util.find_spec("pyrite") is None).first()
)
try:
    ssc.receiverStream(None)
except NotImplementedError as error:
    seen["refused"] = str(error)
print("RESULT" + json.dumps(seen))
sc.stop()
