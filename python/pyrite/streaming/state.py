"""What a stream remembers by key: `updateStateByKey`, and `mapWithState` with its `StateSpec` and `State`.

`mapWithState` is Scala's; PySpark doesn't have it. Its cost follows the keys that came, where `updateStateByKey` calls
its function for every key in every batch:

    def total(word, one, state):
        count = (state.getOption() or 0) + one
        state.update(count)
        return word, count

    counts = pairs.mapWithState(StateSpec.function(total))
    counts.pprint()
    counts.stateSnapshots().pprint()
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pyrite._callsite import operation
from pyrite._lambda.states import Updating, WithState
from pyrite._mistakes import advised
from pyrite._state import ABSENT, NOTHING, TIMING_OUT, State
from pyrite._state_spec import StateSpec
from pyrite._traceback import action
from pyrite.rdd import RDD
from pyrite.streaming.util import batch_time

if TYPE_CHECKING:
    from pyrite.streaming.dstream import DStream, MapWithStateDStream

__all__ = ["State", "StateSpec"]


def map_batch(
    mapping: WithState,
    time_ms: int,
    rows: tuple[list[Any], list[Any], list[int]],
    states: list[Any],
    expired: tuple[list[Any], list[Any]],
    touches: bool,
    failed: list[Any],
) -> tuple[list[Any], list[int], list[Any], list[int]]:
    """Call a mapping function for a batch's pairs: what it returned, the keys updated, their states, the keys removed.

    `rows` are the keys, the values, and which of the distinct keys each pair has; `states` are those of these keys.
    Into `failed` goes the pair that raised.
    """
    call = functools.partial(mapping.function, batch_time(time_ms)) if mapping.timed else mapping.function
    mapped: list[Any] = []
    changed: dict[int, None] = {}
    # One object for all calls, as Scala has it.
    state: State[Any] = State()
    key = value = None
    try:
        for key, value, number in zip(*rows, strict=True):
            state._value = states[number]
            mapped.append(call(key, value, state))
            if state._change:
                states[number] = state._value
                changed[number] = None
                state._change = NOTHING
            elif touches and state._value is not ABSENT:
                changed[number] = None
        state._change, value = TIMING_OUT, None
        for key, old in zip(*expired, strict=True):
            state._value = old
            mapped.append(call(key, None, state))
    except BaseException:
        failed.append((key, value))
        raise
    if mapping.timed:
        mapped = [row for row in mapped if row is not None]
    updated = [number for number in changed if states[number] is not ABSENT]
    removed = [number for number in changed if states[number] is ABSENT]
    return mapped, updated, [states[number] for number in updated], removed


class Stateful:
    """The operations of a DStream that remember."""

    @action
    def updateStateByKey(
        self: Any,
        updateFunc: Callable[[list[Any], Any], Any],
        numPartitions: int | None = None,
        initialRDD: RDD[Any] | Sequence[Any] | None = None,
    ) -> DStream[tuple[Any, Any]]:
        """Each key with its state: `updateFunc(new_values, state)`, called for every key in every batch.

        `state` is None for a new key. A key goes when its state becomes None. `initialRDD` has the keys that are there
        before the first batch.
        """
        _require_callable(updateFunc, "updateStateByKey")
        count = self._partitions(numPartitions)
        initial = _plan(self, initialRDD)
        whole, site = Updating(updateFunc), operation("updateStateByKey")
        states = self._ssc._streaming.state_by_key(self._stream, updateFunc, whole, count, initial, site)
        stream: DStream[tuple[Any, Any]] = self._states_of(states, site)
        return stream

    @action
    def mapWithState(self: Any, spec: StateSpec) -> MapWithStateDStream[Any]:
        """What the function of a `StateSpec` returns for each pair; it sees and changes the state of the pair's key.

        PySpark doesn't have it; it is Scala's. Only the keys that came cost something.

        Raises
        ------
        TypeError
            It isn't a StateSpec.
        """
        if not isinstance(spec, StateSpec):
            error = TypeError(f"mapWithState takes a StateSpec, not {type(spec).__name__}")
            raise advised(error, "make one: StateSpec.function(f), with f(key, value, state)")
        mapping = WithState(spec._function, spec._timed)
        count = self._partitions(spec._partitions)
        initial = _plan(self, spec._initial)
        site = operation("mapWithState")
        states = self._ssc._streaming.map_with_state(self._stream, mapping, count, initial, spec._timeout, site)
        mapped: MapWithStateDStream[Any] = self._mapped_with(states, site)
        return mapped


def _require_callable(function: object, method: str) -> None:
    if not callable(function):
        error = TypeError(f"{type(function).__name__!r} object is not callable")
        raise advised(error, f"{method} takes a function of the new values and the state")


def _plan(stream: DStream[Any], initial: RDD[Any] | Sequence[Any] | None) -> Any:
    """The plan of pairs that are there at first; an empty list counts as none, as in PySpark."""
    if isinstance(initial, RDD):
        return initial._plan
    return stream._sc.parallelize(initial)._plan if initial else None
