"""`RDD`: rows as messages of Kafka."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pyrite._kafka import Topic, settings
from pyrite._rdd.planned import Planned
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")


class Sending(Planned[T]):
    """What `RDD` has of Kafka."""

    @action
    def saveToKafka(
        self,
        topic: str,
        params: Mapping[str, Any],
        key: Callable[[T], str | bytes | None] | None = None,
        value: Callable[[T], str | bytes | None] | None = None,
        transactional: bool = False,
    ) -> None:
        """Write each row as a message to a topic of Kafka; returns when all are acknowledged. Not in PySpark.

        A row that is a str, bytes or None is a message's value, a pair of them its key and value. `key` and `value`
        make them of other rows; with `key` alone the row is the value. `params` are Kafka's settings, such as
        `bootstrap.servers`. With `transactional` nobody who reads committed messages only sees some of them without
        the others; `transactional.id` in `params` names who writes.

        Raises
        ------
        TypeError
            A row is neither, or an argument isn't what it should be.
        Py4JJavaError
            A setting isn't known, there is no such topic, Kafka refuses the messages.
        """
        name = None
        if transactional:
            name = dict(settings(params)).get("transactional.id")
            if name is None:
                raise ValueError('transactional=True needs a "transactional.id" in params: the name of who writes')
        Topic(topic, params, key, value, name).save(cast("RDD[Any]", self))
