"""What a processor's `init` gets: the states of the key at hand by name, and its timers."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyrite._frames.query.planned import Batch
    from pyrite._frames.query.state import StateStore

__all__ = ["Handle", "ends_of"]


class Holder(Protocol):
    """Who keeps what keys have."""

    store: StateStore
    removed: int

    def ends(self, key: Any, moments: Iterable[int]) -> None:
        """Something of a key is over then."""


class Handle:
    """What `init` gets: states and timers of whichever key is being processed."""

    def __init__(self, operator: Holder, batch: Batch, mode: str) -> None:
        self._operator = operator
        self._mode = mode
        # States are named in `init` only.
        self.ready = False
        self._clock = batch.timestamp
        # Whether a state has values that are over some time.
        self.expires = False
        self._key: Any = None
        self.held: dict[str, Any] = {}
        self._before = b""
        self.updated = 0

    def enter(self, key: Any) -> None:
        """The states of a key are at hand."""
        row = self._operator.store.get(self._operator.store.key_table([key]))[0]
        self._key = key
        self._before = row[-2] if row else b""
        self.held = pickle.loads(self._before) if row else {"states": {}, "timers": []}

    def leave(self) -> None:
        """What has become of them is kept."""
        store = self._operator.store
        states, timers = self.held["states"], self.held["timers"]
        if not states and not timers:
            if self._before:
                store.remove(store.keys_of(store.key_table([self._key])))
                self._operator.removed += 1
        else:
            now = pickle.dumps(self.held, 5)
            if now != self._before:
                store.put(store.table([(*self._key, now, min(timers, default=None))]))
                self.updated += 1
                if self.expires:
                    self._operator.ends(self._key, ends_of(states))
        self._key = None

    def purge(self) -> None:
        """What is over goes from the states at hand."""
        states = self.held["states"]
        for name, state in list(states.items()):
            if isinstance(state, list):
                left: Any = [pair for pair in state if not self.over(pair)]
            elif isinstance(state, dict):
                left = {key: pair for key, pair in state.items() if not self.over(pair)}
            else:
                left = None if self.over(state) else state
            if left:
                states[name] = left
            else:
                del states[name]

    def over(self, pair: Any) -> bool:
        """Whether a value's time has come."""
        return pair[1] is not None and pair[1] <= self._clock

    # The protocol of StatefulProcessorHandle.

    def getValueState(self, stateName: str, schema: Any, ttlDurationMs: int | None = None) -> Any:
        """One value."""
        self._named("value", stateName, ttlDurationMs)
        return _Value(self, stateName, ttlDurationMs)

    def getListState(self, stateName: str, schema: Any, ttlDurationMs: int | None = None) -> Any:
        """Several."""
        self._named("list", stateName, ttlDurationMs)
        return _List(self, stateName, ttlDurationMs)

    def getMapState(
        self, stateName: str, userKeySchema: Any, valueSchema: Any, ttlDurationMs: int | None = None
    ) -> Any:
        """Values by keys."""
        self._named("map", stateName, ttlDurationMs)
        return _Map(self, stateName, ttlDurationMs)

    def registerTimer(self, expiryTimestampMs: int) -> None:
        """Call `handleExpiredTimer` then."""
        self._timed("register")
        if expiryTimestampMs not in self.held["timers"]:
            self.held["timers"] = sorted([*self.held["timers"], int(expiryTimestampMs)])

    def deleteTimer(self, expiryTimestampMs: int) -> None:
        """Don't."""
        self._timed("delete")
        self.held["timers"] = [at for at in self.held["timers"] if at != expiryTimestampMs]

    def listTimers(self) -> Iterator[int]:
        """Those of the key."""
        return iter(list(self.held["timers"]))

    def deleteIfExists(self, stateName: str) -> None:
        """The state of this name goes."""
        self._in_init("Error deleting state", "delete_if_exists")
        self.held.get("states", {}).pop(stateName, None)

    def _named(self, kind: str, name: str, ttl: int | None) -> None:
        what = f"Error initializing {kind} state"
        self._in_init(what, f"get_{kind}_state")
        if ttl and self._mode != "processingtime":
            raise _wrong(
                f"{what}: [STATEFUL_PROCESSOR_INCORRECT_TIME_MODE_TO_ASSIGN_TTL] Cannot use TTL for state={name} in "
                f"timeMode={_TIMES[self._mode]}, use TimeMode.ProcessingTime() instead. SQLSTATE: 42802"
            )

    def _in_init(self, what: str, operation: str) -> None:
        if self.ready:
            raise _wrong(
                f"{what}: [STATEFUL_PROCESSOR_CANNOT_PERFORM_OPERATION_WITH_INVALID_HANDLE_STATE] Failed to perform stateful processor "
                f"operation={operation} with invalid handle state=INITIALIZED. SQLSTATE: 42802"
            )

    def _timed(self, word: str) -> None:
        if self._mode == "none":
            raise _wrong(
                f"Error {'deleting' if word == 'delete' else word} timer: [STATEFUL_PROCESSOR_CANNOT_PERFORM_OPERATION_WITH_INVALID_TIME_MODE] Failed to perform stateful "
                f"processor operation={word}_timer with invalid timeMode=NoTime SQLSTATE: 42802"
            )

    def now(self) -> int:
        """Milliseconds of this batch."""
        return self._clock


class _State:
    """A state of the key at hand: pairs of what is kept and when it ends."""

    def __init__(self, handle: Handle, name: str, ttl: int | None) -> None:
        self._handle = handle
        self._name = name
        self._ttl = ttl
        handle.expires = handle.expires or bool(ttl)

    def _get(self) -> Any:
        return self._handle.held["states"].get(self._name)

    def _set(self, value: Any) -> None:
        self._handle.held["states"][self._name] = value

    def _kept(self, value: Any) -> tuple[Any, int | None]:
        return tuple(map(_plain, value)), self._handle.now() + self._ttl if self._ttl else None

    def _there(self, pair: Any) -> bool:
        return pair is not None and not self._handle.over(pair)

    def clear(self) -> None:
        """Nothing is there any more."""
        self._handle.held["states"].pop(self._name, None)


class _Value(_State):
    def exists(self) -> bool:
        return self._there(self._get())

    def get(self) -> Any:
        return self._get()[0] if self.exists() else None

    def update(self, newValue: Any) -> None:
        self._set(self._kept(newValue))


class _List(_State):
    def _all(self) -> list[Any]:
        return [pair for pair in self._get() or () if self._there(pair)]

    def exists(self) -> bool:
        return bool(self._all())

    def get(self) -> Iterator[Any]:
        return iter([value for value, _ in self._all()])

    def put(self, newState: list[Any]) -> None:
        self._set([self._kept(value) for value in newState])

    def appendValue(self, newState: Any) -> None:
        self._set([*self._all(), self._kept(newState)])

    def appendList(self, newState: list[Any]) -> None:
        self._set([*self._all(), *map(self._kept, newState)])


class _Map(_State):
    def _all(self) -> dict[Any, Any]:
        return {key: pair for key, pair in (self._get() or {}).items() if self._there(pair)}

    def exists(self) -> bool:
        return bool(self._all())

    def getValue(self, key: Any) -> Any:
        pair = self._all().get(tuple(map(_plain, key)))
        return pair[0] if pair else None

    def containsKey(self, key: Any) -> bool:
        return tuple(map(_plain, key)) in self._all()

    def updateValue(self, key: Any, value: Any) -> None:
        self._set({**self._all(), tuple(map(_plain, key)): self._kept(value)})

    def iterator(self) -> Iterator[Any]:
        return iter([(key, value) for key, (value, _) in self._all().items()])

    def keys(self) -> Iterator[Any]:
        return iter(list(self._all()))

    def values(self) -> Iterator[Any]:
        return iter([value for value, _ in self._all().values()])

    def removeKey(self, key: Any) -> None:
        left = self._all()
        left.pop(tuple(map(_plain, key)), None)
        if left:
            self._set(left)
        else:
            self.clear()


def ends_of(states: dict[str, Any]) -> Iterator[int]:
    """When values of states are over."""
    for state in states.values():
        pairs = state if isinstance(state, list) else state.values() if isinstance(state, dict) else (state,)
        yield from (pair[1] for pair in pairs if pair[1] is not None)


# What Spark calls the modes.
_TIMES = {"none": "NoTime", "eventtime": "EventTime", "processingtime": "ProcessingTime"}


def _wrong(message: str) -> Exception:
    from pyspark.errors import PySparkRuntimeError

    made: Exception = PySparkRuntimeError(message)
    return made


def _plain(value: Any) -> Any:
    """Python's own value for NumPy's and pandas'."""
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    if hasattr(value, "to_pytimedelta"):
        return value.to_pytimedelta()
    return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value
