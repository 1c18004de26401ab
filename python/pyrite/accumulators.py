"""Accumulators: values that tasks add to and only the program reads.

A task has copies of its own, which begin at zero. What they have gathered when the task has succeeded is added to the
program's accumulators, once for each partition; what a failed attempt gathered is dropped.
"""

from __future__ import annotations

import copy
import logging
import pickle
import threading
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from pyrite import _engine
from pyrite.errors import PySparkRuntimeError

__all__ = ["Accumulator", "AccumulatorParam"]

_logger = logging.getLogger("pyrite.accumulators")

T = TypeVar("T")
U = TypeVar("U", bound=Any)

# The program's accumulators by their id.
_program: WeakValueDictionary[int, Accumulator[Any]] = WeakValueDictionary()


class Accumulator(Generic[T]):
    """A value that tasks can add to, made by `SparkContext.accumulator`. Only the program reads it, by `value`.

    Examples
    --------
    >>> a = sc.accumulator(1)
    >>> sc.parallelize([1, 2, 3]).foreach(lambda x: a.add(x))
    >>> a.value
    7
    >>> a += 3
    >>> a
    Accumulator<id=..., value=10>
    """

    def __init__(self, aid: int, value: T, accum_param: AccumulatorParam[T]) -> None:
        self.aid = aid
        self.accum_param = accum_param
        self._value = value
        self._deserialized = False
        # A task's copies while another process goes on adding for them: they come back at the next add.
        self._home: dict[int, Accumulator[Any]] | None = None
        if _engine.task_accumulators() is None:
            _program[aid] = self

    def __reduce__(self) -> tuple[Callable[..., Accumulator[T]], tuple[int, T, AccumulatorParam[T]]]:
        if self._deserialized:
            carried = getattr(_carrying, "accumulators", None)
            if carried is not None:
                carried[self.aid] = self
        param = self.accum_param
        return _deserialize_accumulator, (self.aid, param.zero(self._value), param)

    def _here(self) -> Accumulator[T]:
        """Itself, or in a task that reached the program's own object, the task's copy."""
        if self._deserialized:
            if self._home is not None:
                self._home[self.aid] = self
                self._home = None
            return self
        task = _engine.task_accumulators()
        if task is None:
            return self
        known = task.get(self.aid)
        return _task_copy(task, self.aid, self._zero(), self.accum_param) if known is None else known

    def _zero(self) -> T:
        return copy.deepcopy(self.accum_param.zero(self._value))

    @property
    def value(self) -> T:
        """The value; for the program only.

        Raises
        ------
        PySparkRuntimeError
            A task asks for it.
        """
        self._only_the_program()
        return self._value

    @value.setter
    def value(self, value: T) -> None:
        self._only_the_program()
        self._value = value

    def _only_the_program(self) -> None:
        if self._deserialized or _engine.task_accumulators() is not None:
            raise PySparkRuntimeError(
                errorClass="VALUE_NOT_ACCESSIBLE", messageParameters={"value": "Accumulator.value"}
            )

    def add(self, term: T) -> None:
        """Add to the value."""
        here = self if self._deserialized and self._home is None else self._here()
        here._value = here.accum_param.addInPlace(here._value, term)

    def __iadd__(self, term: T) -> Accumulator[T]:
        self.add(term)
        return self

    def __str__(self) -> str:
        return str(self._value)

    def __repr__(self) -> str:
        return f"Accumulator<id={self.aid}, value={self._value}>"


class AccumulatorParam(Generic[T]):
    """How values of a type are added up; give `SparkContext.accumulator` an instance of a class of your own.

    Examples
    --------
    >>> class Lists(AccumulatorParam):
    ...     def zero(self, value):
    ...         return []
    ...     def addInPlace(self, value1, value2):
    ...         return value1 + value2
    >>> a = sc.accumulator([0], Lists())
    >>> sc.parallelize([1, 2], 2).foreach(lambda x: a.add([x]))
    >>> a.value
    [0, 1, 2]
    """

    def zero(self, value: T) -> T:
        """What a task begins with, for an accumulator of this value."""
        raise NotImplementedError

    def addInPlace(self, value1: T, value2: T) -> T:
        """The two added up; it may change `value1` and return it."""
        raise NotImplementedError


class AddingAccumulatorParam(AccumulatorParam[U]):
    """Adds by `+=`, from a given zero."""

    def __init__(self, zero_value: U) -> None:
        self.zero_value = zero_value

    def zero(self, value: U) -> U:
        """The given zero."""
        return self.zero_value

    def addInPlace(self, value1: U, value2: U) -> U:
        """`value1 += value2`"""
        value1 += value2
        return value1


INT_ACCUMULATOR_PARAM = AddingAccumulatorParam(0)
FLOAT_ACCUMULATOR_PARAM = AddingAccumulatorParam(0.0)
COMPLEX_ACCUMULATOR_PARAM = AddingAccumulatorParam(0.0j)


def _deserialize_accumulator(aid: int, zero_value: T, accum_param: AccumulatorParam[T]) -> Accumulator[T]:
    """What an accumulator's pickle loads as: in a task its copy, elsewhere the accumulator itself."""
    task = _engine.task_accumulators()
    known = (_program if task is None else task).get(aid)
    if known is not None:
        return known
    if task is not None:
        return _task_copy(task, aid, zero_value, accum_param)
    stray = Accumulator(aid, zero_value, accum_param)
    stray._deserialized = True
    return stray


def _task_copy(
    task: dict[int, Accumulator[Any]], aid: int, zero_value: T, accum_param: AccumulatorParam[T]
) -> Accumulator[T]:
    copied = Accumulator(aid, zero_value, accum_param)
    copied._deserialized = True
    task[aid] = copied
    return copied


# -- between a task's end and the program

# A class of the program adds under it: that may do anything, and may get here again.
_merging = threading.RLock()


def merge(updates: Iterable[tuple[int, Any]]) -> None:
    """Add what a task that succeeded has gathered to the program's accumulators.

    An accumulator whose class fails at that doesn't fail the job, whose rows are right: the failure is logged.
    """
    for aid, value in updates:
        accumulator = _program.get(aid)
        if accumulator is None:
            continue  # nobody can read it any more
        try:
            with _merging:
                accumulator._value = accumulator.accum_param.addInPlace(accumulator._value, value)
        except Exception:
            _logger.exception("An accumulator (id %d) could not take an update in:", aid)


def settle(here: dict[int, Accumulator[Any]] | None, away: Iterable[bytes]) -> None:
    """For the engine: a task has succeeded, with these copies in this process and updates from others."""
    for dumped in away:
        merge(pickle.loads(dumped))
    if here is not None:
        merge(gathered(here))


def add_up(sums: Iterable[tuple[int, int]]) -> None:
    """For the engine: functions that ran natively have added these up for the running task."""
    for aid, sum_ in sums:
        accumulator = _program.get(aid)
        if accumulator is not None and sum_:
            accumulator.add(sum_)


def gathered(task: dict[int, Accumulator[Any]]) -> list[tuple[int, Any]]:
    """What a task's copies hold."""
    return [(aid, accumulator._value) for aid, accumulator in task.items()]


# -- a task that goes on in another process

_carrying = threading.local()


class Carrying:
    """Notes which of a task's accumulators are pickled within: the process that gets them adds for them then."""

    def __enter__(self) -> dict[int, Accumulator[Any]]:
        carried: dict[int, Accumulator[Any]] = {}
        _carrying.accumulators = carried
        return carried

    def __exit__(self, *_error: object) -> None:
        _carrying.accumulators = None


def carried_to_worker() -> bool:
    """Whether the calling thread pickles functions for another process."""
    return getattr(_carrying, "accumulators", None) is not None


def moved(carried: dict[int, Accumulator[Any]]) -> None:
    """Another process has taken these over with what they hold: they begin anew here, and count again once used."""
    task = _engine.task_accumulators()
    for aid, accumulator in carried.items():
        accumulator._value = accumulator._zero()
        if task is not None and task.pop(aid, None) is not None:
            accumulator._home = task


def resume(values: dict[int, Any]) -> None:
    """In that process: the task's copies go on from these values."""
    task = _engine.task_accumulators()
    for aid, value in values.items():
        if task is not None and aid in task:
            task[aid]._value = value
