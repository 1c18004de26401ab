"""What Pyrite adds to PySpark's classes, added to the real ones: it works there, or says in a sentence what to do."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import pyspark
import pyspark.streaming
from pyspark import RDD, SparkContext, StorageLevel, cloudpickle
from pyspark.streaming import DStream, StreamingContext

from pyrite import _kafka_values, _state
from pyrite._cluster import state, workers
from pyrite._cluster.showing import live
from pyrite._cluster.workers import written

__all__ = ["ABSENT", "add"]

# What can't be there, and what to do: the rest of a sentence that begins with the name.
ABSENT = {
    "RDD.toArrow": "is Pyrite's own: on a cluster collect() gives the rows, and a DataFrame has toArrow().",
    "SparkContext.fromArrow": "is Pyrite's own: on a cluster sc.parallelize(table.to_pylist()) makes an RDD.",
    "StreamingContext.receiverStream": (
        "is Pyrite's own, and PySpark has no receivers in Python: on a cluster have the receiver write to a socket, to "
        "files or to Kafka, and read that with socketTextStream, textFileStream or KafkaUtils."
    ),
}


def add() -> None:
    """Add it. What the executors need of Pyrite goes to them by value: it isn't installed there."""
    for module in (workers, _kafka_values, _state):
        cloudpickle.register_pickle_by_value(module)
    RDD.explain, DStream.explain = _explain_rdd, _explain_stream
    RDD.saveToKafka, DStream.saveToKafka = _save_rdd, _save_stream
    DStream.mapWithState, DStream.live = state.mapWithState, live
    classes: dict[str, Any] = {"RDD": RDD, "SparkContext": SparkContext, "StreamingContext": StreamingContext}
    for name, told in ABSENT.items():
        owner, _, method = name.partition(".")
        setattr(classes[owner], method, _absent(name, told))
    streaming: Any = pyspark.streaming
    streaming.State, streaming.StateSpec, streaming.Receiver = state.State, state.StateSpec, Receiver
    # PySpark 2.4's names, whose rows were always serialized.
    for level in ("MEMORY_ONLY", "MEMORY_ONLY_2", "MEMORY_AND_DISK", "MEMORY_AND_DISK_2"):
        base, two, _ = level.partition("_2")
        setattr(StorageLevel, f"{base}_SER{two}", getattr(StorageLevel, level))
    _tell_of_local_masters()


class Receiver:
    """In the place of Pyrite's own: a class of it can be made, and `receiverStream` says what to do on a cluster."""


def _absent(name: str, told: str) -> Callable[..., NoReturn]:
    def method(self: Any, *arguments: Any, **named: Any) -> NoReturn:
        raise NotImplementedError(f"{name} {told}")

    return method


def _tell_of_local_masters() -> None:
    """A master in the program goes before that of the command line, as in Spark: say so where it means this machine."""
    begin = SparkContext.__init__

    def begin_and_tell(self: Any, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        if self.master.partition("[")[0] == "local":
            sys.stderr.write(
                f"pyrite: the program itself says master {self.master!r}, which goes before what was asked for outside "
                "of it, as in Spark: change it or leave it out, and it runs on the cluster.\n"
            )

    SparkContext.__init__ = functools.wraps(begin)(begin_and_tell)


# -- explain


def _explain_rdd(self: Any) -> None:
    """Print the lineage. PySpark runs every function in Python processes: there is nothing compiled to tell of."""
    text = self.toDebugString()
    sys.stdout.write((text.decode() if isinstance(text, bytes) else str(text)) + "\n" + _IN_PYTHON)


def _explain_stream(self: Any) -> None:
    """Print how often there is a batch."""
    slide = self._jdstream.dstream().slideDuration().milliseconds()
    sys.stdout.write(f"a batch every {slide} ms, on {self._sc.master}\n{_IN_PYTHON}")


_IN_PYTHON = "functions: Python, in the executors' Python workers; on a cluster nothing is compiled\n"


# -- saveToKafka


def _save_rdd(
    self: Any,
    topic: str,
    params: Mapping[str, Any],
    key: Callable[[Any], Any] | None = None,
    value: Callable[[Any], Any] | None = None,
) -> None:
    """Write each row as a message to a topic, from the executors. Returns when all are acknowledged."""
    from pyrite._cluster.kafka_settings import sorted_out

    if not isinstance(topic, str):
        raise TypeError(f"topic should be str, not {type(topic).__name__}")
    client = sorted_out(params).client
    self.mapPartitions(lambda rows: written(client, topic, key, value, rows)).count()


def _save_stream(
    self: Any,
    topic: str,
    params: Mapping[str, Any],
    key: Callable[[Any], Any] | None = None,
    value: Callable[[Any], Any] | None = None,
    transactional: bool = False,
) -> None:
    """Write each row of every batch. A batch that runs again is written again."""
    if transactional:
        raise NotImplementedError(
            "saveToKafka(transactional=True) needs one writer a batch, and on a cluster every executor is one: leave "
            "it out, and have the readers pass over what comes twice, by key or by a number in the message."
        )
    self.foreachRDD(lambda rdd: _save_rdd(rdd, topic, params, key, value))
