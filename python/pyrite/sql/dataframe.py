"""`DataFrame`, as far as `spark.read.text` needs it: the lines of files as rows with one field, `value`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from pyrite._engine import Plan
from pyrite._lambda.fields import Fields
from pyrite._named_rows import NamedRows
from pyrite._row import Row, _create_row
from pyrite._traceback import action
from pyrite.rdd import RDD
from pyrite.sql._later import not_yet

if TYPE_CHECKING:
    from pyrite.sql.session import SparkSession

__all__ = ["DataFrame"]


def _text_row(line: str) -> Row:
    return _create_row(["value"], (line,))


_VALUE = Fields(("value",), _text_row, "str")


class DataFrame:
    """The lines of text files. Everything but its rows comes with DataFrames."""

    def __init__(self, lines: Plan, session: SparkSession) -> None:
        self._lines = lines
        self._session = session
        self._rdd: RDD[Row] | None = None

    @property
    def sparkSession(self) -> SparkSession:
        """The session that made it."""
        return self._session

    @property
    def rdd(self) -> RDD[Row]:
        """Its rows as an RDD: `spark.read.text(path).rdd.map(lambda row: row[0])`."""
        if self._rdd is None:
            lines: RDD[str] = RDD(self._lines, self._session.sparkContext, kind="FileScanRDD")
            self._rdd = NamedRows(lines, _VALUE, "MapPartitionsRDD")
        return self._rdd

    @property
    def columns(self) -> list[str]:
        """The names of the fields."""
        return ["value"]

    @action
    def collect(self) -> list[Row]:
        """All rows."""
        return self.rdd.collect()

    @action
    def count(self) -> int:
        """The number of rows."""
        return self.rdd.count()

    @action
    def take(self, num: int) -> list[Row]:
        """The first rows."""
        return self.rdd.take(num)

    @action
    def first(self) -> Row | None:
        """The first row, or None."""
        return next(iter(self.rdd.take(1)), None)

    @action
    def head(self, n: int | None = None) -> Row | list[Row] | None:
        """The first row, or None; with a number, a list of the first rows."""
        return self.first() if n is None else self.rdd.take(n)

    @action
    def isEmpty(self) -> bool:
        """Is there no row?"""
        return not self.rdd.take(1)

    def toLocalIterator(self, prefetchPartitions: bool = False) -> Iterator[Row]:
        """The rows, a partition in memory at a time."""
        return self.rdd.toLocalIterator(prefetchPartitions)

    def __repr__(self) -> str:
        return "DataFrame[value: string]"

    def __getattr__(self, name: str) -> NoReturn:
        raise not_yet("DataFrame", name)
