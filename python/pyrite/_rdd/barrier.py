"""`RDDBarrier`: functions over partitions whose tasks all run at once and may wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakValueDictionary

from pyrite._callsite import operation
from pyrite._inprocess import Staying
from pyrite._meeting import Meetings
from pyrite.taskcontext import BarrierTaskContext

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")
U = TypeVar("U")


class RDDBarrier(Generic[T]):
    """An RDD whose next step is a barrier stage: all its tasks start, or none; see `BarrierTaskContext`."""

    def __init__(self, rdd: RDD[T]) -> None:
        self.rdd = rdd

    def mapPartitions(self, f: Callable[[Iterable[T]], Iterable[U]], preservesPartitioning: bool = False) -> RDD[U]:
        """What `f(iterator)` gives, called once a partition, for all partitions at once."""
        return self._narrow(partial(_without_index, f), preservesPartitioning, "mapPartitions")

    def mapPartitionsWithIndex(
        self, f: Callable[[int, Iterable[T]], Iterable[U]], preservesPartitioning: bool = False
    ) -> RDD[U]:
        """What `f(index, iterator)` gives, called once a partition, for all partitions at once."""
        return self._narrow(f, preservesPartitioning, "mapPartitionsWithIndex")

    def _narrow(self, function: Callable[..., Any], keeps: bool, method: str) -> RDD[Any]:
        rdd, site = self.rdd, operation(method)
        task = _Task(function, Meetings(rdd.getNumPartitions()))
        plan = rdd._plan.narrow("map_partitions_with_index", task, bool(keeps), site, True)
        made = rdd._derived(plan, site)
        made.is_barrier = True
        return made


def _without_index(function: Callable[[Iterable[T]], Iterable[U]], _index: int, rows: Iterable[T]) -> Iterable[U]:
    return function(rows)


class _Task(Staying):
    """The function as tasks run it. It stays in this process, where the tasks find each other."""

    def __init__(self, function: Callable[..., Any], meetings: Meetings) -> None:
        self._function = function
        self._meetings = meetings
        _all[id(meetings)] = meetings

    def inside(self) -> tuple[Any, ...]:
        """A job's own copy of the function, with the same meetings."""
        return _task, (self._function, id(self._meetings))

    def __call__(self, index: int, rows: Iterator[Any]) -> Iterator[Any]:
        meeting = BarrierTaskContext._enter(self._meetings)
        try:
            yield from self._function(index, rows)
        except BaseException as error:
            meeting.end(error)
            raise
        meeting.end(None)


_all: WeakValueDictionary[int, Meetings] = WeakValueDictionary()


def _task(function: Callable[..., Any], number: int) -> _Task:
    return _Task(function, _all[number])
