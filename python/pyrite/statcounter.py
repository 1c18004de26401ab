"""Count, mean, variance, minimum and maximum in one pass, mergeable: what RDD.stats() returns.

As PySpark, it takes numpy's `maximum`, `minimum` and `sqrt` where numpy is installed: the extremes are numpy's floats
then, nan where any value is, and arrays have statistics element by element.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Iterable
from typing import Any, cast

__all__ = ["StatCounter"]


_NUMBERS = (int, float)


@functools.cache
def _functions() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Maximum, minimum and square root."""
    try:
        from numpy import maximum, minimum, sqrt
    except ImportError:
        return max, min, math.sqrt
    return maximum, minimum, sqrt


class StatCounter:
    """Running statistics of numbers, by Welford's update and Chan's merge.

    The order of merges shows in the last digits, as in PySpark: a partition is one counter, merged in index order.

    Examples
    --------
    >>> StatCounter([1, 2, 3])
    (count: 3, mean: 2.0, stdev: 0.816496580927726, max: 3.0, min: 1.0)
    """

    def __init__(self, values: Iterable[float] | None = None) -> None:
        self.n = 0
        self.mu = 0.0
        self.m2 = 0.0
        self.maxValue = float("-inf")
        self.minValue = float("inf")
        for value in values or ():
            self.merge(value)

    def merge(self, value: float) -> StatCounter:
        """Add one value; returns self."""
        delta = value - self.mu
        self.n += 1
        self.mu += delta / self.n
        self.m2 += delta * (value - self.mu)
        # What changes nothing needs no call: numpy's take longer than all the rest. The first value makes both numpy's.
        comparable = self.n > 1 and type(value) in _NUMBERS and not hasattr(self.maxValue, "__len__")
        if not (comparable and value <= self.maxValue):
            self.maxValue = _functions()[0](self.maxValue, value)
        if not (comparable and value >= self.minValue):
            self.minValue = _functions()[1](self.minValue, value)
        return self

    def mergeStats(self, other: StatCounter) -> StatCounter:
        """Add another counter's values; returns self.

        Raises
        ------
        TypeError
            `other` is not a StatCounter.
        """
        if not isinstance(other, StatCounter):
            raise TypeError(f"Can only merge StatCounter but got {type(other)}")
        if other is self:
            return self.mergeStats(other.copy())
        if self.n == 0:
            self.__dict__.update(other.__dict__)
        elif other.n != 0:
            self._combine(other)
        return self

    def _combine(self, other: StatCounter) -> None:
        total = self.n + other.n
        delta = other.mu - self.mu
        # A mean that hardly moves is moved, two of like weight are averaged: the last digit tells which rule was used.
        if other.n * 10 < self.n:
            self.mu += (delta * other.n) / total
        elif self.n * 10 < other.n:
            self.mu = other.mu - (delta * self.n) / total
        else:
            self.mu = (self.mu * self.n + other.mu * other.n) / total
        maximum, minimum, _ = _functions()
        self.maxValue = maximum(self.maxValue, other.maxValue)
        self.minValue = minimum(self.minValue, other.minValue)
        self.m2 += other.m2 + (delta * delta * self.n * other.n) / total
        self.n = total

    @classmethod
    def of(cls, n: int, mu: float, m2: float, largest: float, smallest: float) -> StatCounter:
        """A counter of values that were counted elsewhere."""
        made = cls()
        made.n, made.mu, made.m2 = n, mu, m2
        if n:
            maximum, minimum, _ = _functions()
            made.maxValue, made.minValue = maximum(made.maxValue, largest), minimum(made.minValue, smallest)
        return made

    def copy(self) -> StatCounter:
        """An independent counter with the same values."""
        return copy.deepcopy(self)

    def count(self) -> int:
        """How many values."""
        return self.n

    def mean(self) -> float:
        """Their mean; 0.0 when there are none."""
        return self.mu

    def sum(self) -> float:
        """Count times mean."""
        return self.n * self.mu

    def min(self) -> float:
        """The smallest value: numpy's float, or as it was given where numpy isn't installed."""
        return self.minValue

    def max(self) -> float:
        """The largest value: numpy's float, or as it was given where numpy isn't installed."""
        return self.maxValue

    def variance(self) -> float:
        """Variance of the population; nan when there are no values."""
        return self.m2 / self.n if self.n else math.nan

    def sampleVariance(self) -> float:
        """Variance of the sample; nan below two values."""
        return self.m2 / (self.n - 1) if self.n > 1 else math.nan

    def stdev(self) -> float:
        """Standard deviation of the population; nan when there are no values."""
        return cast("float", _functions()[2](self.variance()))

    def sampleStdev(self) -> float:
        """Standard deviation of the sample; nan below two values."""
        return cast("float", _functions()[2](self.sampleVariance()))

    def asDict(self, sample: bool = False) -> dict[str, Any]:
        """The statistics by name. As in PySpark the flag is inverted: `sample=True` gives the population's."""
        return {
            "count": self.count(),
            "mean": self.mean(),
            "sum": self.sum(),
            "min": self.min(),
            "max": self.max(),
            "stdev": self.stdev() if sample else self.sampleStdev(),
            "variance": self.variance() if sample else self.sampleVariance(),
        }

    def __repr__(self) -> str:
        return (
            f"(count: {self.count()}, mean: {self.mean()}, stdev: {self.stdev()}, max: {self.max()}, min: {self.min()})"
        )
