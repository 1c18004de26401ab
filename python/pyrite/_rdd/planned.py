"""An RDD's plan and the ways to run it: what all its methods stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pyrite import _partitions as parts
from pyrite._callsite import operation
from pyrite._rdd.partitioning import Partitioner, portable_hash
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite._engine import Plan
    from pyrite.context import SparkContext
    from pyrite.rdd import RDD

T = TypeVar("T")
U = TypeVar("U")


class Planned(Generic[T]):
    """A node of the lineage, with the context whose engine runs it."""

    _plan: Plan
    ctx: SparkContext
    # Whether it is the step of a barrier stage.
    is_barrier: bool = False
    # Whether `localCheckpoint` was called.
    _local: bool = False
    # PySpark joins Python's steps into one, and a job of a later step passes by an RDD's own rows: a local checkpoint
    # has them only when a job was for them, or for a step that isn't Python's.
    _passed_by: bool = True

    def _derived(self, plan: Plan, site: str, kind: str = "PythonRDD") -> RDD[Any]:
        """An RDD of the same context."""
        raise NotImplementedError

    def _narrow(self, kind: str, function: Callable[..., Any], keeps: bool, method: str) -> RDD[Any]:
        site = operation(method)
        if self.ctx._profiles_rdds:
            return self._profiled(kind, function, bool(keeps), site)
        return self._derived(self._plan.narrow(kind, function, bool(keeps), site), site)

    def _profiled(self, kind: str, function: Callable[..., Any], keeps: bool, site: str) -> RDD[Any]:
        """The same, with a profiler that the context keeps."""
        from pyrite.profiler import Profiled

        collector = self.ctx.profiler_collector
        assert collector is not None
        profiler = collector.new_profiler(self.ctx)
        profiled = Profiled(profiler, kind, function)
        made = self._derived(self._plan.narrow("map_partitions_with_index", profiled, keeps, site), site)
        collector.add_profiler(made.id(), profiler)
        return made

    def _over_partitions(self, function: Callable[[Any], Iterable[U]]) -> RDD[U]:
        return self._narrow("map_partitions", function, False, "mapPartitions")

    def _per_partition(self, function: Callable[..., Iterable[U]], *args: Any) -> list[U]:
        """The rows that a function of `_partitions` makes of each partition."""
        plan = self._over_partitions(partial(function, *args) if args else function)._plan
        rows: list[U] = self.ctx._engine.run(plan)
        return rows

    def _total(
        self,
        kind: str,
        resume: Callable[..., list[U]],
        function: Callable[..., Any] | None = None,
        *,
        fold: Callable[..., Any] | None = None,
        count: int = 0,
        zero: str | None = None,
        as_partial: Callable[[list[Any]], list[U]] = list,
    ) -> list[U]:
        """What each partition comes to, by a native total where there can be one.

        `resume(state, rows)` goes on from what the total has so far, and does everything where there is none.
        """
        rest = (partial(parts.resumed, resume), operation("mapPartitions"))
        found = self.ctx._engine.total(self._plan, (kind, count), (function, fold), zero, rest)
        if found is None:
            return self._per_partition(resume, [])
        results: list[U] = []
        for native, rows in found:
            results += as_partial(rows) if native else rows
        return results

    def _run(self) -> list[T]:
        rows: list[T] = self.ctx._engine.run(self._plan)
        self._has_run()
        return rows

    def _has_run(self) -> None:
        """A job for the RDD's own rows has ended; one before `localCheckpoint` doesn't count."""
        if self._local:
            self._passed_by = False

    def _taken(self) -> Plan:
        """The plan, for a step that isn't Python's: its jobs make the RDD's own rows."""
        self._passed_by = False
        return self._plan

    def _reduce_partitions(self) -> int:
        """How many partitions a shuffle makes when the call doesn't say."""
        conf = self.ctx._conf
        return self.ctx.defaultParallelism if conf.contains("spark.default.parallelism") else self.getNumPartitions()

    def _shuffle_arguments(
        self, partitions: int | None, function: Callable[[Any], int]
    ) -> tuple[int, Callable[[Any], int] | None]:
        count = self._reduce_partitions() if partitions is None else int(partitions)
        return count, None if function is portable_hash else function

    # -- facts that others ask for

    @property
    def partitioner(self) -> Partitioner | None:
        """What decided which partition a key is in; None where nothing did, or where it isn't known any more."""
        found = self._plan.partitioner
        return None if found is None else Partitioner(found[0], found[1] or portable_hash)

    @action
    def getNumPartitions(self) -> int:
        """The number of partitions.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3, 4], 2).getNumPartitions()
        2
        """
        return self._plan.num_partitions
