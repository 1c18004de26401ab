"""RDDs of Rows whose values the engine has without them: lines of text DataFrames, tables of other libraries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from pyrite._callsite import operation
from pyrite._lambda.fields import Fields, called
from pyrite._row import Row
from pyrite.rdd import RDD

if TYPE_CHECKING:
    from pyrite._engine import Plan

__all__ = ["NamedRows"]

# Steps of one row: they can begin at the values themselves.
_OF_ONE_ROW = ("map", "flat_map")


class NamedRows(RDD[Row]):
    """Rows with named fields. Functions of a row that only look at its fields run natively over their values."""

    def __init__(self, values: RDD[Any], fields: Fields, kind: str = "PythonRDD", site: str = "rdd") -> None:
        self._values = values
        self._fields = fields
        site = operation(site)
        super().__init__(values._plan.narrow("map", fields.make, True, site), values.ctx, kind=kind, site=site)

    @property
    def _is_kept(self) -> bool:
        """Whether it is the rows themselves that jobs must come by: they are kept or saved then."""
        return self._level is not None or self._local or self.is_checkpointed

    def _narrow(self, kind: str, function: Callable[..., Any], keeps: bool, method: str) -> RDD[Any]:
        if self._is_kept or self.ctx._profiles_rdds:
            return super()._narrow(kind, function, keeps, method)
        of_values = partial(called, self._fields, function)
        if kind == "filter":
            return NamedRows(self._values._narrow(kind, of_values, keeps, method), self._fields, site=method)
        if kind in _OF_ONE_ROW:
            return self._values._narrow(kind, of_values, keeps, method)
        return super()._narrow(kind, function, keeps, method)

    def count(self) -> int:
        """The number of rows: of values, which need not become rows."""
        return super().count() if self._is_kept else self._values.count()

    def _for_arrow(self) -> tuple[Plan, list[str] | None]:
        if self._is_kept:
            return super()._for_arrow()
        return self._values._plan, list(self._fields.names)
