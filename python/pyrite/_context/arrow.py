"""`SparkContext`: RDDs of what other libraries have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pyrite._engine import from_arrow
from pyrite._lambda.fields import Fields
from pyrite._row import RowOf
from pyrite._slicing import LONGEST_CHUNK
from pyrite._traceback import action
from pyrite.errors import engine_error

if TYPE_CHECKING:
    from pyrite.context import SparkContext
    from pyrite.rdd import RDD


class Arrow:
    """How tables and columns of PyArrow, Polars, pandas, DuckDB become RDDs: none of them is needed here."""

    @action
    def fromArrow(self, x: Any, numSlices: int | None = None) -> RDD[Any]:
        """An RDD of the rows of anything with the Arrow PyCapsule interface, cut as `parallelize` cuts a list.

        A table's rows are Rows, as those of a Spark DataFrame are; a column's rows are its values. Values are Python's
        own: int for ints of any width, float, bool, str, bytes, date, datetime, time, timedelta, Decimal, list, dict
        for a map, Row for a struct, None for null. Numbers and text aren't copied, and functions of a row that look
        only at `row.word`, `row["word"]` or `row[0]` are compiled. All of it is taken now.

        Parameters
        ----------
        x
            An object with `__arrow_c_stream__` or `__arrow_c_array__`: a table, a data frame, a column.
        numSlices
            The number of partitions; `defaultParallelism` if it isn't said.

        Raises
        ------
        TypeError
            `x` has no such method, or a column a type without a Python value.
        ValueError
            The producer of a stream failed, or a value has no exact one in Python: a datetime with nanoseconds.
        ZeroDivisionError, Py4JJavaError
            `numSlices` is 0 or negative.

        Examples
        --------
        >>> table = sc.parallelize([("to", 1), ("be", 2)]).toArrow()
        >>> sc.fromArrow(table).map(lambda row: (row._1, row["_2"] + 1)).collect()
        [('to', 2), ('be', 3)]
        """
        context = cast("SparkContext", self)
        _ = context._engine
        slices = context.defaultParallelism if numSlices is None else int(numSlices)
        if slices < 0:
            raise engine_error("java.lang.IllegalArgumentException", "Positive number of partitions required")
        if slices == 0:
            raise ZeroDivisionError("integer division or modulo by zero")
        plan, names = from_arrow(x, slices, context._batchSize or LONGEST_CHUNK)
        values = context._rdd(plan, "ParallelCollectionRDD")
        if names is None:
            return values
        from pyrite._named_rows import NamedRows

        fields = tuple(names)
        return NamedRows(values, Fields(fields, RowOf(fields)), "MapPartitionsRDD", "fromArrow")
