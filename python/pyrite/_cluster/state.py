"""`mapWithState` over real PySpark, on the class that its `updateStateByKey` is made of.

PySpark's own function looks at every key in every batch, and so does this: on a cluster a key that got nothing costs
something, and the rows of a key come out one behind the other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pyspark.streaming import DStream
from pyspark.streaming.util import TransformFunction

from pyrite._cluster.workers import mapped_with_state
from pyrite._state import State
from pyrite._state_spec import StateSpec

__all__ = ["MapWithStateDStream", "State", "StateSpec", "mapWithState", "milliseconds"]


def milliseconds(time: datetime) -> int:
    """A batch's time, since 1970."""
    return round(time.timestamp() * 1000)


class MapWithStateDStream(DStream[Any]):
    """What `mapWithState`'s function returned, with the states behind it."""

    _states: DStream[Any]

    def stateSnapshots(self) -> DStream[Any]:
        """All keys with their states, in every batch."""
        return self._states.filter(lambda kept: bool(kept[1][0])).mapValues(lambda kept: kept[0][0])


def mapWithState(self: DStream[Any], spec: StateSpec) -> MapWithStateDStream:
    """What the function of a `StateSpec` returns for each pair; it sees and changes the state of the pair's key.

    Raises
    ------
    TypeError
        It isn't a StateSpec.
    """
    if not isinstance(spec, StateSpec):
        raise TypeError(f"mapWithState takes a StateSpec, such as StateSpec.function(f), not {type(spec).__name__}")
    sc = self._sc
    count = sc.defaultParallelism if spec._partitions is None else spec._partitions
    step = _step(spec, count)
    deserializers = (sc.serializer, self._jrdd_deserializer)
    initial = spec._initial
    if isinstance(initial, list):
        initial = sc.parallelize(initial) if initial else None
    given = []
    if initial is not None:
        pairs = initial.mapValues(lambda state: ((state,), None, []))
        given = [pairs._reserialize(self._jrdd_deserializer)._jrdd]
    function = TransformFunction(sc, step, *deserializers)
    node = sc._jvm.PythonStateDStream(self._jdstream.dstream(), function, *given)
    states = DStream(node.asJavaDStream(), self._ssc, sc.serializer)
    returned = states.flatMap(lambda kept: kept[1][2])
    mapped = MapWithStateDStream(returned._jdstream, self._ssc, returned._jrdd_deserializer)
    mapped._states = states
    return mapped


def _step(spec: StateSpec, count: int) -> Callable[[datetime, Any, Any], Any]:
    """The states of a batch, made of those before and of what came."""
    function, timed, timeout = spec._function, spec._timed, spec._timeout

    def step(time: datetime, before: Any, pairs: Any) -> Any:
        at = (time, milliseconds(time))
        if before is None:
            both = pairs.groupByKey(count).mapValues(lambda values: (values, None))
        else:
            cogrouped = before.cogroup(pairs.partitionBy(count), count)
            both = cogrouped.mapValues(lambda two: (two[1], next(iter(two[0]), None)))

        def kept(row: Any) -> Any:
            return row[0], mapped_with_state(function, timed, timeout, at, row[0], *row[1])

        return both.map(kept, preservesPartitioning=True).filter(lambda row: row[1] is not None)

    return step
