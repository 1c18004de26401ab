"""PySpark's tools for merging, grouping and sorting more rows than memory holds, for programs that use them themselves.

Pyrite's own shuffles don't: they run in the engine. A limit is of the process's memory, in MiB.
"""

from __future__ import annotations

import heapq
import itertools
import os
import shutil
import tempfile
import warnings
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator
from operator import itemgetter
from typing import Any, BinaryIO, Generic, TypeVar

from pyrite._places import between_commas
from pyrite.context import SparkContext
from pyrite.serializers import (
    AutoBatchedSerializer,
    BatchedSerializer,
    CompressedSerializer,
    CPickleSerializer,
    FlattenedValuesSerializer,
    Serializer,
)
from pyrite.util import fail_on_stopiteration

__all__ = [
    "Aggregator",
    "ExternalGroupBy",
    "ExternalList",
    "ExternalListOfList",
    "ExternalMerger",
    "ExternalSorter",
    "GroupByKey",
    "Merger",
    "SimpleAggregator",
    "get_used_memory",
]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
C = TypeVar("C")

# How much all of them have written, in bytes.
MemoryBytesSpilled = 0
DiskBytesSpilled = 0


def get_used_memory() -> int:
    """The memory of this process in MiB; 0 where the system doesn't say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    except (OSError, AttributeError, ValueError):
        pass
    try:
        import psutil
    except ImportError:
        warnings.warn("psutil says how much memory is used here: pip install psutil", stacklevel=2)
        return 0
    return int(psutil.Process().memory_info().rss) >> 20


def _local_roots() -> list[str]:
    """Directories for such files, on all disks that $SPARK_LOCAL_DIRS names, else `spark.local.dir` of the context that
    runs.
    """
    context = SparkContext._active_spark_context
    given = os.environ.get("SPARK_LOCAL_DIRS") or (context and context._conf.get("spark.local.dir")) or ""
    roots = between_commas(given) or [tempfile.gettempdir()]
    for root in roots:
        os.makedirs(root, exist_ok=True)
    return roots


def _remove(folders: list[str], pid: int) -> None:
    if pid == os.getpid():  # a forked process leaves them to its parent
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def _next_limit(limit: float) -> float:
    """The memory that Python keeps after a spill isn't a reason for the next one."""
    return max(limit, get_used_memory() * 1.05)


def _compressed_serializer(serializer: Serializer | None = None) -> AutoBatchedSerializer:
    """What rows are written with; pickles, whatever the program's serializer is."""
    return AutoBatchedSerializer(CompressedSerializer(CPickleSerializer()))


def _count_spill(before: int, written: int) -> None:
    global MemoryBytesSpilled, DiskBytesSpilled
    MemoryBytesSpilled += max(before - get_used_memory(), 0) << 20
    DiskBytesSpilled += written


class Aggregator(Generic[C, V]):
    """How the values of a key are combined: what begins, what takes a value in, what merges two."""

    def __init__(
        self,
        createCombiner: Callable[[V], C],
        mergeValue: Callable[[C, V], C],
        mergeCombiners: Callable[[C, C], C],
    ) -> None:
        self.createCombiner = fail_on_stopiteration(createCombiner)
        self.mergeValue = fail_on_stopiteration(mergeValue)
        self.mergeCombiners = fail_on_stopiteration(mergeCombiners)


class SimpleAggregator(Aggregator[Any, Any]):
    """Values and what they are combined to are alike: one function does."""

    def __init__(self, combiner: Callable[[Any, Any], Any]) -> None:
        super().__init__(_itself, combiner, combiner)


def _itself(value: Any) -> Any:
    return value


class Merger(ABC, Generic[K, V, C]):
    """Brings the values of each key together."""

    def __init__(self, aggregator: Aggregator[C, V]) -> None:
        self.agg = aggregator

    @abstractmethod
    def mergeValues(self, iterator: Iterable[tuple[K, V]]) -> None:
        """Take pairs of keys and values in."""

    @abstractmethod
    def mergeCombiners(self, iterator: Iterable[tuple[K, C]]) -> None:
        """Take pairs of keys and combined values in."""

    @abstractmethod
    def items(self) -> Iterator[tuple[K, C]]:
        """Each key with what its values came to."""


class ExternalMerger(Merger[K, V, C]):
    """A merger that goes on in files when memory is short: keys are spread over `partitions` by their hash, and each of
    those is merged on its own. What is still too much is spread again.

    Examples
    --------
    >>> merger = ExternalMerger(SimpleAggregator(lambda x, y: x + y), memory_limit=10)
    >>> merger.mergeValues((n % 7, n) for n in range(10000))
    >>> sum(total for key, total in merger.items())
    49995000
    """

    #: How many parts spreading again and again may come to.
    MAX_TOTAL_PARTITIONS = 4096

    def __init__(
        self,
        aggregator: Aggregator[C, V],
        memory_limit: float = 512,
        serializer: Serializer | None = None,
        localdirs: list[str] | None = None,
        scale: int = 1,
        partitions: int = 59,
        batch: float = 1000,
    ) -> None:
        super().__init__(aggregator)
        self.memory_limit = memory_limit
        self.serializer: Serializer = _compressed_serializer(serializer)
        #: Where it spills to; without any, directories that are made when they are needed.
        self.localdirs = localdirs or []
        self._cleanup: Any = None
        self.scale = scale
        self.partitions = partitions
        self.batch = batch
        #: What is merged in memory: all together at first, by part once something was written.
        self.data: dict[K, C] = {}
        self.pdata: list[dict[K, C]] = []
        #: How many times memory was emptied.
        self.spills = 0
        # A part that is spread again must not fall into one part again.
        self._seed = id(self) + 7

    def mergeValues(self, iterator: Iterable[tuple[K, V]]) -> None:
        """Take pairs of keys and values in."""
        create, merge = self.agg.createCombiner, self.agg.mergeValue

        def take(into: dict[K, C], key: K, value: V) -> None:
            into[key] = merge(into[key], value) if key in into else create(value)

        self._take(iterator, take, self.memory_limit)

    def mergeCombiners(self, iterator: Iterable[tuple[K, C]], limit: float | None = None) -> None:
        """Take pairs of keys and combined values in; with a limit of 0 memory isn't looked at."""
        merge = self.agg.mergeCombiners

        def take(into: dict[K, C], key: K, value: C) -> None:
            into[key] = merge(into[key], value) if key in into else value

        self._take(iterator, take, self.memory_limit if limit is None else limit, self._object_size)

    def _take(
        self,
        iterator: Iterable[tuple[K, Any]],
        take: Callable[[dict[K, C], K, Any], None],
        limit: float,
        size: Callable[[Any], int] | None = None,
    ) -> None:
        enough, since = float(self.batch), 0
        for key, value in iterator:
            take(self.pdata[self._partition(key)] if self.pdata else self.data, key, value)
            since += 1 if size is None else size(value)
            if not limit or since < enough:
                continue
            since = 0
            if get_used_memory() >= limit:
                self._spill()
                limit = _next_limit(self.memory_limit)
                enough /= 2
            else:
                enough *= 1.5
        if limit and get_used_memory() >= limit:
            self._spill()

    def _partition(self, key: K) -> int:
        """The part of a key."""
        return hash((key, self._seed)) % self.partitions

    def _object_size(self, obj: Any) -> int:
        """How much a combined value counts."""
        return 1

    def _get_spill_dir(self, n: int) -> str:
        """The directory of the n-th spill."""
        return os.path.join(self.localdirs[n % len(self.localdirs)], str(n))

    def _spill(self) -> None:
        """Write what is in memory, a file a part."""
        before, written = get_used_memory(), 0
        if self._cleanup is None or not self._cleanup.alive:
            self.localdirs = self.localdirs or [tempfile.mkdtemp(prefix="pyrite-", dir=root) for root in _local_roots()]
            # Also where its items aren't taken to their end.
            self._cleanup = weakref.finalize(self, _remove, self.localdirs, os.getpid())
        folder = self._get_spill_dir(self.spills)
        os.makedirs(folder, exist_ok=True)
        if not self.pdata:
            self.pdata.extend({} for _ in range(self.partitions))
            while self.data:
                key, value = self.data.popitem()
                self.pdata[self._partition(key)][key] = value
        for index, part in enumerate(self.pdata):
            with open(os.path.join(folder, str(index)), "wb") as file:
                self._write(part, file)
                written += file.tell()
            part.clear()
        self.spills += 1
        _count_spill(before, written)

    def _write(self, part: dict[K, C], file: BinaryIO) -> None:
        self.serializer.dump_stream(iter(part.items()), file)

    def _written(self, index: int) -> Iterator[Iterator[tuple[K, C]]]:
        """The rows of a part, spill by spill."""
        for n in range(self.spills):
            yield self._rows(os.path.join(self._get_spill_dir(n), str(index)))

    def _rows(self, path: str) -> Iterator[tuple[K, C]]:
        with open(path, "rb") as file:
            yield from self.serializer.load_stream(file)

    def items(self) -> Iterator[tuple[K, C]]:
        """Each key with what its values came to."""
        return self._external_items() if self.spills else iter(self.data.items())

    def _external_items(self) -> Iterator[tuple[K, C]]:
        if any(self.pdata):
            self._spill()
        self.pdata = []
        try:
            for index in range(self.partitions):
                yield from self._merged_items(index)
                self.data = {}
                for n in range(self.spills):
                    os.remove(os.path.join(self._get_spill_dir(n), str(index)))
        finally:
            self._cleanup()

    def _merged_items(self, index: int) -> Iterable[tuple[K, C]]:
        """What a part comes to; one that is too large for memory is spread again."""
        self.data = {}
        limit = _next_limit(self.memory_limit)
        again = self.scale * self.partitions < self.MAX_TOTAL_PARTITIONS
        for n, rows in enumerate(self._written(index)):
            self.mergeCombiners(rows, 0)
            if again and n < self.spills - 1 and get_used_memory() > limit:
                return self._spread(index)
        return self.data.items()

    def _spread(self, index: int) -> Iterator[tuple[K, C]]:
        self.data = {}
        folders = [os.path.join(folder, str(index) + "-again") for folder in self.localdirs]
        below = type(self)(
            self.agg, self.memory_limit, None, folders, self.scale * self.partitions, self.partitions, self.batch
        )
        for rows in self._written(index):
            below.mergeCombiners(rows)
        return below.items()


class ExternalSorter(Generic[V]):
    """Sorts runs of rows in memory, writes them where memory is short, and merges them.

    Examples
    --------
    >>> list(ExternalSorter(1).sorted([3, 1, 2], key=lambda n: -n))
    [3, 2, 1]
    """

    def __init__(self, memory_limit: float, serializer: Serializer | None = None) -> None:
        self.memory_limit = memory_limit
        self.local_dirs = _local_roots()
        self.serializer = _compressed_serializer(serializer) if serializer is None else serializer

    def sorted(self, iterator: Iterable[V], key: Any = None, reverse: bool = False) -> Iterable[V]:
        """The rows in order; equal ones stay as they came."""
        rows = iter(iterator)
        runs: list[Iterable[V]] = []
        run: list[Any] = []
        size, limit = 100, _next_limit(self.memory_limit)
        while True:
            more = list(itertools.islice(rows, size))
            run += more
            if len(more) < size:
                break
            if get_used_memory() > limit:
                run.sort(key=key, reverse=reverse)
                runs.append(self._kept(run, len(runs)))
                run = []
                limit = _next_limit(self.memory_limit)
            elif not runs:
                size = min(size * 3 // 2, 10_000)
        run.sort(key=key, reverse=reverse)
        return heapq.merge(*runs, run, key=key, reverse=reverse) if runs else run

    def _kept(self, run: list[V], number: int) -> Iterator[V]:
        before = get_used_memory()
        folder = self.local_dirs[number % len(self.local_dirs)]
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - who reads it closes it
        self.serializer.dump_stream(iter(run), file)
        written = file.tell()
        file.seek(0)
        run.clear()
        _count_spill(before, written)
        return self._read(file)

    def _read(self, file: Any) -> Iterator[V]:
        with file:
            yield from self.serializer.load_stream(file)


class ExternalList(Iterable[V]):
    """A list of which no more than `LIMIT` items are in memory; it can be appended to, iterated over and pickled."""

    LIMIT = 10240

    def __init__(self, values: list[V]) -> None:
        self.values = values
        self.count = len(values)
        self._file: Any = None
        self._serializer = BatchedSerializer(CompressedSerializer(CPickleSerializer()), 1024)

    def __getstate__(self) -> tuple[list[V], int, bytes]:
        return self.values, self.count, self._bytes()

    def __setstate__(self, item: tuple[list[V], int, bytes]) -> None:
        self.__init__(item[0])  # type: ignore[misc]
        self.count = item[1]
        if item[2]:
            self._open_file()
            self._file.write(item[2])

    def _bytes(self) -> bytes:
        return b"" if self._file is None else _read_at(self._file, 0, self._file.tell())

    def __iter__(self) -> Iterator[V]:
        if self._file is not None:
            written: Any = _Written(self._file)
            yield from self._serializer.load_stream(written)
        yield from self.values

    def __len__(self) -> int:
        return self.count

    def append(self, value: V) -> None:
        """One more."""
        self.values.append(value)
        self.count += 1
        if len(self.values) >= self.LIMIT:
            self._spill()

    def _open_file(self) -> None:
        self._file = tempfile.TemporaryFile(dir=_local_roots()[0])  # noqa: SIM115 - it lives as long as the list

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self._file.close()
            self._file = None

    def _spill(self) -> None:
        before = get_used_memory()
        if self._file is None:
            self._open_file()
        begin = self._file.tell()
        self._serializer.dump_stream(iter(self.values), self._file)
        self.values = []
        _count_spill(before, self._file.tell() - begin)


class _Written:
    """What a file holds now, to be read while more is written to it."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._at, self._end = 0, file.tell()

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._at
        found = _read_at(self._file, self._at, left if size < 0 else min(size, left))
        self._at += len(found)
        return found


def _read_at(file: Any, at: int, size: int) -> bytes:
    end = file.tell()
    file.seek(at)
    found: bytes = file.read(size)
    file.seek(end)
    return found


class ExternalListOfList(ExternalList[Any]):
    """The items of lists, one list after another.

    Examples
    --------
    >>> items = ExternalListOfList([[1, 2]])
    >>> items.append([3])
    >>> len(items), list(items)
    (3, [1, 2, 3])
    """

    def __init__(self, values: list[Any]) -> None:
        super().__init__(values)
        self.count = sum(map(len, values))

    def append(self, value: Any) -> None:
        """The items of one more list."""
        super().append(value)
        self.count += len(value) - 1

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(super().__iter__())


class GroupByKey(Iterable[tuple[K, "ExternalListOfList"]]):
    """Groups of neighbours: of sorted pairs of a key and a list, each key with the items of all its lists.

    Examples
    --------
    >>> [(key, list(items)) for key, items in GroupByKey([(0, [1]), (0, [2]), (1, [3])])]
    [(0, [1, 2]), (1, [3])]
    """

    def __init__(self, iterator: Iterable[tuple[K, list[Any]]]) -> None:
        self.iterator = iterator

    def __iter__(self) -> Iterator[tuple[K, ExternalListOfList]]:
        for key, pairs in itertools.groupby(self.iterator, itemgetter(0)):
            items = ExternalListOfList([])
            for _, some in pairs:
                items.append(some)
            yield key, items


class ExternalGroupBy(ExternalMerger[K, Any, Any]):
    """A merger whose combined values are lists: a part that is too large for memory is sorted by key instead."""

    SORT_KEY_LIMIT = 1000

    def flattened_serializer(self) -> FlattenedValuesSerializer:
        """Writes a long list in pieces, so that reading it back takes little memory."""
        return FlattenedValuesSerializer(_compressed_serializer(), 20)

    def _object_size(self, obj: Any) -> int:
        return len(obj)

    def _merged_items(self, index: int) -> Iterable[tuple[K, Any]]:
        size = sum(os.path.getsize(os.path.join(self._get_spill_dir(n), str(index))) for n in range(self.spills))
        # What is written is compressed; in memory it is many times as much.
        if size < self.memory_limit * (1 << 17):
            self.data = {}
            for rows in self._written(index):
                self.mergeCombiners(rows, 0)
            return self.data.items()
        sorter: ExternalSorter[Any] = ExternalSorter(self.memory_limit, self.flattened_serializer())
        rows = itertools.chain.from_iterable(self._written(index))
        return GroupByKey(sorter.sorted(rows, key=itemgetter(0)))
