"""What streams do in every batch, as objects: a checkpoint keeps their names and the program's own functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from pyrite import _engine
from pyrite._callsite import fixed
from pyrite._kafka import Topic
from pyrite.rdd import RDD
from pyrite.streaming import _output
from pyrite.streaming.util import rddToFileName


class Step:
    """`f(time, rdd, *others)`: a method of the RDD by its name, or a function of it, with further arguments.

    The steps of its plans are named after `site`.
    """

    def __init__(self, site: str, make: str | Callable[..., RDD[Any]], args: tuple[Any, ...]) -> None:
        self._site = site
        self._make = make
        self._args = args

    def __call__(self, _time: datetime, rdd: RDD[Any], *others: RDD[Any]) -> RDD[Any]:
        """The RDD of a batch."""
        with fixed(self._site):
            if isinstance(self._make, str):
                made: RDD[Any] = getattr(rdd, self._make)(*others, *self._args)
                return made
            return self._make(rdd, *others, *self._args)


class Printing:
    """`pprint`"""

    def __init__(self, num: int) -> None:
        self._num = num

    def __call__(self, time: datetime, rdd: RDD[Any]) -> None:
        """Print a batch."""
        rows = rdd.take(self._num + 1)
        _output.write(_engine.pprint_text(str(time), [str(row) for row in rows], self._num))


class Saving:
    """`saveAsTextFiles`"""

    def __init__(self, prefix: str, suffix: str | None) -> None:
        self._prefix = prefix
        self._suffix = suffix

    def __call__(self, time: datetime, rdd: RDD[Any]) -> None:
        """Write a batch; what an earlier run of it has written is replaced."""
        rdd._save_text(rddToFileName(self._prefix, self._suffix, round(time.timestamp() * 1000)), None, True)


class SavingToKafka:
    """`saveToKafka`"""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic

    def __call__(self, time: datetime, rdd: RDD[Any]) -> None:
        """Write a batch; in a transaction, unless an earlier run of it has."""
        self._topic.save(rdd, round(time.timestamp() * 1000), _output.engine_log())


def reduced(rdd: RDD[Any], func: Callable[[Any, Any], Any]) -> RDD[Any]:
    """All rows reduced by `func`, in one partition."""
    return rdd.map(lambda row: (None, row)).reduceByKey(func, 1).map(lambda pair: pair[1])


def counted_by_value(rdd: RDD[Any], partitions: int) -> RDD[Any]:
    """How often each row is there."""
    return rdd.map(lambda row: (row, 1)).reduceByKey(lambda a, b: a + b, partitions)


def counted(rows: Iterable[Any]) -> Iterator[int]:
    """How many rows there are."""
    yield sum(1 for _ in rows)
