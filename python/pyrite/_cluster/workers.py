"""What runs in the Python processes of a cluster's executors, where Pyrite isn't installed: sent there by value.

It uses nothing but Python's own modules and, for Kafka, the package confluent-kafka.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyrite._state import TIMING_OUT, State

__all__ = ["mapped_with_state", "read", "written"]

Message = tuple[str, int, int, bytes | None, bytes | None]
# How long a range's next message is waited for, in seconds.
_PATIENCE = 120.0
# How many messages are asked for at once, and how long for all of them.
_AT_ONCE, _SLICE = 1000, 0.05


def _kafka() -> Any:
    try:
        import confluent_kafka
    except ImportError:
        raise ImportError(
            "On a cluster Kafka is read and written by confluent-kafka, and this Python has none: "
            "pip install confluent-kafka for the Python of the workers (PYSPARK_PYTHON), on every one of them."
        ) from None
    return confluent_kafka


def read(params: dict[str, str], ranges: Iterable[tuple[str, int, int, int]]) -> Iterator[Message]:
    """The messages of ranges of offsets, as topic, partition, offset, key and value.

    Raises
    ------
    confluent_kafka.KafkaException
        A range is gone, or the broker refuses.
    TimeoutError
        The broker doesn't answer.
    """
    kafka = _kafka()
    wanted = [each for each in ranges if each[2] < each[3]]
    if not wanted:
        return
    own = {"enable.auto.commit": "false", "auto.offset.reset": "error", "enable.partition.eof": "true"}
    consumer = kafka.Consumer({"group.id": "pyrite-reader", **params, **own})
    try:
        for topic, partition, start, end in wanted:
            consumer.assign([kafka.TopicPartition(topic, partition, start)])
            yield from _range(kafka, consumer, (topic, partition), end)
    finally:
        consumer.close()


def _range(kafka: Any, consumer: Any, at: tuple[str, int], end: int) -> Iterator[Message]:
    """One range. Marks of transactions take offsets, too: it ends behind `end`, or with the partition."""
    left, waited_until = 1, time.monotonic() + _PATIENCE
    while True:
        # `consume` waits for as many as it is asked for, and there may be fewer than offsets.
        messages = consumer.consume(left, _SLICE if left > 1 else 1.0)
        if not messages and time.monotonic() > waited_until:
            raise TimeoutError(f"Kafka gave nothing of {at[0]}-{at[1]} before offset {end} in {_PATIENCE:g} seconds")
        left = 1 if not messages else left
        for message in messages:
            error = message.error()
            if error is not None:
                if error.code() == kafka.KafkaError._PARTITION_EOF:
                    return
                if error.retriable() or error.code() in (
                    kafka.KafkaError._TRANSPORT,
                    kafka.KafkaError._ALL_BROKERS_DOWN,
                ):
                    continue
                raise kafka.KafkaException(error)
            if message.offset() >= end:
                return
            yield (*at, message.offset(), message.key(), message.value())
            if message.offset() + 1 >= end:
                return
            left, waited_until = min(end - message.offset() - 1, _AT_ONCE), time.monotonic() + _PATIENCE


def written(
    params: dict[str, str],
    topic: str,
    key: Callable[[Any], Any] | None,
    value: Callable[[Any], Any] | None,
    rows: Iterable[Any],
) -> Iterator[Any]:
    """Write rows as messages, and give nothing once all are acknowledged.

    Raises
    ------
    TypeError
        A row makes no message.
    confluent_kafka.KafkaException
        A message can't be delivered.
    """
    kafka = _kafka()
    failed: list[Any] = []

    def delivered(error: Any, _message: Any) -> None:
        if error is not None:
            failed.append(error)

    producer = kafka.Producer({"enable.idempotence": "true", **params})
    for row in rows:
        name, text = _message(row, key, value)
        while not failed:
            try:
                producer.produce(topic, text, name, on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
        if failed:
            break
    producer.flush()
    if failed:
        raise kafka.KafkaException(failed[0])
    yield from ()


def _message(row: Any, key: Callable[[Any], Any] | None, value: Callable[[Any], Any] | None) -> tuple[Any, Any]:
    if key is None and value is None and isinstance(row, tuple) and len(row) == 2:
        return _text(row[0], "the key of a message"), _text(row[1], "the value of a message")
    name = None if key is None else _text(key(row), "the key of a message")
    return name, _text(row if value is None else value(row), "a message")


def _text(part: Any, what: str) -> Any:
    if part is None or isinstance(part, (str, bytes)):
        return part
    if isinstance(part, bytearray):
        return bytes(part)
    error = TypeError(f"{what} is str, bytes or None, not {type(part).__name__}: {part!r:.200}")
    error.add_note("value=str, or another function of a row, makes text of it")
    raise error


# What is kept of a key: its state in a tuple, or no tuple; when it got something last; what the batch's calls returned.
Kept = tuple[tuple[Any, ...], int | None, list[Any]]


def mapped_with_state(
    function: Callable[..., Any],
    timed: bool,
    timeout: int | None,
    at: tuple[Any, int],
    key: Any,
    values: Iterable[Any],
    kept: Kept | None,
) -> Kept | None:
    """Call `mapWithState`'s function for a key's values of a batch; None where nothing is to be kept.

    `at` is the batch's time, as a datetime and in milliseconds, as `timeout` is.
    """
    held, last, _ = kept if kept is not None else ((), None, [])
    returned: list[Any] = []

    def call(value: Any, state: State[Any]) -> None:
        result = function(at[0], key, value, state) if timed else function(key, value, state)
        if not timed or result is not None:
            returned.append(result)

    came = False
    state: State[Any]
    for value in values:
        came, state = True, State(*held)
        call(value, state)
        held = (state._value,) if state.exists() else ()
    if came or last is None:
        last = at[1]
    elif held and timeout is not None and at[1] - last > timeout:
        call(None, State(held[0], TIMING_OUT))
        held = ()
    return (held, last, returned) if held or returned else None
