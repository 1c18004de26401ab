"""`State`, here and on a cluster: executors get this module by value, so it uses nothing but Python's own."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

__all__ = ["ABSENT", "NOTHING", "REMOVED", "TIMING_OUT", "UPDATED", "State"]

S = TypeVar("S")


class _Absent:
    """In place of a state that isn't there: None is one that is."""


# The class itself: sent to an executor twice it is the same one.
ABSENT: Any = _Absent
# What a call does to the state; the last means that it can't do anything.
NOTHING, UPDATED, REMOVED, TIMING_OUT = range(4)


class State(Generic[S]):
    """The state of a key, as `mapWithState`'s function sees and changes it while it is called."""

    __slots__ = ("_change", "_value")

    def __init__(self, value: Any = ABSENT, change: int = NOTHING) -> None:
        self._value = value
        self._change = change

    def exists(self) -> bool:
        """Whether there is a state."""
        return self._value is not ABSENT

    def get(self) -> S:
        """The state.

        Raises
        ------
        LookupError
            There is none.
        """
        if self._value is ABSENT:
            raise LookupError("State is not set")
        value: S = self._value
        return value

    def getOption(self) -> S | None:
        """The state, or None."""
        return None if self._value is ABSENT else self._value

    def update(self, newState: S) -> None:
        """Make `newState` the key's state.

        Raises
        ------
        ValueError
            It was removed, or it is timing out.
        """
        if self._change > UPDATED:
            what = "that is timing out" if self._change == TIMING_OUT else "after it has been removed"
            raise ValueError(f"Cannot update the state {what}")
        self._value = newState
        self._change = UPDATED

    def remove(self) -> None:
        """Have the key without a state.

        Raises
        ------
        ValueError
            It was removed before, or it is timing out.
        """
        if self._change > UPDATED:
            what = "is timing out" if self._change == TIMING_OUT else "has already been removed"
            raise ValueError(f"Cannot remove the state that {what}")
        self._value = ABSENT
        self._change = REMOVED

    def isTimingOut(self) -> bool:
        """Whether this is the last call for the key, which got nothing for longer than the timeout."""
        return self._change == TIMING_OUT

    def __repr__(self) -> str:
        return f"State({self._value!r})" if self.exists() else "State()"
