"""Rows on their way to a topic of Kafka."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyrite import _engine
from pyrite._mistakes import advised

if TYPE_CHECKING:
    from pyrite.rdd import RDD

__all__ = ["Topic", "settings"]

Part = Callable[[Any], Any]


def settings(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """`kafkaParams` as the engine takes them.

    Raises
    ------
    TypeError
        They aren't a dict.
    """
    if not isinstance(given, Mapping):
        raise TypeError("kafkaParams should be dict")
    return [(str(name), str(value).lower() if isinstance(value, bool) else str(value)) for name, value in given.items()]


class Topic:
    """Where rows go, and what of a row is the key and what the value."""

    def __init__(
        self, topic: str, params: Mapping[str, Any], key: Part | None, value: Part | None, transactional: str | None
    ) -> None:
        if not isinstance(topic, str):
            raise TypeError(f"topic should be str, not {type(topic).__name__}")
        for name, part in (("key", key), ("value", value)):
            if part is not None and not callable(part):
                error = TypeError(f"{name} should be a function of a row, not {type(part).__name__}")
                raise advised(error, f"{name}=lambda row: ... makes it of a row")
        self._made = (topic, settings(params), key, value, transactional)

    def __reduce__(self) -> tuple[Any, ...]:
        topic, params, key, value, transactional = self._made
        return Topic, (topic, dict(params), key, value, transactional)

    def connect(self, log: Any = None) -> Any:
        """The producer, which lasts as long as this does."""
        topic, params, _, _, transactional = self._made
        sink = vars(self).get("_sink")
        if sink is None:
            # Two batches may be at once where a stream is restored: the first one's is that of both.
            sink = vars(self).setdefault("_sink", _engine.KafkaSink(log, params, topic, transactional))
        return sink

    def save(self, rdd: RDD[Any], ms: int | None = None, log: Any = None) -> None:
        """Write the rows, as those of the batch of a time if one is given."""
        self.connect(log).save(rdd.ctx._engine, self._messages(rdd)._plan, ms)

    def _messages(self, rdd: RDD[Any]) -> RDD[Any]:
        _, _, key, value, _ = self._made
        if key is not None and value is not None:
            return rdd.map(lambda row: (key(row), value(row)))
        if key is not None:
            return rdd.map(lambda row: (key(row), row))
        if value is not None:
            return rdd.map(lambda row: (None, value(row)))
        return rdd
