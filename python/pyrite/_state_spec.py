"""`StateSpec`: how `mapWithState` works, here and on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pyrite._arity import arity
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite.rdd import RDD

__all__ = ["StateSpec"]


class StateSpec:
    """How `mapWithState` works: `StateSpec.function(f).initialState(rdd).numPartitions(n).timeout(seconds)`.

    `f(key, value, state)` is called for each pair, and what it returns is a row of the stream. One of four parameters
    gets the batch's time first, and returns None for no row. `value` is None for a key that times out.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._timed = arity(function) == 4
        self._initial: Any = None
        self._partitions: int | None = None
        #: Milliseconds.
        self._timeout: int | None = None

    @staticmethod
    @action
    def function(mappingFunction: Callable[..., Any]) -> StateSpec:
        """A specification with this function.

        Raises
        ------
        TypeError
            It takes neither three nor four arguments.
        """
        if arity(mappingFunction) not in (3, 4):
            raise TypeError("mapWithState takes a function of (key, value, state) or of (time, key, value, state)")
        return StateSpec(mappingFunction)

    def initialState(self, rdd: RDD[Any] | Iterable[Any]) -> StateSpec:
        """Pairs of key and state that are there before the first batch: an RDD or a list."""
        # Real PySpark has another class of RDDs.
        self._initial = rdd if hasattr(rdd, "mapPartitions") else list(rdd)
        return self

    def numPartitions(self, numPartitions: int) -> StateSpec:
        """In how many partitions the state is kept."""
        self._partitions = numPartitions
        return self

    @action
    def timeout(self, idleDuration: float) -> StateSpec:
        """Remove keys that got nothing for longer than `idleDuration` seconds; the function is called a last time.

        Raises
        ------
        ValueError
            It isn't positive.
        """
        milliseconds = int(idleDuration * 1000)
        if milliseconds <= 0:
            raise ValueError(f"timeout takes a positive number of seconds, not {idleDuration!r}")
        self._timeout = milliseconds
        return self
