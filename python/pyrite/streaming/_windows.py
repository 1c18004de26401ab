"""The windowed methods of `DStream`: what slides over the batches of the last seconds."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pyrite._callsite import fixed, operation
from pyrite._traceback import action
from pyrite.resultiterable import ResultIterable
from pyrite.streaming.util import milliseconds

if TYPE_CHECKING:
    from pyrite.streaming.dstream import DStream

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Windows(Generic[T]):
    """What `DStream` has of windows. Durations are seconds, multiples of the stream's own slide."""

    @property
    def _self(self) -> DStream[Any]:
        return cast("DStream[Any]", self)

    @action
    def window(self, windowDuration: float, slideDuration: float | None = None) -> DStream[T]:
        """The rows of the last `windowDuration` seconds, every `slideDuration` seconds, oldest batch first.

        Raises
        ------
        ValueError
            A duration isn't a multiple of this stream's slide, or isn't positive.
        """
        window_ms, slide_ms = self._durations(windowDuration, slideDuration)
        stream = self._self
        return type(stream)._of(stream._ssc._streaming.window(stream._stream, window_ms, slide_ms), stream._ssc)

    def _durations(self, window: float, slide: float | None) -> tuple[int, int]:
        stream = self._self
        return (
            self._duration("windowDuration", window),
            stream._slide_ms if slide is None else self._duration("slideDuration", slide),
        )

    def _duration(self, name: str, seconds: float) -> int:
        ms, slide = milliseconds(seconds), self._self._slide_ms
        if ms <= 0 or ms % slide != 0:
            raise ValueError(f"{name} must be multiple of the parent dstream's slide (batch) duration ({slide} ms)")
        return ms

    @action
    def reduceByWindow(
        self,
        reduceFunc: Callable[[T, T], T],
        invReduceFunc: Callable[[T, T], T] | None,
        windowDuration: float,
        slideDuration: float,
    ) -> DStream[T]:
        """The rows of the last `windowDuration` seconds reduced to one; nothing while there are none.

        With `invReduceFunc`, `invReduceFunc(value, gone)` takes away what has left the window, as
        `reduceByKeyAndWindow` does.
        """
        with fixed(operation("reduceByWindow")):
            keyed = self._self.map(lambda row: (1, row))
            reduced = keyed.reduceByKeyAndWindow(reduceFunc, invReduceFunc, windowDuration, slideDuration, 1)
            return reduced.map(lambda pair: pair[1])

    @action
    def countByWindow(self, windowDuration: float, slideDuration: float) -> DStream[int]:
        """The number of rows in the last `windowDuration` seconds."""
        with fixed(operation("countByWindow")):
            ones = self._self.map(lambda _: 1)
            return ones.reduceByWindow(operator.add, operator.sub, windowDuration, slideDuration)

    @action
    def countByValueAndWindow(
        self, windowDuration: float, slideDuration: float, numPartitions: int | None = None
    ) -> DStream[tuple[T, int]]:
        """`(value, how often)` for each different row of the last `windowDuration` seconds."""
        with fixed(operation("countByValueAndWindow")):
            ones = self._self.map(lambda row: (row, 1))
            counted = ones.reduceByKeyAndWindow(
                operator.add, operator.sub, windowDuration, slideDuration, numPartitions
            )
            return counted.filter(lambda pair: pair[1] > 0)

    @action
    def groupByKeyAndWindow(
        self: Windows[tuple[K, V]], windowDuration: float, slideDuration: float, numPartitions: int | None = None
    ) -> DStream[tuple[K, ResultIterable[V]]]:
        """Each key with its values of the last `windowDuration` seconds, oldest first.

        In a window of five slides or more a key stays, with no values, when all of them have left.
        """
        with fixed(operation("groupByKeyAndWindow")):
            lists = self._self.mapValues(lambda value: [value])
            grouped = lists.reduceByKeyAndWindow(_extended, _without, windowDuration, slideDuration, numPartitions)
            return grouped.mapValues(ResultIterable)

    @action
    def reduceByKeyAndWindow(
        self: Windows[tuple[K, V]],
        func: Callable[[V, V], V],
        invFunc: Callable[[V, V], V] | None,
        windowDuration: float,
        slideDuration: float | None = None,
        numPartitions: int | None = None,
        filterFunc: Callable[[tuple[K, V]], Any] | None = None,
    ) -> DStream[tuple[K, V]]:
        """Each key's values of the last `windowDuration` seconds reduced by `func`.

        With `invFunc`, a window of five slides or more is made of the one before: `invFunc(value, gone)` takes away
        what has left it, and a key whose values have all left stays with what that gives (0 for sums) unless
        `filterFunc((key, value))` drops it. Without `invFunc`, and in smaller windows, such keys vanish by themselves;
        then `filterFunc` counts only where there is an `invFunc`.

        Raises
        ------
        ValueError
            A duration isn't a multiple of this stream's slide, or isn't positive.
        """
        window_ms, slide_ms = self._durations(windowDuration, slideDuration)
        stream = self._self
        partitions = stream._partitions(numPartitions)
        site = operation("reduceByKeyAndWindow")
        with fixed(site):
            panes = stream.reduceByKey(func, partitions)._stream
        inverse = subtract = keep = None
        if invFunc:
            inverse, subtract, keep = invFunc, _subtracting(invFunc), filterFunc or None
        node = stream._ssc._streaming.reduced_window(
            site, panes, window_ms, slide_ms, func, partitions, inverse, subtract, keep
        )
        return type(stream)._of(node, stream._ssc)


def _subtracting(inverse: Callable[[Any, Any], Any]) -> Callable[[tuple[Any, Any]], Any]:
    """`inverse` over pairs of a value and what has left, or None where nothing has."""
    return lambda pair: inverse(pair[0], pair[1]) if pair[1] is not None else pair[0]


def _extended(values: list[Any], more: list[Any]) -> list[Any]:
    values.extend(more)
    return values


def _without(values: list[Any], gone: list[Any]) -> list[Any]:
    return values[len(gone) :]
