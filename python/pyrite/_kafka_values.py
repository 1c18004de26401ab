"""What `pyspark.streaming.kafka` calls things: ranges of offsets, partitions of topics, messages.

Nothing here needs the engine, so that a cluster's workers can have it, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = [
    "Broker",
    "Decoder",
    "KafkaMessageAndMetadata",
    "OffsetRange",
    "TopicAndPartition",
    "decoding",
    "direct_of",
    "fields",
    "group_of",
    "ranges_of",
    "utf8_decoder",
]

Decoder = Callable[[Any], Any]


def utf8_decoder(s: bytes | None) -> str | None:
    """The text of UTF-8 bytes; None for None.

    Raises
    ------
    UnicodeDecodeError
        The bytes aren't UTF-8.
    """
    if s is None:
        return None
    return s.decode("utf-8")


class OffsetRange:
    """Offsets of one partition of a topic: from the first to before the last."""

    def __init__(self, topic: str, partition: int, fromOffset: int, untilOffset: int) -> None:
        self.topic = topic
        self.partition = partition
        self.fromOffset = fromOffset
        self.untilOffset = untilOffset

    def __eq__(self, other: object) -> bool:
        if isinstance(other, self.__class__):
            return fields(self) == fields(other)
        return False

    def __ne__(self, other: object) -> bool:
        return not self.__eq__(other)

    # As in PySpark: what can be compared and changed can't be hashed.
    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        # PySpark's text lacks the last parenthesis, too.
        return (
            f"OffsetRange(topic: {self.topic}, partition: {self.partition}, "
            f"range: [{self.fromOffset} -> {self.untilOffset}]"
        )


def fields(range: OffsetRange) -> tuple[str, int, int, int]:
    """Topic, partition, first offset, and the one behind the last."""
    return range.topic, range.partition, range.fromOffset, range.untilOffset


class TopicAndPartition:
    """A partition of a topic."""

    def __init__(self, topic: str, partition: int) -> None:
        self._topic = topic
        self._partition = partition

    def __eq__(self, other: object) -> bool:
        if isinstance(other, self.__class__):
            return self._topic == other._topic and self._partition == other._partition
        return False

    def __ne__(self, other: object) -> bool:
        return not self.__eq__(other)

    def __hash__(self) -> int:
        return (self._topic, self._partition).__hash__()


class Broker:
    """Where a broker is. Pyrite finds the leaders of partitions by itself."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port


class KafkaMessageAndMetadata:
    """A message with where it comes from, as a `messageHandler` gets it; key and value are decoded when asked for."""

    def __init__(self, topic: str, partition: int, offset: int, key: bytes | None, message: bytes | None) -> None:
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self._rawKey = key
        self._rawMessage = message
        self._keyDecoder: Decoder = utf8_decoder
        self._valueDecoder: Decoder = utf8_decoder

    def __str__(self) -> str:
        return (
            f"KafkaMessageAndMetadata(topic: {self.topic}, partition: {self.partition}, offset: {self.offset}, "
            "key and message...)"
        )

    def __repr__(self) -> str:
        return self.__str__()

    def __reduce__(self) -> tuple[Any, ...]:
        return KafkaMessageAndMetadata, (self.topic, self.partition, self.offset, self._rawKey, self._rawMessage)

    def _set_key_decoder(self, decoder: Decoder) -> None:
        self._keyDecoder = decoder

    def _set_value_decoder(self, decoder: Decoder) -> None:
        self._valueDecoder = decoder

    @property
    def key(self) -> Any:
        """The decoded key."""
        return self._keyDecoder(self._rawKey)

    @property
    def message(self) -> Any:
        """The decoded value."""
        return self._valueDecoder(self._rawMessage)


def decoding(key: Decoder, value: Decoder, handler: Callable[[KafkaMessageAndMetadata], Any] | None) -> Any:
    """Topic, partition, offset, key and value as what the stream's rows are."""
    if handler is None:
        return lambda m: (key(m[3]), value(m[4]))

    def handled(m: tuple[str, int, int, bytes | None, bytes | None]) -> Any:
        message = KafkaMessageAndMetadata(*m)
        message._set_key_decoder(key)
        message._set_value_decoder(value)
        return handler(message)

    return handled


def direct_of(
    topics: Any, params: Any, offsets: Mapping[TopicAndPartition, int] | None
) -> tuple[list[str], str | None, dict[tuple[str, int], int]]:
    """What a direct stream is asked for: topics or a pattern of their names, and where it begins.

    Raises
    ------
    TypeError
        `topics` are no list, or `params` no dict.
    """
    pattern = topics.pattern if isinstance(topics, re.Pattern) else None
    if pattern is None and not isinstance(topics, list):
        raise TypeError("topics should be list")
    if not isinstance(params, dict):
        raise TypeError("kafkaParams should be dict")
    names = [] if pattern is not None else [str(topic) for topic in topics]
    return names, pattern, {(at._topic, at._partition): int(offset) for at, offset in (offsets or {}).items()}


def group_of(brokers: str, group: str, topics: Any, params: Mapping[str, Any] | None) -> dict[str, Any]:
    """The settings of a consumer group that reads topics.

    Raises
    ------
    TypeError
        `topics` are no dict.
    """
    if not isinstance(topics, dict):
        raise TypeError("topics should be dict")
    return {"bootstrap.servers": brokers, **(params or {}), "group.id": group}


def ranges_of(params: Any, ranges: Any) -> list[tuple[str, int, int, int]]:
    """The ranges that an RDD is asked for.

    Raises
    ------
    TypeError
        `ranges` are no list, or `params` no dict.
    """
    if not isinstance(params, dict):
        raise TypeError("kafkaParams should be dict")
    if not isinstance(ranges, list):
        raise TypeError("offsetRanges should be list")
    return [fields(each) for each in ranges]
