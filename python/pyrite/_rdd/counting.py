"""`RDD`: actions that count rows by value or key, and the statistics of numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, TypeVar

from pyrite import _partitions as parts
from pyrite._rdd.folding import Folding
from pyrite._rdd.rows import Rows
from pyrite._traceback import action
from pyrite.statcounter import StatCounter

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Counting(Folding[T], Rows[T]):
    """What `RDD` has of counts and statistics."""

    @action
    def countByValue(self: Counting[K]) -> defaultdict[K, int]:
        """How often each row occurs.

        Raises
        ------
        ValueError
            The RDD has no partitions.
        """
        tallies = self._total("tally", parts.tallied, as_partial=lambda rows: [defaultdict(int, rows)])
        return self._folded_over(tallies, parts.merged_tallies)

    @action
    def countByKey(self: Counting[tuple[K, V]]) -> defaultdict[K, int]:
        """How often each key occurs.

        Raises
        ------
        ValueError
            The RDD has no partitions.
        """
        return self.keys().countByValue()

    @action
    def reduceByKeyLocally(self: Counting[tuple[K, V]], func: Callable[[V, V], V]) -> dict[K, V]:
        """As reduceByKey, as a dict."""
        results = self._per_partition(parts.reduced_by_key, func)
        return self._folded_over(results, partial(parts.merged_dicts, func))

    @action
    def stats(self: Counting[Any]) -> StatCounter:
        """Count, mean, variance, smallest and largest of numbers, in one pass.

        Raises
        ------
        ValueError
            The RDD has no partitions.
        """
        counters = self._total("stats", parts.statistics, as_partial=lambda rows: parts.statistics(rows, iter(())))
        return self._folded_over(counters, StatCounter.mergeStats)

    @action
    def mean(self: Counting[Any]) -> float:
        """The mean; 0.0 when there are no rows."""
        return self.stats().mean()

    @action
    def variance(self: Counting[Any]) -> float:
        """The population's variance."""
        return self.stats().variance()

    @action
    def stdev(self: Counting[Any]) -> float:
        """The population's standard deviation."""
        return self.stats().stdev()

    @action
    def sampleVariance(self: Counting[Any]) -> float:
        """The sample's variance."""
        return self.stats().sampleVariance()

    @action
    def sampleStdev(self: Counting[Any]) -> float:
        """The sample's standard deviation."""
        return self.stats().sampleStdev()
