"""Kafka as PySpark 2.4 had it: `KafkaUtils` makes streams and RDDs of a topic's messages.

Spark 3 took this module away from Python. Here it needs no jars; brokers take the place of ZooKeeper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pyrite import _engine
from pyrite._arity import arity
from pyrite._callsite import operation
from pyrite._kafka import settings
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
from pyrite._traceback import action
from pyrite.errors import engine_error
from pyrite.rdd import RDD
from pyrite.storagelevel import StorageLevel
from pyrite.streaming import _callbacks, _output
from pyrite.streaming._steps import Step
from pyrite.streaming.dstream import DStream, TransformedDStream

if TYPE_CHECKING:
    from pyrite.context import SparkContext
    from pyrite.streaming.context import StreamingContext

__all__ = ["Broker", "KafkaMessageAndMetadata", "KafkaUtils", "OffsetRange", "TopicAndPartition", "utf8_decoder"]

if not hasattr(_engine, "KafkaMock"):
    raise ImportError(
        "This build of Pyrite has no Kafka. `pip install .` in Pyrite's source, or `make build`, makes one that has; "
        "it takes a C compiler, make and perl."
    )

T = TypeVar("T")


class KafkaUtils:
    """Makes streams and RDDs of what is in Kafka."""

    @staticmethod
    @action
    def createStream(
        ssc: StreamingContext,
        zkQuorum: str,
        groupId: str,
        topics: dict[str, int],
        kafkaParams: dict[str, Any] | None = None,
        storageLevel: StorageLevel = StorageLevel.MEMORY_AND_DISK_2,
        keyDecoder: Decoder = utf8_decoder,
        valueDecoder: Decoder = utf8_decoder,
    ) -> DStream[tuple[Any, Any]]:
        """A stream of (key, value) that a consumer group reads. `zkQuorum` takes the brokers: there is no ZooKeeper.

        The partitions of the topics are shared out between all streams and processes of the group, which is told where
        it is once messages are stored; with a write-ahead log, once they are durable.

        Raises
        ------
        TypeError
            `topics` isn't a dict of topic and number of threads.
        """
        params = settings(group_of(zkQuorum, groupId, topics, kafkaParams))
        node = ssc._streaming.kafka_group(list(topics), params)
        return DStream(node, ssc)._each("KafkaUtils.createStream", "map", decoding(keyDecoder, valueDecoder, None))

    @staticmethod
    @action
    def createDirectStream(
        ssc: StreamingContext,
        topics: list[str],
        kafkaParams: dict[str, Any],
        fromOffsets: Mapping[TopicAndPartition, int] | None = None,
        keyDecoder: Decoder = utf8_decoder,
        valueDecoder: Decoder = utf8_decoder,
        messageHandler: Callable[[KafkaMessageAndMetadata], Any] | None = None,
    ) -> KafkaDStream[Any]:
        """A stream of (key, value), or of what `messageHandler` makes: in each batch what came since the last one.

        Each partition of the topics is a partition of the RDDs. `topics` may also be a compiled regular expression for
        whole names of topics. The stream begins at `fromOffsets`, else where `auto.offset.reset` says: `smallest` or
        `earliest`; anything else, or nothing, is the latest.

        Raises
        ------
        TypeError
            `topics` isn't a list, or `kafkaParams` isn't a dict.
        Py4JJavaError
            A topic doesn't exist, `fromOffsets` are of other topics, brokers are missing or refuse the connection.
        """
        names, pattern, begins = direct_of(topics, kafkaParams, fromOffsets)
        offsets = [(*at, offset) for at, offset in begins.items()]
        node = ssc._streaming.kafka_direct(names, pattern, settings(kafkaParams), offsets or None)
        return KafkaDStream(node, ssc, decoding(keyDecoder, valueDecoder, messageHandler))

    @staticmethod
    @action
    def createRDD(
        sc: SparkContext,
        kafkaParams: dict[str, Any],
        offsetRanges: list[OffsetRange],
        leaders: Mapping[TopicAndPartition, Broker] | None = None,
        keyDecoder: Decoder = utf8_decoder,
        valueDecoder: Decoder = utf8_decoder,
        messageHandler: Callable[[KafkaMessageAndMetadata], Any] | None = None,
    ) -> KafkaRDD[Any]:
        """The messages of some ranges, each a partition. `leaders` are found without being told.

        Raises
        ------
        TypeError
            `kafkaParams` isn't a dict, or `offsetRanges` isn't a list.
        Py4JJavaError
            A range isn't there, or no broker answers.
        """
        ranges = ranges_of(kafkaParams, offsetRanges)
        raw: RDD[Any] = RDD(_engine.kafka_rdd(_output.engine_log(), settings(kafkaParams), ranges), sc)
        return _kafka(raw.map(decoding(keyDecoder, valueDecoder, messageHandler)))


class KafkaRDD(RDD[T]):
    """An RDD that knows which offsets it holds."""

    def offsetRanges(self) -> list[OffsetRange]:
        """The range of each partition.

        Raises
        ------
        Py4JJavaError
            The RDD was made of others by more than row by row.
        """
        found = _engine.kafka_ranges(self._plan)
        if found is None:
            raise engine_error(
                "java.lang.IllegalArgumentException",
                "requirement failed: Cannot get offset ranges, as there may be multiple Kafka RDDs or no Kafka RDD "
                "associated with this RDD. Call this method only on a Kafka RDD.",
            )
        return [OffsetRange(*fields) for fields in found]


class KafkaDStream(DStream[T]):
    """A stream whose RDDs know their offsets, where `foreachRDD` or `transform` is called on it first."""

    def __init__(self, node: Any, ssc: StreamingContext, decode: Callable[[Any], Any]) -> None:
        step = Step(operation("KafkaUtils.createDirectStream"), "map", (decode,))
        function = _callbacks.driver(ssc._sc, step)
        super().__init__(ssc._streaming.transformed("kafka", [node], function, "skip"), ssc)
        self._source = node

    @action
    def foreachRDD(self, func: Callable[..., Any]) -> None:
        """Have `func(rdd)` or `func(time, rdd)` called in every batch; `rdd.offsetRanges()` says what it holds."""
        function = _callbacks.Timeless(func) if arity(func) == 1 else func
        self._output("foreachRDD", OfKafka(function))

    @action
    def transform(self, func: Callable[..., RDD[Any] | None]) -> KafkaTransformedDStream[Any]:
        """A stream of `func(rdd)` or `func(time, rdd)`; `rdd.offsetRanges()` says what it holds."""
        _callbacks.warn_without_return(func)
        function = _callbacks.with_time(func, 1, "func should take one or two arguments")
        return KafkaTransformedDStream(self, OfKafka(function))

    @action
    def commitAsync(self, offsetRanges: Sequence[OffsetRange]) -> None:
        """Have the consumer group (`group.id`) remember that everything before the ranges' ends was dealt with.

        Spark has it in Scala (`CanCommitOffsets`). Call it once a batch's results are safe.

        Raises
        ------
        Py4JJavaError
            `kafkaParams` have no `group.id`.
        """
        _engine.kafka_commit(self._source, [fields(offsets) for offsets in offsetRanges])


class KafkaTransformedDStream(TransformedDStream[T]):
    """What `KafkaDStream.transform` makes."""


class OfKafka(_callbacks.Wrapped):
    """`f(time, rdd)` with an RDD that knows its offsets."""

    def __call__(self, time: datetime, rdd: RDD[Any]) -> Any:
        """Gives the RDD as a `KafkaRDD`."""
        return self.function(time, _kafka(rdd))


def _kafka(rdd: RDD[Any]) -> KafkaRDD[Any]:
    return KafkaRDD(rdd._plan, rdd.ctx)
