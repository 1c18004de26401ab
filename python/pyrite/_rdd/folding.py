"""`RDD`: actions that fold all rows into one value."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, overload

from pyrite import _partitions as parts
from pyrite._callsite import operation
from pyrite._lambda import start_value
from pyrite._notes import annotate
from pyrite._rdd.planned import Planned
from pyrite._traceback import action

T = TypeVar("T")
U = TypeVar("U")


class Folding(Planned[T]):
    """What `RDD` has of folds."""

    @action
    def count(self) -> int:
        """The number of rows."""
        count: int = self.ctx._engine.count(self._plan)
        return count

    @action
    def reduce(self, f: Callable[[T, T], T]) -> T:
        """The rows reduced by `f`, from left to right: each partition first, then the partitions' results.

        Raises
        ------
        ValueError
            There are no rows.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3, 4, 5]).reduce(lambda a, b: a + b)
        15
        """
        return self._reduced("reduce", f, f)

    def _reduced(self, kind: str, f: Callable[..., T], function: Callable[..., Any] | None) -> T:
        """The rows folded by `f`, which is what the total of this kind does with the function that it is given."""
        folded: T = self._folded_over(self._total(kind, partial(parts.reduced, f), function, fold=f), f)
        return folded

    @staticmethod
    def _folded_over(results: list[U], f: Callable[..., U]) -> U:
        """The partitions' results in one."""
        if not results:
            raise ValueError("Can not reduce() empty RDD")
        try:
            folded: U = parts.fold_left(f, results)
        except Exception as error:
            annotate(error, error.__traceback__, operation("reduce"), None)
            raise
        return folded

    @action
    def fold(self, zeroValue: T, op: Callable[[T, T], T]) -> T:
        """As reduce, starting from `zeroValue` in each partition and once more for the partitions' results."""
        return self._folded(zeroValue, op, op)

    @action
    def aggregate(self, zeroValue: U, seqOp: Callable[[U, T], U], combOp: Callable[[U, U], U]) -> U:
        """As fold, with a function of its own (`combOp`) for the partitions' results.

        Examples
        --------
        >>> sc.parallelize([1, 2, 3, 4]).aggregate((0, 0), lambda a, x: (a[0] + x, a[1] + 1),
        ...                                        lambda a, b: (a[0] + b[0], a[1] + b[1]))
        (10, 4)
        """
        return self._folded(zeroValue, seqOp, combOp)

    def _folded(self, zero: U, seqOp: Callable[[U, T], U], combOp: Callable[[U, U], U]) -> U:
        resume, constant = partial(parts.folded, zero, seqOp), start_value(zero)
        if constant is None:
            results = self._per_partition(resume, [])
        else:
            results = self._total("fold", resume, seqOp, zero=constant)
        folded: U = parts.fold_left(combOp, results, zero)
        return folded

    @action
    def sum(self: Folding[T]) -> T:
        """The sum of the rows; 0 when there are none."""
        total: T = parts.fold_left(operator.add, self._total("sum", parts.summed), 0)
        return total

    @overload
    def max(self) -> T: ...
    @overload
    def max(self, key: Callable[[T], Any] | None) -> T: ...
    @action
    def max(self, key: Callable[[T], Any] | None = None) -> T:
        """The largest row.

        Raises
        ------
        ValueError
            There are no rows.
        """
        return self._reduced("max", max if key is None else partial(parts.larger, key), key)

    @overload
    def min(self) -> T: ...
    @overload
    def min(self, key: Callable[[T], Any] | None) -> T: ...
    @action
    def min(self, key: Callable[[T], Any] | None = None) -> T:
        """The smallest row.

        Raises
        ------
        ValueError
            There are no rows.
        """
        return self._reduced("min", min if key is None else partial(parts.smaller, key), key)
