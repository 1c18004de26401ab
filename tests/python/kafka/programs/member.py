"""A member of a consumer group: writes what each batch brings to a file of its time, until `stop` is there.

python member.py ADDRESS TOPIC GROUP DIRECTORY [durable]
"""

import os
import sys
from pathlib import Path

from pyrite.conf import SparkConf
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
from pyrite.streaming.kafka import KafkaUtils

address, topic, group, place, *durable = sys.argv[1:]
place = Path(place)
out = str(place / "out")


def save(time, rdd):
    rows = rdd.collect()
    if rows:
        path = Path(out) / f"{time.timestamp():.3f}"
        (hidden := path.with_suffix(".new")).write_text("".join(f"{key} {value}\n" for key, value in rows))
        hidden.rename(path)


def build():
    settings = {"spark.streaming.receiver.writeAheadLog.enable": "true"} if durable else {}
    sc = SparkContext("local[2]", "member", conf=SparkConf().setAll(list(settings.items())))
    ssc = StreamingContext(sc, 0.2)
    if durable:
        ssc.checkpoint(str(place / "checkpoints"))
    params = {"auto.offset.reset": "smallest", "session.timeout.ms": 6000, "heartbeat.interval.ms": 300}
    if strategy := os.environ.get("PYRITE_TEST_STRATEGY"):
        params["partition.assignment.strategy"] = strategy
    KafkaUtils.createStream(ssc, address, group, {topic: 1}, params).foreachRDD(save)
    return ssc


Path(out).mkdir(parents=True, exist_ok=True)
ssc = StreamingContext.getOrCreate(str(place / "checkpoints"), build) if durable else build()
ssc.start()
(place / "running").touch()
while not (place / "stop").exists():
    ssc.awaitTerminationOrTimeout(0.1)
ssc.stop(stopSparkContext=True, stopGraceFully=True)
