"""Counts words from a topic into another, a transaction a batch, on a checkpoint; until `stop` is there.

python through.py ADDRESS FROM TO DIRECTORY
"""

import sys
from pathlib import Path

from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
from pyrite.streaming.kafka import KafkaUtils

address, incoming, outgoing, place = sys.argv[1:]
place = Path(place)


def build():
    conf = SparkConf().set("spark.streaming.kafka.maxRatePerPartition", "4000")
    ssc = StreamingContext(SparkContext("local[2]", "through", conf=conf), 0.1)
    ssc.checkpoint(str(place / "checkpoints"))
    params = {"bootstrap.servers": address, "auto.offset.reset": "smallest"}
    lines = KafkaUtils.createDirectStream(ssc, [incoming], params).map(lambda kv: kv[1])
    counts = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
    counts.saveToKafka(
        outgoing, {"bootstrap.servers": address}, lambda kv: kv[0], lambda kv: str(kv[1]), transactional=True
    )
    return ssc


ssc = StreamingContext.getOrCreate(str(place / "checkpoints"), build)
ssc.start()
(place / "running").touch()
while not (place / "stop").exists():
    ssc.awaitTerminationOrTimeout(0.1)
ssc.stop(stopSparkContext=True, stopGraceFully=True)
