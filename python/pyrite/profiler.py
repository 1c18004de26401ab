"""Profiles of the functions of RDDs, where the key `spark.python.profile` is true."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pyrite.accumulators import AccumulatorParam
from pyrite.errors import PySparkRuntimeError

if TYPE_CHECKING:
    import pstats

    from pyrite.context import SparkContext

__all__ = ["BasicProfiler", "MemoryProfiler", "Profiler", "ProfilerCollector", "UDFBasicProfiler"]


class Profiler:
    """What profiles functions; a program may give a class of its own as `profiler_cls` of its SparkContext."""

    def __init__(self, ctx: SparkContext) -> None:
        pass

    def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function and profile it; what it returns."""
        raise NotImplementedError

    def stats(self) -> Any:
        """The profile so far."""
        raise NotImplementedError

    def show(self, id: int) -> None:
        """Print the profile of the RDD of this number."""
        raise NotImplementedError

    def dump(self, id: int, path: str) -> None:
        """Write the profile of the RDD of this number into a directory."""
        raise NotImplementedError


class PStatsParam(AccumulatorParam[Any]):
    """Adds up profiles of tasks."""

    @staticmethod
    def zero(value: Any) -> Any:
        """No profile."""
        return None

    @staticmethod
    def addInPlace(value1: Any, value2: Any) -> Any:
        """Both in one."""
        if value1 is None:
            return value2
        if value2 is not None:
            value1.add(value2)
        return value1


class BasicProfiler(Profiler):
    """Profiles with cProfile."""

    _what, _file = "RDD", "rdd"

    def __init__(self, ctx: SparkContext) -> None:
        super().__init__(ctx)
        self._accumulator = ctx.accumulator(None, PStatsParam())

    def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function and profile it; what it returns."""
        # Few programs profile.
        import cProfile
        import pstats

        profile = cProfile.Profile()
        result = profile.runcall(func, *args, **kwargs)
        stats: Any = pstats.Stats(profile)
        stats.stream = None  # so that it pickles
        stats.strip_dirs()
        self._accumulator.add(stats)
        return result

    def stats(self) -> pstats.Stats | None:
        """The profile of all tasks so far."""
        found: pstats.Stats | None = self._accumulator.value
        return found

    def show(self, id: int) -> None:
        """Print the profile."""
        stats: Any = self.stats()
        if stats:
            line = "=" * 60
            sys.stdout.write(f"{line}\nProfile of {self._what}<id={id}>\n{line}\n")
            stats.stream = sys.stdout
            stats.sort_stats("time", "cumulative").print_stats()

    def dump(self, id: int, path: str) -> None:
        """Write the profile to a file `rdd_<id>.pstats`."""
        os.makedirs(path, exist_ok=True)
        stats = self.stats()
        if stats:
            stats.dump_stats(os.path.join(path, f"{self._file}_{id}.pstats"))


class UDFBasicProfiler(BasicProfiler):
    """Profiles functions of DataFrames, which Pyrite doesn't have yet."""

    _what, _file = "UDF", "udf"


class MemoryProfiler(Profiler):
    """Profiles the memory of functions of DataFrames, which Pyrite doesn't have yet."""

    def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Nothing that calls it is there."""
        raise PySparkRuntimeError("Memory is profiled of functions of DataFrames only, which Pyrite doesn't have yet.")


class ProfilerCollector:
    """The profilers of a context, one for each RDD."""

    def __init__(
        self,
        profiler_cls: type[Profiler],
        udf_profiler_cls: type[Profiler],
        memory_profiler_cls: type[Profiler],
        dump_path: str | None = None,
    ) -> None:
        self.profiler_cls = profiler_cls
        self.udf_profiler_cls = udf_profiler_cls
        self.memory_profiler_cls = memory_profiler_cls
        self.profile_dump_path = dump_path
        self.profilers: list[list[Any]] = []

    def new_profiler(self, ctx: SparkContext) -> Profiler:
        """A profiler for an RDD."""
        return self.profiler_cls(ctx)

    def new_udf_profiler(self, ctx: SparkContext) -> Profiler:
        """A profiler for a function of DataFrames."""
        return self.udf_profiler_cls(ctx)

    def new_memory_profiler(self, ctx: SparkContext) -> Profiler:
        """A profiler of memory."""
        return self.memory_profiler_cls(ctx)

    def add_profiler(self, id: int, profiler: Profiler) -> None:
        """Keep the profiler of an RDD; at the end of the program what wasn't shown or written is."""
        if not self.profilers:
            if self.profile_dump_path:
                atexit.register(self.dump_profiles, self.profile_dump_path)
            else:
                atexit.register(self.show_profiles)
        self.profilers.append([id, profiler, False])

    def dump_profiles(self, path: str) -> None:
        """Write all profiles into a directory, and begin anew."""
        for id, profiler, _ in self.profilers:
            profiler.dump(id, path)
        self.profilers = []

    def show_profiles(self) -> None:
        """Print the profiles that haven't been printed."""
        for entry in self.profilers:
            id, profiler, shown = entry
            if not shown and profiler:
                profiler.show(id)
                entry[2] = True


class Profiled:
    """A narrow operation as a function over partitions that its profiler calls."""

    def __init__(self, profiler: Profiler, kind: str, function: Callable[..., Any]) -> None:
        self._profiler = profiler
        self._kind = kind
        self._function = function

    def __call__(self, index: int, rows: Iterator[Any]) -> Any:
        # What comes before has profiles of its own, and they don't nest.
        return self._profiler.profile(_all, self._kind, self._function, index, list(rows))


def _all(kind: str, function: Callable[..., Any], index: int, rows: list[Any]) -> list[Any]:
    if kind == "map":
        return [function(row) for row in rows]
    if kind == "filter":
        return [row for row in rows if function(row)]
    if kind == "flat_map":
        return [each for row in rows for each in function(row)]
    if kind == "map_values":
        return [(row[0], function(row[1])) for row in rows]
    if kind == "flat_map_values":
        return [(row[0], each) for row in rows for each in function(row[1])]
    return list(function(iter(rows)) if kind == "map_partitions" else function(index, iter(rows)))
