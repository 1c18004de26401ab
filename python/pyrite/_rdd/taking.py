"""`RDD`: actions that give rows, or do something with each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pyrite import _partitions as parts
from pyrite._callsite import operation
from pyrite._lambda import own
from pyrite._rdd.folding import Folding
from pyrite._rdd.rows import Rows
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Taking(Folding[T], Rows[T]):
    """How rows come out of an `RDD`."""

    @action
    def collect(self) -> list[T]:
        """All rows, in the partitions' order."""
        return self._run()

    @action
    def take(self, num: int) -> list[T]:
        """The first `num` rows. No more partitions are computed than they need, and none further than they need.

        Examples
        --------
        >>> sc.parallelize(range(100), 10).take(3)
        [0, 1, 2]
        """
        rows: list[T] = []
        total = self.getNumPartitions()
        scanned = 0
        engine = self.ctx._engine
        while len(rows) < num and scanned < total:
            more = 1
            if scanned and not rows:
                more = scanned * 4
            elif scanned:
                more = min(max(int(1.5 * num * scanned / len(rows)) - scanned, 1), scanned * 4)
            last = min(scanned + more, total)
            rows += engine.run(self._plan, list(range(scanned, last)), int(num) - len(rows))
            scanned = last
        return rows[: max(num, 0)]

    @action
    def first(self) -> T:
        """The first row.

        Raises
        ------
        ValueError
            There is none.
        """
        for row in self.take(1):
            return row
        raise ValueError("RDD is empty")

    @action
    def isEmpty(self) -> bool:
        """Whether there is no row."""
        return self.getNumPartitions() == 0 or not self.take(1)

    @action
    def top(self, num: int, key: Callable[[T], Any] | None = None) -> list[T]:
        """The `num` largest rows, largest first.

        Raises
        ------
        ValueError
            The RDD has no partitions.

        Examples
        --------
        >>> sc.parallelize([10, 4, 2, 12, 3]).top(2)
        [12, 10]
        """
        largest = self._extremes("largest", partial(parts.largest, num, key), num, key)
        return self._folded_over(largest, partial(parts.larger_of, num, key))

    def _extremes(
        self, kind: str, resume: Callable[..., list[list[T]]], num: int, key: Callable[[T], Any] | None
    ) -> list[list[T]]:
        if type(num) is not int or not 0 < num < 2**31:
            return self._per_partition(resume, [])
        return self._total(kind, resume, key, count=num, as_partial=lambda rows: [rows])

    @action
    def takeOrdered(self, num: int, key: Callable[[T], Any] | None = None) -> list[T]:
        """The `num` smallest rows, smallest first.

        Raises
        ------
        ValueError
            `num` is negative.

        Examples
        --------
        >>> sc.parallelize([10, 4, 2, 12, 3]).takeOrdered(3, key=lambda x: -x)
        [12, 10, 4]
        """
        if num < 0:
            raise ValueError("top N cannot be negative.")
        if num == 0 or self.getNumPartitions() == 0:
            return []
        smallest = self._extremes("smallest", partial(parts.smallest, num, key), num, key)
        return self._folded_over(smallest, partial(parts.smaller_of, num, key))

    @action
    def lookup(self: Taking[tuple[K, V]], key: K) -> list[V]:
        """The values of a key. With a partitioner, only the key's partition is computed."""
        values = self.filter(lambda pair: pair[0] == key).values()
        partitioner = self.partitioner
        if partitioner is None:
            return values.collect()
        rows: list[V] = self.ctx._engine.run(values._plan, [partitioner(key)])
        return rows

    @action
    def collectAsMap(self: Taking[tuple[K, V]]) -> dict[K, V]:
        """The pairs as a dict; of a key's values the last."""
        return dict(self._run())

    @action
    def collectWithJobGroup(self, groupId: str, description: str, interruptOnCancel: bool = False) -> list[T]:
        """All rows, by jobs of a group. Deprecated: use InheritableThread."""
        warnings.warn(
            "Deprecated in 3.1, Use pyspark.InheritableThread with the pinned thread mode enabled.",
            FutureWarning,
            stacklevel=2,
        )
        self.ctx.setJobGroup(groupId, description, interruptOnCancel)
        return self._run()

    def toLocalIterator(self, prefetchPartitions: bool = False) -> Iterator[T]:
        """All rows, computed one partition at a time as they are asked for."""
        return _LocalIterator(cast("RDD[T]", self))

    @action
    def foreach(self, f: Callable[[T], Any]) -> None:
        """Call `f(row)` for each row. It works on copies: what it changes isn't seen outside."""
        self._per_partition(parts.called, f)

    @action
    def foreachPartition(self, f: Callable[[Iterator[T]], Any]) -> None:
        """Call `f(iterator)` for each partition."""
        self.ctx._engine.count(self._over_partitions(partial(parts.called_once, f))._plan)

    @action
    def saveAsTextFile(self, path: str, compressionCodecClass: str | None = None) -> None:
        """Write each partition to a file `part-NNNNN` in a new folder, a row a line; then an empty file `_SUCCESS`.

        A str is written as it is, bytes are decoded, anything else is `str(row)`.

        Raises
        ------
        Py4JJavaError
            The folder exists, or the codec isn't known.
        """
        self._save_text(path, compressionCodecClass)

    def _save_text(self, path: str, codec: str | None = None, overwrite: bool = False) -> None:
        path = str(path)
        plan = self._plan.narrow("map", own.text_of, False, operation("saveAsTextFile"))
        if systems := self.ctx._elsewhere(path):
            with systems.output(path, overwrite) as output:
                self.ctx._engine.save_text(plan, path, codec, overwrite, output)
        else:
            self.ctx._engine.save_text(plan, path, codec, overwrite)


class _LocalIterator(Iterator[T]):
    """The rows of an RDD, one partition computed after the other."""

    def __init__(self, rdd: RDD[T]) -> None:
        self._rdd = rdd
        self._partitions: Iterator[int] | None = None
        self._rows: Iterator[T] = iter(())

    @action
    def __next__(self) -> T:
        if self._partitions is None:
            self._partitions = iter(range(self._rdd.getNumPartitions()))
        while True:
            for row in self._rows:
                return row
            index = next(self._partitions)
            self._rows = iter(self._rdd.ctx._engine.run(self._rdd._plan, [index]))
