"""Answers within a time: `countApprox`, `sumApprox`, `meanApprox`.

A job that is done in time gives the exact answer. Else the partitions that are done stand for all of them, by the
estimators of Spark's `SumEvaluator` and `MeanEvaluator`.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import atan, ceil, cos, exp, inf, lgamma, log, nan, pi, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pyrite import _engine
from pyrite._traceback import action
from pyrite.errors import engine_error
from pyrite.statcounter import StatCounter

if TYPE_CHECKING:
    from pyrite.rdd import RDD

__all__ = ["Approximate", "BoundedFloat"]

T = TypeVar("T")

# Above so many values Spark takes the normal distribution for Student's.
_NORMAL = 100
# In powers of two.
_MOST_REGISTERS = 28


class BoundedFloat(float):
    """A number that is probably within bounds.

    Examples
    --------
    >>> BoundedFloat(100.0, 0.95, 95.0, 105.0)
    100.0
    """

    confidence: float
    low: float
    high: float

    def __new__(cls, mean: float, confidence: float, low: float, high: float) -> BoundedFloat:
        """`mean`, which is between `low` and `high` with the probability `confidence`."""
        made = float.__new__(cls, mean)
        made.confidence = confidence
        made.low = low
        made.high = high
        return made


class Approximate(Generic[T]):
    """What `RDD` has of answers within a time."""

    @action
    def countApprox(self, timeout: int, confidence: float = 0.95) -> int:
        """The number of rows, or what it probably is after `timeout` milliseconds.

        Examples
        --------
        >>> sc.parallelize(range(1000), 10).countApprox(1000, 1.0)
        1000
        """
        counted = cast("RDD[Any]", self).mapPartitions(lambda rows: [float(sum(1 for _ in rows))])
        return int(counted.sumApprox(timeout, confidence))

    @action
    def countApproxDistinct(self, relativeSD: float = 0.05) -> int:
        """About how many different rows there are: HyperLogLog++ over their `portable_hash`.

        `relativeSD` is the relative accuracy; a smaller one needs more memory.

        Raises
        ------
        ValueError
            It isn't above 0.000017.
        Py4JJavaError
            The registers for it don't fit into memory.

        Examples
        --------
        >>> sc.parallelize([i % 20 for i in range(1000)]).countApproxDistinct()
        19
        """
        if relativeSD < 0.000017:
            raise ValueError("relativeSD should be greater than 0.000017")
        # Spark's: 4 registers at least, which is an error of 0.4.
        precision = max(4, ceil(2.0 * log(1.054 / relativeSD) / log(2)))
        if precision > _MOST_REGISTERS:
            raise engine_error(
                "java.lang.OutOfMemoryError",
                f"relativeSD {relativeSD} needs 2**{precision} registers a partition",
            )
        rdd = cast("RDD[Any]", self)
        return _engine.sketched(rdd.ctx._engine.run(rdd._over_partitions(partial(_sketch, precision))._plan), precision)

    @action
    def sumApprox(self: Approximate[Any], timeout: int, confidence: float = 0.95) -> BoundedFloat:
        """The sum of the rows, or what it probably is after `timeout` milliseconds.

        Examples
        --------
        >>> sc.parallelize(range(1000), 10).sumApprox(1000)
        499500.0
        """
        summed = cast("RDD[Any]", self).mapPartitions(lambda rows: [float(sum(rows))])
        return _within(summed, timeout, confidence, _sum)

    @action
    def meanApprox(self: Approximate[Any], timeout: int, confidence: float = 0.95) -> BoundedFloat:
        """The mean of the rows, or what it probably is after `timeout` milliseconds.

        Examples
        --------
        >>> sc.parallelize(range(1000), 10).meanApprox(1000)
        499.5
        """
        return _within(cast("RDD[Any]", self).map(float), timeout, confidence, _mean)


def _sketch(precision: int, rows: Iterator[Any]) -> list[bytes]:
    return [_engine.sketch(rows, precision)]


Estimate = Callable[[StatCounter, float, float], BoundedFloat]


def _counter(rows: Iterable[float]) -> list[StatCounter]:
    return [StatCounter(rows)]


def _within(rdd: RDD[float], timeout: int, confidence: float, estimate: Estimate) -> BoundedFloat:
    if timeout < 0:
        raise ValueError(f"timeout must be 0 or more milliseconds, not {timeout}")
    job = _Job(rdd)
    job.start()
    try:
        job.join(timeout / 1000)
    finally:
        done = job.taken()
    if job.failed:
        raise job.failed[0]
    counter = StatCounter()
    for part in done:
        counter.mergeStats(part)
    if len(done) == job.partitions:
        value = float(counter.mean()) if estimate is _mean else float(counter.sum())
        return BoundedFloat(value, 1.0, value, value)
    if not done:
        return BoundedFloat(0.0, 0.0, -inf, inf)
    return estimate(counter, len(done) / job.partitions, confidence)


class _Job(threading.Thread):
    """Counts the partitions in one job, which says what each gives as soon as it is done."""

    def __init__(self, rdd: RDD[float]) -> None:
        super().__init__(name="pyrite-approximate", daemon=True)
        self.partitions = rdd.getNumPartitions()
        self.failed: list[BaseException] = []
        self._rdd = rdd
        # It starts jobs for who waits: with that one's job group and properties.
        self._properties = rdd.ctx._properties.values
        self._done: dict[int, StatCounter] = {}
        self._over = False
        self._lock = threading.Lock()
        self._tag = f"pyrite-approximate-{uuid.uuid4().hex}"

    def run(self) -> None:
        """Until all is done, or nobody waits any more."""
        context = self._rdd.ctx
        context._properties.values = self._properties
        context.addJobTag(self._tag)
        if self._over:
            return
        try:
            context._engine.each(self._rdd._over_partitions(_counter)._plan, self._add)
        except BaseException as error:  # noqa: BLE001 - raised where the answer is waited for
            with self._lock:
                if not self._over:
                    self.failed.append(error)

    def _add(self, partition: int, counted: list[StatCounter]) -> None:
        with self._lock:
            if not self._over:
                self._done[partition] = counted[0]
                return
        # The job began while it was called off.
        self._rdd.ctx.cancelJobsWithTag(self._tag)

    def taken(self) -> list[StatCounter]:
        """What is done by now; the rest is called off."""
        with self._lock:
            self._over = True
            # Always added up in the same order.
            done = [counter for _, counter in sorted(self._done.items())]
        if len(done) < self.partitions and not self.failed:
            self._rdd.ctx.cancelJobsWithTag(self._tag)
        return done


def _mean(counter: StatCounter, _part: float, confidence: float) -> BoundedFloat:
    mean = counter.mean()
    if counter.count() <= 1:
        return BoundedFloat(mean, confidence, -inf, inf)
    reach = _quantile(counter.count(), confidence) * sqrt(counter.sampleVariance() / counter.count())
    return BoundedFloat(mean, confidence, mean - reach, mean + reach)


def _sum(counter: StatCounter, part: float, confidence: float) -> BoundedFloat:
    """The estimated mean times the estimated count, with the variance of the product."""
    seen = counter.count()
    mean, count = counter.mean(), seen / part
    total = mean * count
    if seen <= 1:
        return BoundedFloat(total, confidence, -inf, inf)
    of_mean, of_count = counter.sampleVariance() / seen, seen * (1 - part) / (part * part)
    variance = of_mean * of_count + of_mean * count * count + of_count * mean * mean
    reach = _quantile(seen, confidence) * sqrt(variance)
    return BoundedFloat(total, confidence, total - reach, total + reach)


def _quantile(count: int, confidence: float) -> float:
    """How many deviations have so much of the distribution between them."""
    if confidence >= 1:
        return inf
    upper = 1 - (1 - confidence) / 2
    return NormalDist().inv_cdf(upper) if count > _NORMAL else _student(upper, count - 1)


def _student(probability: float, freedom: int) -> float:
    """The quantile of Student's distribution above its middle, by halving."""
    low, high = 0.0, 1.0
    while _below(high, freedom) < probability and high < 1e9:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, freedom) < probability else (low, middle)
    return (low + high) / 2


def _below(t: float, freedom: int) -> float:
    """The share of Student's distribution below t >= 0: its density integrated by Simpson's rule, over the angle."""
    scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2) - 0.5 * log(freedom * pi)) if freedom > 0 else nan
    # With t = sqrt(freedom) * tan(angle) the density is a power of the cosine.
    end, steps = atan(t / sqrt(freedom)), 400
    width = end / steps
    values = [cos(i * width) ** (freedom - 1) for i in range(steps + 1)]
    integral = (values[0] + values[-1] + 4 * sum(values[1:-1:2]) + 2 * sum(values[2:-1:2])) * width / 3
    return 0.5 + scale * sqrt(freedom) * integral
