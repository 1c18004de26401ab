"""PySpark's samplers, for programs that name them: what `RDD.sample` and its like draw by."""

from __future__ import annotations

import random
import sys
from collections.abc import Hashable, Iterator
from typing import Any

from pyrite import _sampling as sampling

__all__ = ["RDDRangeSampler", "RDDSampler", "RDDSamplerBase", "RDDStratifiedSampler"]


class RDDSamplerBase:
    """A generator for each partition: `getUniformSample` and `getPoissonSample` draw from it."""

    def __init__(self, withReplacement: bool, seed: int | None = None) -> None:
        self._seed = seed if seed is not None else random.randint(0, sys.maxsize)
        self._withReplacement = withReplacement
        self._random: random.Random | None = None

    def initRandomGenerator(self, split: int) -> None:
        """Begin a partition."""
        self._random = sampling._generator(self._seed, split)

    def _drawn(self) -> random.Random:
        if self._random is None:
            self.initRandomGenerator(0)
        assert self._random is not None
        return self._random

    def getUniformSample(self) -> float:
        """A number between 0 and 1."""
        return self._drawn().random()

    def getPoissonSample(self, mean: float) -> int:
        """How often, in Poisson's distribution."""
        return sampling._poisson(self._drawn(), mean)

    def func(self, split: int, iterator: Iterator[Any]) -> Iterator[Any]:
        """What is drawn of a partition."""
        raise NotImplementedError


class RDDSampler(RDDSamplerBase):
    """Each row with a probability."""

    def __init__(self, withReplacement: bool, fraction: float, seed: int | None = None) -> None:
        super().__init__(withReplacement, seed)
        self._fraction = fraction

    def func(self, split: int, iterator: Iterator[Any]) -> Iterator[Any]:
        """What is drawn of a partition."""
        if self._withReplacement:
            return sampling._times(self._fraction, self._seed, split, iterator)
        return sampling._within(float("-inf"), self._fraction, self._seed, split, iterator)


class RDDRangeSampler(RDDSamplerBase):
    """The rows whose number is within bounds."""

    def __init__(self, lowerBound: float, upperBound: float, seed: int | None = None) -> None:
        super().__init__(False, seed)
        self._lowerBound = lowerBound
        self._upperBound = upperBound

    def func(self, split: int, iterator: Iterator[Any]) -> Iterator[Any]:
        """What is drawn of a partition."""
        return sampling._within(self._lowerBound, self._upperBound, self._seed, split, iterator)


class RDDStratifiedSampler(RDDSamplerBase):
    """Each pair with the probability of its key."""

    def __init__(self, withReplacement: bool, fractions: dict[Hashable, float], seed: int | None = None) -> None:
        super().__init__(withReplacement, seed)
        self._fractions = fractions

    def func(self, split: int, iterator: Iterator[Any]) -> Iterator[Any]:
        """What is drawn of a partition."""
        return sampling._by_key(self._withReplacement, self._fractions, self._seed, split, iterator)
