"""`RDD`: its rows in Arrow's columns, for other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pyrite import _engine
from pyrite._rdd.planned import Planned
from pyrite._traceback import action

if TYPE_CHECKING:
    from pyrite._engine import ArrowRows, Plan

T = TypeVar("T")


class Arrow(Planned[T]):
    """How rows of an `RDD` become tables of PyArrow, Polars, pandas, DuckDB: none of them is needed here."""

    @action
    def toArrow(self, views: bool = False) -> ArrowRows:
        """All rows as a table in Arrow's columns, for anything with the Arrow PyCapsule interface.

        Tuples have a column for each item, called `_1`, `_2` and so on as Spark calls them; Rows and named tuples have
        their own names, dicts their keys. Rows of anything else are one column, `value`. A column's values are all of
        one type, and None is null. Numbers aren't copied; text is, unless `views` says that the taker works with
        `string_view`, as Polars and DuckDB do.

        Returns
        -------
        ArrowRows
            `pyarrow.table(it)`, `polars.DataFrame(it)`, `pandas.DataFrame.from_arrow(it)`, as often as one likes.

        Raises
        ------
        TypeError
            Rows of several types, or of one that Arrow doesn't have: map them first.
        ValueError
            An int past 64 bits, a str with a lone surrogate, a Decimal of more than 76 digits.

        Examples
        --------
        >>> sc.parallelize([("to", 1), ("be", 2)]).toArrow()
        <ArrowRows(_1: Utf8, _2: Int64), 2 rows>
        """
        plan, names = self._for_arrow()
        rows = _engine.to_arrow(self.ctx._engine, plan, names, bool(views))
        self._has_run()
        return rows

    @action
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The rows as a stream, one partition in memory at a time: `pyarrow.table(rdd)`, `polars.DataFrame(rdd)`.

        The first partitions say what the columns are, those that come later are computed when they are asked for. A
        function that raises there ends the stream with an error that has the exception's text.

        Raises
        ------
        TypeError, ValueError
            As `toArrow`, in the first partition.
        """
        plan, names = self._for_arrow()
        return _engine.arrow_stream(self.ctx._engine, plan, names, requested_schema)

    def _for_arrow(self) -> tuple[Plan, list[str] | None]:
        """The plan of the rows, and the names of what its tuples have, where somebody knows them."""
        return self._plan, None
