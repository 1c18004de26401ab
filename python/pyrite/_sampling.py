"""The methods of `RDD` that draw rows at random: PySpark's very rows for the same seed.

Each partition has a generator of its own, Python's, whose seed is the exclusive or of the given one and its number.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise, repeat
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pyrite._callsite import operation
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite.rdd import RDD

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# PySpark mixes each generator by drawing so often, for the seeds of partitions are near to each other.
_MIXING = 10
# More rows than this `takeSample` doesn't promise to get at once.
_MOST = sys.maxsize - int(10.0 * math.sqrt(sys.maxsize))


class Sampling(Generic[T]):
    """What `RDD` has of random draws."""

    @property
    def _self(self) -> RDD[Any]:
        return cast("RDD[Any]", self)

    @action
    def sample(self, withReplacement: bool, fraction: float, seed: int | None = None) -> RDD[T]:
        """Each row with the probability `fraction`; with replacement, as often as Poisson's distribution has it.

        Raises
        ------
        ValueError
            `fraction` is negative.

        Examples
        --------
        >>> sc.parallelize(range(100), 4).sample(False, 0.1, 81).collect()
        [4, 26, 39, 41, 42, 52, 63, 76, 80, 86, 97]
        """
        if not fraction >= 0:
            raise ValueError("Fraction must be nonnegative.")
        seed = random.randint(0, sys.maxsize) if seed is None else seed
        if withReplacement:
            return self._drawn("sample", seed, partial(_times, fraction), mean=float(fraction))
        return self._drawn("sample", seed, partial(_within, -math.inf, fraction), low=-math.inf, high=float(fraction))

    @action
    def randomSplit(self, weights: Sequence[float], seed: int | None = None) -> list[RDD[T]]:
        """The rows shared out by weight: each row is in exactly one of the RDDs.

        Raises
        ------
        ValueError
            A weight is negative, or none is above 0.

        Examples
        --------
        >>> [part.collect() for part in sc.parallelize(range(10), 2).randomSplit([2, 3], 17)]
        [[5, 6, 7], [0, 1, 2, 3, 4, 8, 9]]
        """
        if not all(weight >= 0 for weight in weights):
            raise ValueError("Weights must be nonnegative")
        total = float(sum(weights))
        if not total > 0:
            raise ValueError("Sum of weights must be positive")
        seed = random.randint(0, 2**32 - 1) if seed is None else seed
        borders = accumulate((weight / total for weight in weights), initial=0.0)
        return [
            self._drawn("randomSplit", seed, partial(_within, low, high), low=low, high=high)
            for low, high in pairwise(borders)
        ]

    def _drawn(self, method: str, seed: Any, draw: Callable[..., Iterator[Any]], **how: float) -> RDD[Any]:
        rdd = self._self
        site = operation(method)
        if type(seed) is int and -(2**63) <= seed < 2**63:
            return rdd._derived(rdd._plan.sampled(site, seed, True, **how), site)
        # What isn't a number of 64 bits is Python's to make sense of.
        return rdd.mapPartitionsWithIndex(partial(draw, seed), True)

    @action
    def sampleByKey(
        self: Sampling[tuple[K, V]], withReplacement: bool, fractions: dict[K, float], seed: int | None = None
    ) -> RDD[tuple[K, V]]:
        """As `sample`, with a fraction for each key.

        Raises
        ------
        AssertionError
            A fraction is negative.
        KeyError
            A key has no fraction; raised by the action.
        """
        for fraction in fractions.values():
            assert fraction >= 0.0, f"Negative fraction value: {fraction}"
        seed = random.randint(0, sys.maxsize) if seed is None else seed
        draw = partial(_by_key, bool(withReplacement), fractions, seed)
        return self._self.mapPartitionsWithIndex(draw, True)

    @action
    def takeSample(self, withReplacement: bool, num: int, seed: int | None = None) -> list[T]:
        """`num` rows drawn at random, in a random order; without replacement no more than there are.

        Raises
        ------
        ValueError
            `num` is negative or larger than what a list can have.

        Examples
        --------
        >>> sc.parallelize(range(20), 2).takeSample(False, 5, 1)
        [11, 5, 17, 19, 9]
        """
        rdd = self._self
        if num < 0:
            raise ValueError("Sample size cannot be negative.")
        if num > _MOST:
            raise ValueError(f"Sample size cannot be greater than {_MOST}.")
        if num == 0 or rdd.getNumPartitions() == 0:
            return []
        count = rdd.count()
        if count == 0:
            return []
        generator = random.Random(seed)
        if not withReplacement and num >= count:
            rows: list[T] = rdd.collect()
            generator.shuffle(rows)
            return rows
        fraction = _fraction(num, count, withReplacement)
        rows = rdd.sample(withReplacement, fraction, seed).collect()
        while len(rows) < num:
            rows = rdd.sample(withReplacement, fraction, generator.randint(0, sys.maxsize)).collect()
        generator.shuffle(rows)
        return rows[:num]


def _fraction(num: int, count: int, replacing: bool) -> float:
    """What fraction of `count` rows has at least `num` of them in 99.99 % of all samples. The bounds are Spark's."""
    fraction = num / count
    if replacing:
        deviations = 9 if num < 12 else 5
        return fraction + deviations * math.sqrt(fraction / count)
    gamma = -math.log(0.00005) / count
    return min(1, fraction + gamma + math.sqrt(gamma * gamma + 2 * gamma * fraction))


def _generator(seed: Any, partition: int) -> random.Random:
    generator = random.Random(seed ^ partition)
    for _ in range(_MIXING):
        generator.randint(0, 1)
    return generator


def _poisson(generator: random.Random, mean: float) -> int:
    """How often, in Poisson's distribution: Knuth's products, above a mean of 20 the sum of waiting times."""
    count = 0
    if mean < 20.0:
        least, product = math.exp(-mean), generator.random()
        while product > least:
            count += 1
            product *= generator.random()
        return count
    waited = generator.expovariate(mean)
    while waited < 1.0:
        count += 1
        waited += generator.expovariate(mean)
    return count


def _within(low: float, high: float, seed: Any, partition: int, rows: Iterator[T]) -> Iterator[T]:
    generator = _generator(seed, partition)
    return (row for row in rows if low <= generator.random() < high)


def _times(mean: float, seed: Any, partition: int, rows: Iterator[T]) -> Iterator[T]:
    generator = _generator(seed, partition)
    for row in rows:
        yield from repeat(row, _poisson(generator, mean))


def _by_key(
    replacing: bool, fractions: dict[K, float], seed: Any, partition: int, rows: Iterator[tuple[K, V]]
) -> Iterator[tuple[K, V]]:
    generator = _generator(seed, partition)
    for key, value in rows:
        if replacing:
            yield from repeat((key, value), _poisson(generator, fractions[key]))
        elif generator.random() < fractions[key]:
            yield key, value
