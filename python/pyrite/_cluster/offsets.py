"""Which offsets each batch of a direct stream reads: asked of the broker once a batch, on the driver, and remembered.

A batch that is asked for again, by a second output or after a restart from a checkpoint, reads the same.
"""

from __future__ import annotations

import logging
import re
import threading
import time as clock
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from pyrite._cluster.kafka_settings import Settings

__all__ = ["Offsets"]

T = TypeVar("T")
Place = tuple[str, int]
Range = tuple[str, int, int, int]

# How many batches are remembered, how long the broker may take, how often it is asked for new partitions (s).
_REMEMBERED = 1000
_PATIENCE = 10.0
_LOOK = 5.0
# How long a group's coordinator may take to be found, and what is said meanwhile.
_GROUP_PATIENCE = 60.0
_COMING = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)
_logger = logging.getLogger("pyrite")


class Offsets:
    """The ranges of a stream. What is pickled, in a checkpoint, comes back as one object however often it is there."""

    _restored: ClassVar[dict[str, Offsets]] = {}

    def __init__(self, topics: list[str] | str, settings: Settings, limit: int | None) -> None:
        self._name = uuid.uuid4().hex
        self._topics = topics
        self._settings = settings
        self._limit = limit
        # Of this many streams of a group in the program, which one this is.
        self.turn = (0, 1)
        self._begins: dict[Place, int] = {}
        # The partitions there were at the beginning, and those that came: what isn't begun at isn't read.
        self._known: set[Place] = set()
        self._batches: dict[int, list[Range]] = {}
        self._prepare()

    def _prepare(self) -> None:
        self._lock = threading.Lock()
        self._admin: Any = None
        self._looked = 0.0
        self._down = False

    def __reduce__(self) -> tuple[Any, ...]:
        with self._lock:
            state = {key: value for key, value in vars(self).items() if key not in _OF_THE_PROCESS}
            state.update(_batches=dict(self._batches), _known=set(self._known))
        return _restored, (state,)

    # -- where a stream begins

    def begin(self, given: dict[Place, int]) -> None:
        """Begin at these offsets, else where the consumer group is, if it is asked for, else at an end.

        Raises
        ------
        ValueError
            A topic isn't there, or the offsets are of others.
        confluent_kafka.KafkaException
            The broker doesn't answer.
        """
        if given:
            if not isinstance(self._topics, str) and {topic for topic, _ in given} != set(self._topics):
                raise ValueError(
                    f"topics {sorted(self._topics)} do not equal to the topic from offsets "
                    f"{sorted({topic for topic, _ in given})}"
                )
            self._begins, self._known = dict(given), {*given, *self._places()}
            return
        places = self._places()
        self._begins, self._known = self._ends(places, earliest=self._settings.from_earliest), set(places)

    def begin_at_group(self) -> None:
        """Begin where the group has committed, else at an end."""
        places = self._places()
        consumer = Consumer(self._settings.client)
        try:
            asked = [TopicPartition(*place) for place in places]
            answer = _patiently(lambda: consumer.committed(asked, _PATIENCE))
            committed = {(each.topic, each.partition): each.offset for each in answer}
        finally:
            consumer.close()
        known = {place: offset for place, offset in committed.items() if offset >= 0}
        rest = [place for place in places if place not in known]
        self._known = set(places)
        self._begins = self._ends(rest, earliest=self._settings.from_earliest) | known

    # -- what a batch reads

    def at(self, ms: int) -> list[Range]:
        """The ranges of the batch of a time."""
        with self._lock:
            found = self._batches.get(ms)
            if found is None:
                before = [time for time in self._batches if time < ms]
                if self._batches and not before:
                    return []  # older than what is remembered
                found = self._next(self._batches[max(before)] if before else [])
                self._batches[ms] = found
                for old in sorted(self._batches)[:-_REMEMBERED]:
                    del self._batches[old]
        number, count = self.turn
        return [each for index, each in enumerate(found) if index % count == number]

    def before(self, ms: int) -> list[Range]:
        """The ranges of the batch before that time."""
        with self._lock:
            times = [time for time in self._batches if time < ms]
        return self.at(max(times)) if times else []

    def _next(self, last: list[Range]) -> list[Range]:
        starts = {(topic, partition): until for topic, partition, _, until in last} or dict(self._begins)
        try:
            if clock.monotonic() - self._looked > _LOOK:
                self._looked = clock.monotonic()
                for place in self._places():
                    # What is written to a partition that came later is read from its first message on.
                    if place not in self._known:
                        self._known.add(place)
                        starts[place] = 0
            ends = self._ends(starts)
        except (KafkaException, TimeoutError) as error:
            if not self._down:
                _logger.warning("no Kafka at %s: %s; batches are empty meanwhile", self._brokers(), error)
            self._down = True
            return [(*place, start, start) for place, start in sorted(starts.items())]
        if self._down:
            _logger.warning("Kafka at %s answers again", self._brokers())
        self._down = False
        return [(*place, *self._range(place, start, ends[place])) for place, start in sorted(starts.items())]

    def _range(self, place: Place, start: int, end: int) -> tuple[int, int]:
        if start > end:
            text = f"Kafka's {place[0]}-{place[1]} ends at offset {end}, and the stream had come to {start}"
            if self._settings.fails:
                raise ValueError(f"{text}: messages are gone; failOnDataLoss=False goes on with what is there")
            _logger.warning("%s; going on there", text)
            start = end
        return start, end if self._limit is None else min(end, start + self._limit)

    # -- the broker

    def _places(self) -> list[Place]:
        """The partitions of the topics."""
        found = self._client().list_topics(timeout=_PATIENCE).topics
        if isinstance(self._topics, str):
            names = [name for name in found if re.fullmatch(self._topics, name)]
        else:
            names = self._topics
            lacking = [name for name in names if name not in found or found[name].error is not None]
            if lacking:
                raise ValueError(f"Kafka at {self._brokers()} has no topic {', '.join(map(repr, lacking))}")
        return [(name, partition) for name in names for partition in sorted(found[name].partitions)]

    def _ends(self, places: Iterable[Place], earliest: bool = False) -> dict[Place, int]:
        spec = OffsetSpec.earliest() if earliest else OffsetSpec.latest()
        asked = {TopicPartition(*place): spec for place in places}
        if not asked:
            return {}
        level = IsolationLevel.READ_COMMITTED
        if self._settings.client.get("isolation.level") == "read_uncommitted":
            level = IsolationLevel.READ_UNCOMMITTED
        answers = self._client().list_offsets(asked, isolation_level=level, request_timeout=_PATIENCE)
        return {(at.topic, at.partition): answer.result(_PATIENCE).offset for at, answer in answers.items()}

    def commit(self, ranges: Sequence[Range]) -> None:
        """Have the consumer group remember the ends of ranges."""
        ends = [TopicPartition(topic, partition, until) for topic, partition, _, until in ranges]
        if not ends:
            return
        consumer = Consumer(self._settings.client | {"enable.auto.commit": "false"})
        try:
            for each in _patiently(lambda: consumer.commit(offsets=ends, asynchronous=False)):
                if each.error is not None:
                    raise KafkaException(each.error)
        finally:
            consumer.close()

    def _client(self) -> Any:
        if self._admin is None:
            kept = {key: value for key, value in self._settings.client.items() if key not in _OF_CONSUMERS}
            self._admin = AdminClient({"log_level": "0", **kept})
        return self._admin

    def _brokers(self) -> str:
        return self._settings.client["bootstrap.servers"]


def _patiently(ask: Callable[[], T]) -> T:
    """The answer of a group's coordinator, which a broker may be about to find."""
    end = clock.monotonic() + _GROUP_PATIENCE
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in _COMING or clock.monotonic() > end:
                raise
        clock.sleep(0.2)


_OF_THE_PROCESS = ("_lock", "_admin", "_looked", "_down")
_OF_CONSUMERS = ("group.id", "isolation.level")


def _restored(state: dict[str, Any]) -> Offsets:
    known = Offsets._restored.get(state["_name"])
    if known is None:
        known = Offsets.__new__(Offsets)
        vars(known).update(state)
        known._prepare()
        Offsets._restored[state["_name"]] = known
    with known._lock:
        known._batches.update(state["_batches"])
    return known
