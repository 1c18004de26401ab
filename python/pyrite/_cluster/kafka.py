"""`pyspark.streaming.kafka` over the real PySpark, which has none: executors read ranges with confluent-kafka.

A direct stream is a stream of files that looks at an empty folder, and so has an RDD in every batch and can stand in
a checkpoint; its `transform` asks the broker, and gives an RDD with a partition for each range.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pyspark import RDD, SparkContext, StorageLevel
from pyspark.streaming import DStream, StreamingContext
from pyspark.streaming.dstream import TransformedDStream

try:
    from pyrite._cluster.offsets import Offsets
except ImportError:
    raise ImportError(
        "KafkaUtils works on a cluster with the package confluent-kafka, which is not in this Python: "
        'pip install "pyrite[spark]", or confluent-kafka; the workers\' Python needs it, too.'
    ) from None

from pyrite._arity import arity
from pyrite._cluster.kafka_settings import sorted_out
from pyrite._cluster.state import milliseconds
from pyrite._cluster.workers import read
from pyrite._kafka_values import (
    Broker,
    Decoder,
    KafkaMessageAndMetadata,
    OffsetRange,
    TopicAndPartition,
    decoding,
    direct_of,
    fields,
    group_of,
    ranges_of,
    utf8_decoder,
)

__all__ = ["Broker", "KafkaMessageAndMetadata", "KafkaUtils", "OffsetRange", "TopicAndPartition", "utf8_decoder"]

_groups: weakref.WeakKeyDictionary[StreamingContext, dict[Any, list[Offsets]]] = weakref.WeakKeyDictionary()


class KafkaUtils:
    """Makes streams and RDDs of what is in Kafka."""

    @staticmethod
    def createStream(
        ssc: StreamingContext,
        zkQuorum: str,
        groupId: str,
        topics: dict[str, int],
        kafkaParams: dict[str, Any] | None = None,
        storageLevel: StorageLevel = StorageLevel.MEMORY_AND_DISK_2,
        keyDecoder: Decoder = utf8_decoder,
        valueDecoder: Decoder = utf8_decoder,
    ) -> DStream[Any]:
        """A stream of (key, value) that begins where a consumer group is. `zkQuorum` takes the brokers.

        The streams of a group in this program share its partitions; another program with that group reads them, too.
        What a batch has read is committed when the next one begins.

        Raises
        ------
        TypeError
            `topics` isn't a dict of topic and number of threads.
        """
        params = sorted_out(group_of(zkQuorum, groupId, topics, kafkaParams))
        offsets = Offsets(sorted(topics), params, _limit(ssc))
        offsets.begin_at_group()
        members = _groups.setdefault(ssc, {}).setdefault((groupId, *sorted(topics)), [])
        members.append(offsets)
        for number, member in enumerate(members):
            member.turn = (number, len(members))
        stream = KafkaDStream(ssc, offsets, params.client, decoding(keyDecoder, valueDecoder, None))

        def commit(time: datetime, rdd: Any) -> None:
            # The jobs of the batch before are done: a context runs its batches one after the other.
            offsets.commit(offsets.before(milliseconds(time)))

        DStream.foreachRDD(stream, commit)
        return stream

    @staticmethod
    def createDirectStream(
        ssc: StreamingContext,
        topics: list[str],
        kafkaParams: dict[str, Any],
        fromOffsets: Mapping[TopicAndPartition, int] | None = None,
        keyDecoder: Decoder = utf8_decoder,
        valueDecoder: Decoder = utf8_decoder,
        messageHandler: Callable[[KafkaMessageAndMetadata], Any] | None = None,
    ) -> KafkaDStream:
        """A stream of (key, value), or of what `messageHandler` makes: in each batch what came since the last one.

        Raises
        ------
        TypeError
            `topics` isn't a list, or `kafkaParams` isn't a dict.
        ValueError
            A topic doesn't exist, `fromOffsets` are of other topics, or brokers are missing.
        confluent_kafka.KafkaException
            The broker doesn't answer.
        """
        names, pattern, begins = direct_of(topics, kafkaParams, fromOffsets)
        params = sorted_out(kafkaParams)
        offsets = Offsets(names if pattern is None else pattern, params, _limit(ssc))
        offsets.begin(begins)
        return KafkaDStream(ssc, offsets, params.client, decoding(keyDecoder, valueDecoder, messageHandler))

    @staticmethod
    def createRDD(
        sc: SparkContext,
        kafkaParams: dict[str, Any],
        offsetRanges: list[OffsetRange],
        leaders: Mapping[TopicAndPartition, Broker] | None = None,
        keyDecoder: Decoder = utf8_decoder,
        valueDecoder: Decoder = utf8_decoder,
        messageHandler: Callable[[KafkaMessageAndMetadata], Any] | None = None,
    ) -> KafkaRDD:
        """The messages of some ranges, each a partition. `leaders` are found without being told.

        Raises
        ------
        TypeError
            `kafkaParams` isn't a dict, or `offsetRanges` isn't a list.
        """
        ranges = ranges_of(kafkaParams, offsetRanges)
        decode = decoding(keyDecoder, valueDecoder, messageHandler)
        return KafkaRDD.of(_messages(sc, sorted_out(kafkaParams).client, ranges, decode), ranges)


class KafkaRDD(RDD[Any]):
    """An RDD that knows which offsets it holds."""

    _ranges: list[tuple[str, int, int, int]]

    @classmethod
    def of(cls, rdd: RDD[Any], ranges: list[tuple[str, int, int, int]]) -> KafkaRDD:
        """The same rows."""
        made = cls(rdd._jrdd, rdd.ctx, rdd._jrdd_deserializer)
        made._ranges = ranges
        return made

    def offsetRanges(self) -> list[OffsetRange]:
        """The range of each partition."""
        return [OffsetRange(*each) for each in self._ranges]


class KafkaDStream(TransformedDStream[Any]):
    """A stream whose RDDs know their offsets, where `foreachRDD` or `transform` is called on it first."""

    def __init__(self, ssc: StreamingContext, offsets: Offsets, params: dict[str, str], decode: Any) -> None:
        def messages(time: datetime, tick: Any) -> Any:
            return _messages(tick.ctx, params, offsets.at(milliseconds(time)), decode)

        super().__init__(ssc.textFileStream(_empty_folder()), messages)
        self._offsets = offsets

    def foreachRDD(self, func: Callable[..., Any]) -> None:
        """Have `func(rdd)` or `func(time, rdd)` called in every batch; `rdd.offsetRanges()` says what it holds."""
        DStream.foreachRDD(self, _with_ranges(func, self._offsets))

    def transform(self, func: Callable[..., Any]) -> TransformedDStream[Any]:
        """A stream of `func(rdd)` or `func(time, rdd)`; `rdd.offsetRanges()` says what it holds."""
        return TransformedDStream(self, _with_ranges(func, self._offsets))

    def commitAsync(self, offsetRanges: Sequence[OffsetRange]) -> None:
        """Have the consumer group (`group.id`) remember that everything before the ranges' ends was dealt with.

        Raises
        ------
        ValueError
            `kafkaParams` have no `group.id`.
        """
        if self._offsets._settings.group is None:
            raise ValueError("commitAsync needs the consumer group: give group.id in kafkaParams")
        self._offsets.commit([fields(each) for each in offsetRanges])


def _with_ranges(func: Callable[..., Any], offsets: Offsets) -> Callable[[datetime, Any], Any]:
    alone = arity(func) == 1

    def called(time: datetime, rdd: Any) -> Any:
        known = KafkaRDD.of(rdd, offsets.at(milliseconds(time)))
        return func(known) if alone else func(time, known)

    return called


def _messages(sc: SparkContext, params: dict[str, str], ranges: list[tuple[str, int, int, int]], decode: Any) -> Any:
    if not ranges:
        return sc.emptyRDD()
    return sc.parallelize(ranges, len(ranges)).mapPartitions(lambda own: map(decode, read(params, own)))


def _limit(ssc: StreamingContext) -> int | None:
    """How many messages of a partition a batch may have: `spark.streaming.kafka.maxRatePerPartition` is by second."""
    rate = float(ssc.sparkContext.getConf().get("spark.streaming.kafka.maxRatePerPartition", "0") or 0)
    if rate <= 0:
        return None
    seconds = ssc._jssc.ssc().graph().batchDuration().milliseconds() / 1000
    return max(1, int(rate * seconds))


def _empty_folder() -> str:
    """The address of a folder in which nothing is ever written. It has one name, for a checkpoint comes back to it."""
    folder = Path(tempfile.gettempdir(), "pyrite-clock")
    os.makedirs(folder, exist_ok=True)
    return folder.as_uri()
